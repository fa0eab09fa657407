"""Whether telemetry can leave the process, and whether somebody listens where it goes."""

import difflib
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import urlsplit

from tocsin.doctor.check import Check
from tocsin.exporting.destinations import COMPONENTS, Destination, destinations

#: Seconds that an endpoint has to take a connection.
TIMEOUT = 1.0

_PACKAGES = {
    "otlp_proto_grpc": "opentelemetry-exporter-otlp-proto-grpc",
    "otlp_proto_http": "opentelemetry-exporter-otlp-proto-http",
    "prometheus": "opentelemetry-exporter-prometheus",
}


def check_exporters(environ: Mapping[str, str]) -> Iterator[Check]:
    """One line for the signals that fare alike, then one for each OTLP endpoint."""
    found = destinations(environ)
    yield from _merged(map(_check_exporter, found))
    for endpoint in dict.fromkeys(destination.endpoint for destination in found if destination.protocol in COMPONENTS):
        yield check_endpoint(endpoint)


def check_endpoint(endpoint: str, *, timeout: float = TIMEOUT) -> Check:
    """Whether something takes a TCP connection there; nothing is sent."""
    began = time.perf_counter()
    try:
        socket.create_connection(_address(endpoint), timeout=timeout).close()
    except (OSError, ValueError) as error:
        fix = "start the collector there, or set OTEL_EXPORTER_OTLP_ENDPOINT"
        return Check("endpoint", "broken", f"{endpoint}: {getattr(error, 'strerror', None) or error}", fix)
    return Check("endpoint", "ok", f"{endpoint} answers after {(time.perf_counter() - began) * 1000:.0f} ms")


def _merged(checks: Iterable[Check]) -> Iterator[Check]:
    """Checks that differ in nothing but their name as one."""
    names: dict[Check, list[str]] = {}
    for check in checks:
        names.setdefault(replace(check, name=""), []).append(check.name)
    yield from (replace(check, name=", ".join(alike)) for check, alike in names.items())


def _check_exporter(destination: Destination) -> Check:
    name, variable = destination.signal, f"OTEL_{destination.signal.upper()}_EXPORTER"
    if destination.exporter == "OTEL_CONFIG_FILE":
        return _check_file(name, Path(destination.endpoint))
    if not destination.exporter:
        return Check(name, "warning", "exported only if the code does it", f"set {variable}, for example to otlp")
    if destination.exporter == "none":
        return Check(name, "ok", "not exported")
    installed = {entry_point.name for entry_point in entry_points(group=f"opentelemetry_{name}_exporter")}
    if destination.component in installed:
        return Check(name, "ok", f"{destination.component} {destination.endpoint}".strip())
    found = f"the exporter {destination.component} is not installed, so there is no telemetry at all"
    return Check(name, "broken", found, _remedy(destination, variable, installed))


def _check_file(name: str, path: Path) -> Check:
    if path.is_file():
        return Check(name, "ok", f"as {path} says")
    return Check(name, "broken", f"{path}: there is no such file", "correct or unset OTEL_CONFIG_FILE")


def _remedy(destination: Destination, variable: str, installed: set[str]) -> str:
    if destination.component == "otlp":
        return f"set OTEL_EXPORTER_OTLP_PROTOCOL to {' or '.join(COMPONENTS)}"
    if destination.protocol == "grpc" and "otlp_proto_http" in installed:
        return f"set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or pip install {_PACKAGES['otlp_proto_grpc']}"
    if destination.component in _PACKAGES:
        return f"pip install {_PACKAGES[destination.component]}"
    known = sorted({*installed, "otlp", "none"})
    close = difflib.get_close_matches(destination.exporter, known, n=1)
    return f"set {variable} to {close[0] if close else ', '.join(known)}"


def _address(endpoint: str) -> tuple[str, int]:
    parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)

"""Where each signal goes, according to OpenTelemetry's standard environment variables."""

import os
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points

from msgspec import Struct

SIGNALS = ("traces", "metrics", "logs")

#: What the launcher's standard distro sets where the environment says nothing.
DISTRO_DEFAULTS = {
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
}

#: OTLP protocol → the exporter's entry point.
COMPONENTS = {"grpc": "otlp_proto_grpc", "http/protobuf": "otlp_proto_http"}

_ADDRESS = re.compile(r"(?:([A-Za-z][\w+.-]*)://)?(?:[^/?#]*@)?([^/?#]*)")
_PROTOCOLS = {component: protocol for protocol, component in COMPONENTS.items()}
_DEFAULT_ENDPOINTS = {"grpc": "http://localhost:4317", "http/protobuf": "http://localhost:4318"}


class Destination(Struct, frozen=True):
    """One exporter of one signal.

    `exporter` is as in `OTEL_TRACES_EXPORTER`, empty where the environment names none; `endpoint` is scheme, host and
    port only, because the rest of a URL may be a credential, and empty where the exporter is not OTLP.
    """

    signal: str
    exporter: str
    protocol: str = ""
    endpoint: str = ""

    @property
    def component(self) -> str:
        """The name of the exporter's entry point in the group `opentelemetry_<signal>_exporter`."""
        return COMPONENTS.get(self.protocol, self.exporter) if self.exporter == "otlp" else self.exporter


def destinations(environ: Mapping[str, str] | None = None) -> tuple[Destination, ...]:
    """At least one destination for each signal, in the order traces, metrics, logs."""
    environ = os.environ if environ is None else environ
    return tuple(destination for signal in SIGNALS for destination in _of_signal(signal, environ))


def launched(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment as the launcher's distro completes it; unchanged where no distro is installed.

    Other distros than OpenTelemetry's own are taken to have the same defaults.
    """
    return DISTRO_DEFAULTS | dict(environ) if entry_points(group="opentelemetry_distro") else environ


def without_credentials(url: str) -> str:
    """Scheme, host and port of a URL, or host and port where it has no scheme."""
    prefix, address = _address(url)
    return f"{prefix}://{address}" if prefix else address


def scheme(url: str) -> str:
    """The scheme of a URL; empty where it has none."""
    return _address(url)[0]


def otlp(environ: Mapping[str, str], signal: str, option: str) -> str:
    """An option of the OTLP exporter; the signal's own variable is stronger than the common one."""
    names = (otlp_variable(signal, option), otlp_variable("", option))
    return next((environ[name].strip() for name in names if environ.get(name)), "")


def otlp_variable(signal: str, option: str) -> str:
    """The variable of an option for one signal, or for all of them where `signal` is empty."""
    return "_".join(filter(None, ("OTEL_EXPORTER_OTLP", signal.upper(), option)))


def _address(url: str) -> tuple[str, str]:
    match = _ADDRESS.match(url)
    return (match[1] or "", match[2]) if match else ("", "")


def _of_signal(signal: str, environ: Mapping[str, str]) -> Iterator[Destination]:
    if path := environ.get("OTEL_CONFIG_FILE"):
        yield Destination(signal, "OTEL_CONFIG_FILE", endpoint=path)
        return
    for name in environ.get(f"OTEL_{signal.upper()}_EXPORTER", "").split(","):
        exporter = name.strip()
        if exporter == "otlp" or exporter in _PROTOCOLS:
            protocol = _PROTOCOLS.get(exporter) or otlp(environ, signal, "PROTOCOL") or "grpc"
            yield Destination(signal, exporter, protocol, _endpoint(environ, signal, protocol))
        else:
            yield Destination(signal, exporter)


def _endpoint(environ: Mapping[str, str], signal: str, protocol: str) -> str:
    given = otlp(environ, signal, "ENDPOINT")
    return without_credentials(given or _DEFAULT_ENDPOINTS.get(protocol, ""))

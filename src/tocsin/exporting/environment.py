"""OpenTelemetry's environment, completed where the user has left it open. Never overrides what is set. Pure."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from tocsin.exporting.destinations import SIGNALS, otlp_variable

#: So that a slow or dead endpoint holds neither memory nor the process' exit for long; the SDK's own are three times
#: as patient. Seconds for the exporters, milliseconds for the processors.
BOUNDS = {
    "OTEL_EXPORTER_OTLP_TIMEOUT": "5",
    "OTEL_BSP_EXPORT_TIMEOUT": "10000",
    "OTEL_BLRP_EXPORT_TIMEOUT": "10000",
    "OTEL_METRIC_EXPORT_TIMEOUT": "10000",
}
#: The SDK reads these as one where either is set.
_GRPC_PORT = 4317

GRPC, HTTP = "grpc", "http/protobuf"


def completion(environ: Mapping[str, str], *, endpoint: str | None, protocols: Collection[str]) -> dict[str, str]:
    """What to add to an environment, for an OTLP `endpoint` and the `protocols` whose exporters are installed.

    Nothing where a configuration file says everything.
    """
    if environ.get("OTEL_CONFIG_FILE"):
        return {}
    added = dict(BOUNDS)
    if endpoint:
        added[otlp_variable("", "ENDPOINT")] = endpoint
    given = environ.get(otlp_variable("", "ENDPOINT")) or endpoint
    if protocol := _protocol(given, protocols):
        added[otlp_variable("", "PROTOCOL")] = protocol
    return {name: value for name, value in added.items() if not _is_set(environ, name)}


def _protocol(endpoint: str | None, protocols: Collection[str]) -> str | None:
    """What the endpoint's port speaks by convention, if that can be spoken; None where the distro knows as much."""
    if len(protocols) == 1:
        return next(iter(protocols))
    if not endpoint or not protocols:
        return None
    return GRPC if _port(endpoint) == _GRPC_PORT else HTTP


def _port(endpoint: str) -> int | None:
    try:
        return urlsplit(endpoint if "://" in endpoint else f"//{endpoint}").port
    except ValueError:
        return None


def _is_set(environ: Mapping[str, str], name: str) -> bool:
    """By itself, or for one of the signals, whose user has an opinion on the others too."""
    suffix = name.removeprefix("OTEL_EXPORTER_OTLP_")
    if suffix == name:
        return bool(environ.get(name))
    return any(environ.get(otlp_variable(signal, suffix)) for signal in ("", *SIGNALS))

"""Imported by OpenTelemetry's launcher before it starts the program: the one moment when exporters are not made yet."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from tocsin.exporting.environment import GRPC, HTTP, completion
from tocsin.launcher import LAUNCHER

#: Protocol → where its exporter is.
_EXPORTERS = {GRPC: "opentelemetry.exporter.otlp.proto.grpc", HTTP: "opentelemetry.exporter.otlp.proto.http"}
_ENDPOINT = "TOCSIN_OTLP_ENDPOINT"


def installed_protocols() -> list[str]:
    """The OTLP protocols whose exporters are there."""
    return [protocol for protocol, module in _EXPORTERS.items() if _exists(module)]


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that it would be in
        return False


def _endpoint() -> str | None:
    """The setting, which is read as a whole only where a file may hold it: the launcher is to start fast."""
    if not (os.environ.get("TOCSIN_CONFIG") or Path("tocsin.yml").exists()):
        return os.environ.get(_ENDPOINT)
    from tocsin.config import load  # noqa: PLC0415  see above

    return load().config.otlp_endpoint


if Path(sys.argv[0]).name == LAUNCHER:  # the same group of entry points is read by others, too
    os.environ.update(completion(os.environ, endpoint=_endpoint(), protocols=installed_protocols()))

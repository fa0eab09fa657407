"""Tocsin adds to OpenTelemetry what it leaves out: issues, rules and alerts.

Under the stock launcher there is nothing to call. An SDK configured in code is attached to by `install()`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from tocsin.version import __version__

if TYPE_CHECKING:
    from tocsin.capture import TocsinLogRecordProcessor, TocsinSpanProcessor
    from tocsin.capture.observe import observe
    from tocsin.capture.report import capture
    from tocsin.capture.scope import note, set_context
    from tocsin.hooks import cache_lookup, circuit_open, fingerprint
    from tocsin.plugin import heartbeat, install, sentry_before_send

__all__ = [
    "TocsinLogRecordProcessor",
    "TocsinSpanProcessor",
    "__version__",
    "cache_lookup",
    "capture",
    "circuit_open",
    "fingerprint",
    "heartbeat",
    "install",
    "note",
    "observe",
    "sentry_before_send",
    "set_context",
]

#: Imported on first use: the `tocsin` command does not need the SDK to print its version.
_HOMES = {
    "TocsinLogRecordProcessor": "tocsin.capture",
    "TocsinSpanProcessor": "tocsin.capture",
    "cache_lookup": "tocsin.hooks",
    "capture": "tocsin.capture.report",
    "circuit_open": "tocsin.hooks",
    "fingerprint": "tocsin.hooks",
    "heartbeat": "tocsin.plugin",
    "install": "tocsin.plugin",
    "note": "tocsin.capture.scope",
    "observe": "tocsin.capture.observe",
    "sentry_before_send": "tocsin.plugin",
    "set_context": "tocsin.capture.scope",
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'tocsin' has no attribute {name!r}")
    found: object = globals().setdefault(name, getattr(import_module(_HOMES[name]), name))
    return found

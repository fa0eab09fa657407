"""Tocsin adds to OpenTelemetry what it leaves out: issues, rules and alerts.

Under the stock launcher there is nothing to call. An SDK configured in code is attached to by `install()`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from tocsin.version import __version__

if TYPE_CHECKING:
    from tocsin.capture import TocsinLogRecordProcessor, TocsinSpanProcessor
    from tocsin.hooks import fingerprint
    from tocsin.plugin import install, sentry_before_send

__all__ = [
    "TocsinLogRecordProcessor",
    "TocsinSpanProcessor",
    "__version__",
    "fingerprint",
    "install",
    "sentry_before_send",
]

#: Imported on first use: the `tocsin` command does not need the SDK to print its version.
_HOMES = {
    "TocsinLogRecordProcessor": "tocsin.capture",
    "TocsinSpanProcessor": "tocsin.capture",
    "fingerprint": "tocsin.hooks",
    "install": "tocsin.plugin",
    "sentry_before_send": "tocsin.plugin",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'tocsin' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)

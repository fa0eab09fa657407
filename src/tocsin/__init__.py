"""Tocsin adds to OpenTelemetry what it leaves out: issues, rules and alerts.

Under the stock launcher there is nothing to call. An SDK configured in code is attached to by `install()`.
"""

from tocsin.version import __version__

__all__ = ["TocsinLogRecordProcessor", "TocsinSpanProcessor", "__version__", "install"]


def __getattr__(name: str) -> object:
    """Import what is public on first use: the `tocsin` command does not need the SDK to print its version."""
    if name == "install":
        from tocsin.plugin import install  # noqa: PLC0415  see above

        return install
    if name in __all__:
        from tocsin import capture  # noqa: PLC0415  see above

        return getattr(capture, name)
    raise AttributeError(f"module 'tocsin' has no attribute {name!r}")

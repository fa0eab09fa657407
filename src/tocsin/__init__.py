"""Tocsin adds to OpenTelemetry what it leaves out: issues, rules and alerts."""

from tocsin.version import __version__

__all__ = ["__version__"]

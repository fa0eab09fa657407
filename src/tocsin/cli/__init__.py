"""The `tocsin` command, for people at a terminal and for scripts (`--json`)."""

from tocsin.cli.entrypoint import main

__all__ = ["main"]

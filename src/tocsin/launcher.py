"""OpenTelemetry's launcher, which starts a program with telemetry in it."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

LAUNCHER = "opentelemetry-instrument"


def find_launcher(environ: Mapping[str, str] | None = None) -> Path | None:
    """The launcher of this environment: beside the interpreter, as installed; else on the PATH."""
    beside = Path(sys.executable).with_name(LAUNCHER)
    if beside.exists():
        return beside
    path = shutil.which(LAUNCHER, path=(os.environ if environ is None else environ).get("PATH"))
    return Path(path) if path else None

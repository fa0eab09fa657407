"""Python, and the libraries that Tocsin stands on."""

import platform
from collections.abc import Iterator
from importlib.metadata import requires, version

from opentelemetry.instrumentation.dependencies import get_dependency_conflicts

from tocsin.doctor.check import Check


def check_versions() -> Iterator[Check]:
    """Python's version, OpenTelemetry's, and whether every requirement of Tocsin is met."""
    yield Check("python", "ok", f"{platform.python_implementation()} {platform.python_version()}")
    parts = ("api", "sdk", "instrumentation")
    yield Check("opentelemetry", "ok", ", ".join(f"{part} {version(f'opentelemetry-{part}')}" for part in parts))
    for line in requires("tocsin") or ():
        conflict = None if "extra ==" in line else get_dependency_conflicts([line])
        if conflict is not None:
            yield Check("requirements", "broken", f"{conflict.found or 'nothing'} installed", f"pip install '{line}'")

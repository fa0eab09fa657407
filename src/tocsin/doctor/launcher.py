"""What starts a process with OpenTelemetry in it."""

import shutil
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points

from tocsin.doctor.check import Check
from tocsin.launcher import LAUNCHER, find_launcher


def check_launcher(environ: Mapping[str, str]) -> Iterator[Check]:
    """Whether the launcher is found, sets an SDK up, and knows Tocsin."""
    yield _check_path(environ)
    configurators = _names("opentelemetry_configurator")
    if not configurators:
        found = "no distro: the launcher sets no SDK up, so there is no telemetry unless the code does it"
        yield Check("distro", "warning", found, "pip install opentelemetry-distro")
    else:
        yield Check("distro", "ok", ", ".join(_names("opentelemetry_distro") or configurators))
    if "tocsin" not in _names("opentelemetry_post_instrument"):
        yield Check("plugin", "broken", "the launcher does not know Tocsin", "pip install --force-reinstall tocsin")


def _check_path(environ: Mapping[str, str]) -> Check:
    path = shutil.which(LAUNCHER, path=environ.get("PATH"))
    if path is not None:
        return Check("launcher", "ok", path)
    fix = f"activate the environment, or call {find_launcher(environ) or LAUNCHER} by its path"
    return Check("launcher", "warning", f"{LAUNCHER} is not on the PATH", fix)


def _names(group: str) -> list[str]:
    return sorted({entry_point.name for entry_point in entry_points(group=group)})

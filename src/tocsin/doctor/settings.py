"""What is configured, and what of it is ignored."""

from collections.abc import Iterator, Mapping

from tocsin.config import Settings
from tocsin.doctor.check import Check
from tocsin.exporting.variables import problems


def check_settings(settings: Settings, environ: Mapping[str, str]) -> Iterator[Check]:
    """Settings and variables that are misspelt or cannot be used, and switches that are off."""
    found = (*settings.problems, *problems(environ))
    for problem in found:
        shown = f"{problem.key} = {problem.value!r}" if problem.value else problem.key
        yield Check("settings", "broken", f"{shown} ({problem.source}) cannot be used", f"{problem.key} {problem.fix}")
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        yield Check("settings", "warning", "OpenTelemetry and Tocsin are off", "unset OTEL_SDK_DISABLED")
    if not settings.config.enabled:
        yield Check("settings", "warning", "Tocsin is off", f"remove {settings.sources['enabled']}")
    if not found:
        sources = sorted({*settings.sources.values()})
        yield Check("settings", "ok", f"set: {', '.join(sources)}" if sources else "all defaults")

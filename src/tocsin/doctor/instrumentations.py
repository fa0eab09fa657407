"""Which libraries will send telemetry."""

from collections.abc import Iterator, Mapping

from tocsin.doctor.check import Check
from tocsin.instrumentations import Instrumentation, survey


def check_instrumentations(environ: Mapping[str, str]) -> Iterator[Check]:
    """One line for what the launcher will instrument, and one for each library that stays silent."""
    surveyed = survey(environ=environ)
    ready = [f"{each.name} {each.version}".strip() for each in surveyed if each.state in {"active", "available"}]
    if ready:
        yield Check("instrumentations", "ok", ", ".join(ready))
    else:
        fix = "opentelemetry-bootstrap -a install"
        yield Check("instrumentations", "warning", "no library will be instrumented", fix)
    yield from (_check(each) for each in surveyed if each.reason and each.state != "library missing")


def _check(skipped: Instrumentation) -> Check:
    if skipped.state == "disabled":
        return Check(skipped.name, "ok", f"off: {skipped.reason}")
    fix = skipped.fix or "install a version in that range, or an instrumentation that supports this one"
    return Check(skipped.name, "warning", skipped.reason, fix)

import pytest

from tocsin.doctor.instrumentations import check_instrumentations
from tocsin.instrumentations import Instrumentation


@pytest.fixture
def checks(monkeypatch):
    def checks(*surveyed):
        monkeypatch.setattr("tocsin.doctor.instrumentations.survey", lambda *, environ: surveyed)
        return list(check_instrumentations({}))

    return checks


def library(name, state, reason="", fix=""):
    return Instrumentation(name=name, library=name, version="1.0", state=state, reason=reason, fix=fix)


def test_what_will_be_instrumented_is_one_line(checks):
    (check,) = checks(
        library("flask", "available"), library("celery", "active"), library("falcon", "library missing", "x")
    )
    assert (check.status, check.found) == ("ok", "flask 1.0, celery 1.0")


def test_nothing_instrumented(checks):
    (check,) = checks(library("falcon", "library missing", "falcon is not installed"))
    assert (check.status, check.fix) == ("warning", "opentelemetry-bootstrap -a install")


def test_every_library_that_stays_silent_is_a_line(checks):
    _, conflict, off, missing = checks(
        library("sqlalchemy", "conflict", "sqlalchemy 2.1.9 installed, the instrumentation needs sqlalchemy<2.1"),
        library("flask", "disabled", "listed in a variable"),
        library("redis", "instrumentation missing", "no instrumentation", "pip install it"),
    )
    assert (conflict.name, conflict.status, "in that range" in conflict.fix) == ("sqlalchemy", "warning", True)
    assert (off.status, off.found) == ("ok", "off: listed in a variable")
    assert (missing.status, missing.fix) == ("warning", "pip install it")

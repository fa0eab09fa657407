from pathlib import Path

from tocsin.banner import banner
from tocsin.exporting.destinations import Destination, destinations
from tocsin.instrumentations import Instrumentation
from tocsin.version import __version__


def library(name, state="active", reason=""):
    return Instrumentation(name=name, library=name, version="1", state=state, reason=reason)


OTLP = tuple(Destination(signal, "otlp", "grpc", "http://localhost:4317") for signal in ("traces", "metrics", "logs"))


def line(*instrumentations, to=OTLP, store="/home/shop/.local/state/tocsin/tocsin.db", alerts="slack"):
    return banner(service="shop", instrumentations=instrumentations, destinations=to, store=Path(store), alerts=alerts)


def test_the_ordinary_case_is_one_short_line():
    shown = line(library("flask"), library("sqlalchemy"), library("celery", "library missing", "no celery"))
    assert shown == (
        f"{__version__} · service shop · instrumented flask, sqlalchemy · telemetry → otlp http://localhost:4317"
        " · store /home/shop/.local/state/tocsin/tocsin.db · alerts → slack"
    )
    assert len(shown) < 200


def test_what_is_skipped_comes_with_the_reason():
    shown = line(library("sqlalchemy", "conflict", "sqlalchemy 2.1.9 installed, needed sqlalchemy<2.1"))
    assert "instrumented nothing · " in shown
    assert "skipped sqlalchemy (sqlalchemy 2.1.9 installed, needed sqlalchemy<2.1)" in shown


def test_libraries_without_instrumentation_are_named_up_to_a_limit():
    names = ("boto3", "django", "pymongo", "redis", "tornado")
    shown = line(*(library(name, "instrumentation missing") for name in names))
    assert "not instrumented boto3, django, pymongo and 2 more (see `tocsin doctor`)" in shown


def test_many_instrumented_libraries_are_a_number():
    assert "instrumented l0, l1, l2, l3, l4, l5, l6, l7 and 4 more · " in line(*(library(f"l{n}") for n in range(12)))


def test_signals_that_part_ways():
    shown = line(to=(Destination("traces", "console"), Destination("metrics", "none"), Destination("logs", "console")))
    assert "traces, logs → console · metrics → none" in shown


def test_an_environment_without_exporters_leaves_it_to_the_code():
    assert "telemetry → what the code configures" in line(to=destinations({}))

import importlib.metadata
import sys

import pytest

from tocsin.instrumentations import DISABLED, survey


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put distributions, of which only the metadata exists, in front of those that are really installed."""
    monkeypatch.syspath_prepend(tmp_path)
    # OpenTelemetry's own reads them once a process.
    monkeypatch.setattr("tocsin.instrumentations.entry_points", importlib.metadata.entry_points)

    def install(name, version, *, requires=(), instrumentor="", requested=False):
        folder = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        metadata += [f"Requires-Dist: {requirement}" for requirement in requires]
        (folder / "METADATA").write_text("\n".join([*metadata, ""]))
        if requested:
            (folder / "REQUESTED").touch()
        if instrumentor:
            (folder / "entry_points.txt").write_text(f"[opentelemetry_instrumentor]\n{instrumentor}\n")

    return install


def surveyed(name, **environ):
    return next((found for found in survey(environ=environ) if found.name == name), None)


def test_an_instrumentation_that_the_launcher_would_use_is_available():
    flask = surveyed("flask")
    assert (flask.library, flask.state, flask.reason, flask.fix) == ("flask", "available", "", "")
    assert flask.version


def test_a_patched_library_is_active():
    from opentelemetry.instrumentation.requests import RequestsInstrumentor

    RequestsInstrumentor().instrument()
    try:
        assert surveyed("requests").state == "active"
    finally:
        RequestsInstrumentor().uninstrument()
    assert surveyed("requests").state == "available"


def test_to_look_imports_nothing(monkeypatch):
    for module in [name for name in sys.modules if name.startswith("opentelemetry.instrumentation.celery")]:
        monkeypatch.delitem(sys.modules, module)
    before = set(sys.modules)
    survey()
    assert not {name for name in set(sys.modules) - before if "instrumentation.celery" in name}


def test_a_version_out_of_range_is_a_conflict_that_names_both_sides(install):
    install("SQLAlchemy", "2.1.9")
    sqlalchemy = surveyed("sqlalchemy")
    assert (sqlalchemy.version, sqlalchemy.state) == ("2.1.9", "conflict")
    assert sqlalchemy.reason.startswith("sqlalchemy 2.1.9 installed, the instrumentation needs sqlalchemy<2.1")
    assert "extra" not in sqlalchemy.reason


def test_any_one_of_several_libraries_will_do(install):
    either = ('kafka-python>=2; extra == "instruments-any"', 'kafka-python-ng>=2; extra == "instruments-any"')
    install("opentelemetry-instrumentation-kafka-python", "0.1", requires=either, instrumentor="kafka = nowhere:Kafka")
    assert surveyed("kafka").reason == "kafka-python>=2 or kafka-python-ng>=2 is not installed"
    install("kafka-python-ng", "2.2")
    kafka = surveyed("kafka")
    assert (kafka.library, kafka.version, kafka.state) == ("kafka-python-ng", "2.2", "available")


def test_an_instrumentation_without_its_library():
    assert surveyed("falcon") is None


def test_disabled_by_name_and_by_wildcard():
    assert surveyed("flask", **{DISABLED: "celery, flask"}).state == "disabled"
    assert surveyed("flask", **{DISABLED: "*"}).state == "disabled"
    assert surveyed("flask", **{DISABLED: "celery"}).state == "available"


def test_a_library_without_instrumentation_comes_with_the_command_that_mends_it(install):
    install("redis", "5.2.0")
    redis = surveyed("redis")
    assert (redis.library, redis.version, redis.state) == ("redis", "5.2.0", "instrumentation missing")
    assert redis.fix.startswith("pip install opentelemetry-instrumentation-redis==")
    assert surveyed("redis", **{DISABLED: "redis"}).state == "disabled"


def test_a_library_in_a_version_that_nothing_instruments_is_not_offered(install):
    install("falcon", "99.0")
    assert surveyed("falcon") is None


def test_tocsin_from_a_folder_has_no_metadata(monkeypatch):
    others = [dist for dist in importlib.metadata.distributions() if dist.name != "tocsin"]
    monkeypatch.setattr("tocsin.instrumentations.distributions", lambda: others)
    assert surveyed("flask").state == "available"


def test_what_other_libraries_bring_along_is_not_missed():
    """Flask brings Jinja2 and click, Tocsin urllib3: none of them is the application's choice."""
    missed = {found.name for found in survey() if found.state == "instrumentation missing"}
    assert {"jinja2", "click", "urllib3"}.isdisjoint(missed)


@pytest.mark.parametrize(
    ("requested", "missed"),
    [((), False), (("grpcio",), True), (("grpcio", "protobuf"), False)],
    ids=["by the exporter alone", "by the application", "by a frozen list"],
)
def test_grpc_is_missed_only_where_somebody_else_than_the_exporter_has_asked_for_it(install, requested, missed):
    install("opentelemetry-exporter-otlp-proto-grpc", "99.0", requires=["grpcio>=1", "protobuf"])
    for name in ("grpcio", "protobuf"):
        install(name, "1.99.0", requested=name in requested)
    assert {found.name for found in survey() if found.library == "grpcio"} == ({"grpc"} if missed else set())

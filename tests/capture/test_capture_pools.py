"""Connection pools of SQLAlchemy, as series."""

import gc

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource

from tocsin.capture import pools
from tocsin.capture.pools import hook_pools

sqlalchemy = pytest.importorskip("sqlalchemy")

NAME = "db.client.connection.pool.name"


@pytest.fixture
def read():
    """What is reported now: values by instrument, pool and state."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], resource=Resource.get_empty(), shutdown_on_exit=False)
    unhook = hook_pools(sqlalchemy.engine, provider.get_meter("test"))

    def read():
        data = reader.get_metrics_data()
        scopes = data.resource_metrics[0].scope_metrics if data else ()
        return {
            (
                metric.name.removeprefix("db.client.connection."),
                point.attributes.get("db.client.connection.state", ""),
            ): (
                point.attributes[NAME],
                point.value,
            )
            for scope in scopes
            for metric in scope.metrics
            for point in metric.data.data_points
        }

    yield read
    unhook()


def engine_of(path, **options):
    options = {"pool_size": 2, "max_overflow": 1, "pool_timeout": 0.01, **options}
    return sqlalchemy.create_engine(f"sqlite:///{path}", poolclass=sqlalchemy.pool.QueuePool, **options)


def test_what_is_used_idle_and_possible(read, tmp_path):
    engine = engine_of(tmp_path / "shop.db")
    name = f"sqlite://:/{tmp_path / 'shop.db'}"
    with engine.connect(), engine.connect():
        assert read() == {
            ("count", "used"): (name, 2),
            ("count", "idle"): (name, 0),
            ("max", ""): (name, 3),
            ("timeouts", ""): (name, 0),
        }
    assert read()["count", "idle"] == (name, 2)


def test_who_waits_in_vain_is_counted_and_told(read, tmp_path):
    engine = engine_of(tmp_path / "shop.db", pool_size=1, max_overflow=0, pool_logging_name="orders")
    with engine.connect(), pytest.raises(sqlalchemy.exc.TimeoutError):
        engine.connect()
    assert read()["timeouts", ""] == ("orders", 1)
    assert read()["max", ""] == ("orders", 1)


def test_a_pool_without_a_limit_has_no_maximum(read, tmp_path):
    with engine_of(tmp_path / "shop.db", max_overflow=-1).connect():
        assert ("max", "") not in read()


def test_a_pool_that_keeps_no_queue_is_not_reported(read, tmp_path):
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'shop.db'}", poolclass=sqlalchemy.pool.NullPool)
    with engine.connect():
        assert read() == {}


def test_pools_that_share_a_name_count_together(read, tmp_path):
    engines = [engine_of(tmp_path / "shop.db") for _ in range(2)]
    with engines[0].connect(), engines[1].connect():
        assert [read()[key][1] for key in (("count", "used"), ("max", ""))] == [2, 6]


def test_an_engine_with_options_is_the_same_pool(read, tmp_path):
    engine = engine_of(tmp_path / "shop.db")
    with engine.connect(), engine.execution_options(isolation_level="AUTOCOMMIT").connect():
        assert read()["count", "used"][1] == 2
        assert read()["max", ""][1] == 3


def test_engines_are_not_kept_and_their_number_is_bounded(read, tmp_path, monkeypatch):
    monkeypatch.setattr(pools, "POOLS", 2)
    kept = engine_of(tmp_path / "kept.db")
    for n in range(4):
        engine = engine_of(tmp_path / f"{n}.db")
        with engine.connect():
            pass
        engine.dispose()
        del engine
        gc.collect()
    with kept.connect():
        assert {name for name, _ in read().values()} == {f"sqlite://:/{tmp_path / 'kept.db'}"}


def test_taken_away_nothing_is_counted(tmp_path):
    provider = MeterProvider([], resource=Resource.get_empty(), shutdown_on_exit=False)
    before = vars(sqlalchemy.pool.QueuePool)["_do_get"]
    hook_pools(sqlalchemy.engine, provider.get_meter("test"))()
    assert vars(sqlalchemy.pool.QueuePool)["_do_get"] is before

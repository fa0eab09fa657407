import os
import threading

import pytest
from opentelemetry.metrics import NoOpMeterProvider, Observation
from opentelemetry.sdk.metrics import AlwaysOnExemplarFilter, Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation
from opentelemetry.sdk.resources import Resource

from tocsin.telemetry import BatchReader, attach_reader, samples
from tocsin.telemetry import reader as room
from tocsin.telemetry.shared_collection import keeps_gauges

PATIENCE = 10


@pytest.fixture
def batches():
    return []


@pytest.fixture
def reader(batches):
    return BatchReader(batches.append)


@pytest.fixture
def provider():
    return MeterProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)


def values(payload):
    return {dict(labels)["__name__"]: value for labels, _, value in samples(payload)}


def test_every_collection_is_one_cumulative_batch(provider, reader, batches):
    assert attach_reader(provider, reader)
    counter = provider.get_meter("test").create_counter("orders")
    for _ in range(2):
        counter.add(3)
        reader.collect()
    assert [values(batch) for batch in batches] == [{"orders_total": 3.0}, {"orders_total": 6.0}]


def test_a_process_without_an_identity_gets_one(provider, reader, batches):
    attach_reader(provider, reader)
    provider.get_meter("test").create_counter("orders").add(1)
    reader.collect()
    ((labels, _, _),) = samples(batches[0])
    assert dict(labels)["instance"].endswith(f":{os.getpid()}")


def test_instruments_older_than_the_reader_are_read(provider, reader, batches):
    meter = provider.get_meter("test")
    meter.create_observable_gauge("depth", [lambda _: [Observation(7)]])
    counter = meter.create_counter("orders")
    counter.add(1)
    attach_reader(provider, reader)
    counter.add(1)
    reader.collect()
    assert values(batches[0]) == {"depth": 7.0, "orders_total": 1.0}


def test_a_reader_given_to_the_provider_at_once_works_too(reader, batches):
    provider = MeterProvider([reader], shutdown_on_exit=False)
    provider.get_meter("test").create_counter("orders").add(1)
    provider.force_flush()
    assert values(batches[0])["orders_total"] == 1.0
    provider.shutdown()


class OlderProvider:
    """A provider of the SDK's releases that cannot add a reader."""

    def __init__(self, provider):
        self._measurement_consumer = provider._measurement_consumer


def test_an_older_sdk_gets_the_reader_the_hard_way(provider, reader, batches):
    assert attach_reader(OlderProvider(provider), reader)
    provider.get_meter("test").create_counter("orders").add(1)
    reader.collect()
    assert values(batches[0]) == {"orders_total": 1.0}


def test_a_provider_that_is_not_the_sdks_is_left_alone(reader):
    assert not attach_reader(NoOpMeterProvider(), reader)


def test_the_sink_may_fork_and_collect(provider, batches):
    """Only the SDK's work is held off from forks, not what is done with its result."""

    def sink(payload):
        batches.append(room.no_fork._lock.acquire(blocking=False))
        room.no_fork._lock.release()

    reader = BatchReader(sink)
    attach_reader(provider, reader)
    provider.get_meter("test").create_counter("orders").add(1)
    collector = threading.Thread(target=reader.collect)
    collector.start()
    collector.join(PATIENCE)
    assert batches == [True]


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_forked_during_a_collection_can_collect(provider, reader, batches):
    collecting, forking = threading.Event(), threading.Event()
    os.register_at_fork(before=forking.set)

    def slow(_):
        collecting.set()
        forking.wait(PATIENCE)
        return [Observation(1)]

    attach_reader(provider, reader)
    provider.get_meter("test").create_observable_gauge("slow", [slow])
    collector = threading.Thread(target=reader.collect, daemon=True)
    collector.start()
    assert collecting.wait(PATIENCE)
    child = os.fork()
    if child == 0:
        again = threading.Thread(target=reader.collect, daemon=True)
        again.start()
        again.join(PATIENCE)
        os._exit(int(again.is_alive() or values(batches[-1]) != {"slow": 1.0}))
    assert os.waitpid(child, 0)[1] == 0
    collector.join(PATIENCE)
    assert not collector.is_alive()


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_does_not_wait_for_ever(provider, reader, monkeypatch):
    monkeypatch.setattr(room, "FORK_PATIENCE", 0.01)
    collecting, may_end = threading.Event(), threading.Event()

    def stuck(_):
        collecting.set()
        may_end.wait(PATIENCE)
        return []

    attach_reader(provider, reader)
    provider.get_meter("test").create_observable_gauge("stuck", [stuck])
    collector = threading.Thread(target=reader.collect, daemon=True)
    collector.start()
    assert collecting.wait(PATIENCE)
    child = os.fork()
    if child == 0:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert collector.is_alive()
    may_end.set()
    collector.join(PATIENCE)
    reader.collect()


def points(reader):
    """The points of each instrument."""
    return {
        metric.name: list(metric.data.data_points)
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def storages(provider):
    """What each measurement goes through."""
    return len(provider._measurement_consumer._reader_storages)


@pytest.fixture
def theirs():
    return InMemoryMetricReader()


@pytest.mark.skipif(not keeps_gauges(), reason="collections of this SDK take gauges away")
def test_what_the_applications_reader_has_in_store_is_shared(theirs, reader, batches):
    provider = MeterProvider([theirs], resource=Resource({}), shutdown_on_exit=False)
    meter = provider.get_meter("test")
    counter, histogram, gauge = meter.create_counter("orders"), meter.create_histogram("paid"), meter.create_gauge("on")
    meter.create_observable_counter("seen", [lambda _: [Observation(7)]])
    counter.add(1)
    assert attach_reader(provider, reader)
    assert storages(provider) == 1
    gauge.set(5)
    for _ in range(2):
        counter.add(1)
        histogram.record(3)
        reader.collect()
        reader.collect()
    assert [values(batch)["orders_total"] for batch in batches] == [2.0, 2.0, 3.0, 3.0]
    assert values(batches[-1]).items() >= {"paid_count": 2.0, "on": 5.0, "seen_total": 7.0}.items()
    found = points(theirs)
    assert [found[name][0].value for name in ("orders", "on", "seen")] == [3, 5, 7]
    assert found["paid"][0].count == 2


def test_exemplars_stay_with_the_reader_that_exports_them(theirs, reader):
    provider = MeterProvider([theirs], exemplar_filter=AlwaysOnExemplarFilter(), shutdown_on_exit=False)
    histogram = provider.get_meter("test").create_histogram("paid")
    attach_reader(provider, reader)
    histogram.record(3)
    reader.collect()
    (point,) = points(theirs)["paid"]
    assert [exemplar.value for exemplar in point.exemplars] == [3]
    (point,) = points(theirs)["paid"]
    assert list(point.exemplars) == []
    histogram.record(4)
    reader.collect()
    (point,) = points(theirs)["paid"]
    assert [exemplar.value for exemplar in point.exemplars] == [4]


@pytest.mark.parametrize(
    "options",
    [
        {"preferred_temporality": {Counter: AggregationTemporality.DELTA}},
        {"preferred_aggregation": {Histogram: ExponentialBucketHistogramAggregation()}},
    ],
)
def test_a_reader_that_stores_other_values_is_not_shared(reader, batches, options):
    theirs = InMemoryMetricReader(**options)
    provider = MeterProvider([theirs], shutdown_on_exit=False)
    attach_reader(provider, reader)
    assert storages(provider) == 2
    counter = provider.get_meter("test").create_counter("orders")
    for _ in range(2):
        counter.add(1)
        reader.collect()
    assert values(batches[-1])["orders_total"] == 2.0


def test_a_reader_that_is_taken_away_is_replaced(theirs, reader, batches):
    provider = MeterProvider([theirs], shutdown_on_exit=False)
    if not hasattr(provider, "remove_metric_reader"):
        pytest.skip("this SDK takes no reader away")
    attach_reader(provider, reader)
    provider.remove_metric_reader(theirs)
    counter = provider.get_meter("test").create_counter("orders")
    reader.collect()
    counter.add(1)
    reader.collect()
    assert values(batches[-1])["orders_total"] == 1.0

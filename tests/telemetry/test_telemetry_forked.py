"""Children forked from a process that measures: by real forks, each reporting what it found through its exit code."""

import os
import threading

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from tocsin.telemetry import BatchReader, Forked, attach_reader, samples

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

PATIENCE = 10
FORKS = 40


@pytest.fixture
def batches():
    return []


@pytest.fixture
def reader(batches):
    return BatchReader(batches.append)


def in_child(check):
    """Whether a check holds in a forked child, within a time."""
    child = os.fork()
    if child == 0:
        found = []
        thread = threading.Thread(target=lambda: found.append(check()), daemon=True)
        thread.start()
        thread.join(PATIENCE)
        os._exit(0 if found == [True] else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def totals(batches):
    return {dict(labels)["__name__"]: value for labels, _, value in samples(batches[-1])}


def instance(batches):
    return {dict(labels)["instance"] for labels, _, _ in samples(batches[-1])}


@pytest.mark.parametrize("own_readers", [[], [InMemoryMetricReader]], ids=["alone", "shared"])
def test_a_child_counts_from_zero_and_the_parent_goes_on(reader, batches, own_readers):
    provider = MeterProvider([make() for make in own_readers], resource=Resource({}), shutdown_on_exit=False)
    counter = provider.get_meter("test").create_counter("orders")
    attach_reader(provider, reader)
    kept = Forked(provider)
    counter.add(3)

    def check():
        counter.add(1)
        reader.collect()
        return totals(batches) == {"orders_total": 1.0}

    assert in_child(check)
    counter.add(1)
    reader.collect()
    assert totals(batches) == {"orders_total": 4.0}
    del kept


def test_an_identity_that_was_chosen_is_kept_and_made_each_childs_own(reader, batches):
    resource = Resource({"service.name": "shop", "service.instance.id": "pod-7"})
    meters = MeterProvider(resource=resource, shutdown_on_exit=False)
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    loggers = LoggerProvider(resource=resource, shutdown_on_exit=False)
    counter = meters.get_meter("test").create_counter("orders")
    attach_reader(meters, reader)
    kept = Forked(meters, tracers, loggers)

    def check():
        counter.add(1)
        reader.collect()
        expected = f"pod-7/{os.getpid()}"
        exported = [provider.resource.attributes["service.instance.id"] for provider in (tracers, loggers)]
        # Releases of the SDK before 1.44 cannot be told.
        told = not hasattr(tracers, "_update_resource") or exported == [expected] * 2
        return instance(batches) == {expected} and told

    assert in_child(check)
    counter.add(1)
    reader.collect()
    assert instance(batches) == {"pod-7"}
    del kept


def test_processes_without_an_identity_have_different_ones(reader, batches):
    provider = MeterProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
    counter = provider.get_meter("test").create_counter("orders")
    attach_reader(provider, reader)
    kept = Forked(provider)
    counter.add(1)
    reader.collect()
    of_parent = instance(batches)

    def check():
        counter.add(1)
        reader.collect()
        return len(instance(batches)) == 1 and not instance(batches) & of_parent

    assert in_child(check)
    del kept


class Nowhere(MetricExporter):
    """Takes everything."""

    def export(self, metrics_data, timeout_millis=10_000, **_):
        return None

    def force_flush(self, timeout_millis=10_000):
        return True

    def shutdown(self, timeout_millis=30_000, **_):
        pass


def test_forks_in_the_middle_of_collections_and_measurements_leave_children_that_measure_and_collect(reader, batches):
    """The application's own exporting reader collects without a pause, and so do we; threads measure meanwhile."""
    exporting = PeriodicExportingMetricReader(Nowhere(), export_interval_millis=float("inf"))
    provider = MeterProvider([exporting], resource=Resource({}), shutdown_on_exit=False)
    counter = provider.get_meter("test").create_counter("orders")
    attach_reader(provider, reader)
    kept = Forked(provider)
    done = threading.Event()

    def again_and_again(work):
        while not done.is_set():
            work()

    work = (exporting.collect, reader.collect, lambda: counter.add(1), lambda: counter.add(1))
    threads = [threading.Thread(target=again_and_again, args=(each,), daemon=True) for each in work]
    for thread in threads:
        thread.start()

    def check():
        counter.add(5)
        exporting.collect()
        reader.collect()
        return totals(batches) == {"orders_total": 5.0}

    try:
        assert [in_child(check) for _ in range(FORKS)] == [True] * FORKS
    finally:
        done.set()
        for thread in threads:
            thread.join(PATIENCE)
        exporting.shutdown()
    del kept

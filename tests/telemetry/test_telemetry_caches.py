import threading

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource

import tocsin
from tocsin.telemetry.caches import CACHES, Caches


def counted(caches):
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], resource=Resource.get_empty(), shutdown_on_exit=False)
    caches.observe(provider.get_meter("test"))
    metrics = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    return {
        (metric.name, point.attributes["cache.name"]): point.value
        for metric in metrics
        for point in metric.data.data_points
    }


def test_hits_and_misses_are_two_counters_that_begin_together():
    caches = Caches()
    for hit in (True, True, False):
        caches.count("sessions", hit=hit)
    caches.count("prices", hit=False)
    assert counted(caches) == {
        ("cache.hits", "sessions"): 2,
        ("cache.misses", "sessions"): 1,
        ("cache.hits", "prices"): 0,
        ("cache.misses", "prices"): 1,
    }


def test_no_lookup_is_lost_between_threads():
    caches = Caches()

    def ask():
        for _ in range(1000):
            caches.count("sessions", hit=True)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(caches)["cache.hits", "sessions"] == 4000


def test_the_number_of_caches_is_bounded():
    caches = Caches()
    for n in range(CACHES + 10):
        caches.count(f"cache-{n}", hit=True)
    found = counted(caches)
    assert len(found) == 2 * (CACHES + 1)
    assert found["cache.hits", "other"] == 10


def test_an_application_counts_by_a_function():
    assert tocsin.cache_lookup("sessions", hit=True) is None

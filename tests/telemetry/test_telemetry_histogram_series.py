"""Many values at once are what they are one by one, whatever reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.metrics.view import (
    DropAggregation,
    ExplicitBucketHistogramAggregation,
    ExponentialBucketHistogramAggregation,
    View,
)

from tocsin.telemetry.histogram_series import HistogramSeries
from tocsin.telemetry.reader import attach_reader

DELTA = {Histogram: AggregationTemporality.DELTA}
SHOP = {"shop": "a", "till": 1}


def one_by_one(histogram, values, attributes):
    for value in values:
        histogram.record(value, attributes)


def at_once(histogram, values, attributes):
    HistogramSeries(histogram, attributes).record(values)


def points(reader):
    """What a reader collects, without its times."""
    data = reader.get_metrics_data()
    found = [
        (metric.name, dict(point.attributes), point)
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    ]
    buckets = ("bucket_counts", "explicit_bounds", "scale", "zero_count", "positive", "negative", "min", "max", "count")
    return [
        (name, labels, pytest.approx(point.sum), *(getattr(point, each, None) for each in buckets))
        for name, labels, point in found
    ]


@pytest.fixture
def collected():
    """What readers of every kind collect after each of several rounds of values."""
    providers = []

    def collect(record, rounds, views=()):
        readers = [InMemoryMetricReader(), InMemoryMetricReader(preferred_temporality=DELTA)]
        provider = MeterProvider(readers, views=views, shutdown_on_exit=False)
        providers.append(provider)
        histogram = provider.get_meter("test").create_histogram(
            "wait", explicit_bucket_boundaries_advisory=(0.1, 0.5, 1.0)
        )
        found = []
        for values in rounds:
            record(histogram, values, SHOP)
            histogram.record(0.2, {"shop": "b"})
            found.append([points(reader) for reader in readers])
        return found

    yield collect
    for provider in providers:
        provider.shutdown()


VIEWS = {
    "none": [],
    "drop": [View(instrument_name="wait", aggregation=DropAggregation())],
    "exponential": [View(instrument_name="wait", aggregation=ExponentialBucketHistogramAggregation())],
    "without min and max": [
        View(instrument_name="wait", aggregation=ExplicitBucketHistogramAggregation((0.3,), record_min_max=False))
    ],
    "fewer attributes": [View(instrument_name="wait", attribute_keys={"shop"})],
    "two": [View(instrument_name="wait"), View(instrument_name="wait", name="waits", attribute_keys=set())],
}


@pytest.mark.parametrize("views", VIEWS.values(), ids=VIEWS)
def test_it_is_the_same_for_every_reader_and_view(collected, views):
    rounds = [[0.05, 0.1, 0.3, 7.0], [0.2], [], [0.9, 0.9, 0.9]]
    assert collected(at_once, rounds, views) == collected(one_by_one, rounds, views)


@given(st.lists(st.lists(st.floats(0, 10), max_size=20), max_size=4))
def test_it_is_the_same_for_all_values(rounds):
    readers, histograms = [], []
    for record in (at_once, one_by_one):
        reader = InMemoryMetricReader()
        provider = MeterProvider([reader], shutdown_on_exit=False)
        histogram = provider.get_meter("test").create_histogram("wait")
        readers.append(reader)
        histograms.append((record, histogram, provider))
    for values in rounds:
        for record, histogram, _ in histograms:
            record(histogram, values, SHOP)
        assert points(readers[0]) == points(readers[1])
    for _, _, provider in histograms:
        provider.shutdown()


def test_a_reader_that_comes_later_gets_what_follows():
    first, second = InMemoryMetricReader(), InMemoryMetricReader()
    provider = MeterProvider([first], shutdown_on_exit=False)
    series = HistogramSeries(provider.get_meter("test").create_histogram("wait"), SHOP)
    series.record([1.0, 2.0])
    attach_reader(provider, second)
    series.record([3.0, 4.0, 5.0])
    assert [count for *_, count in points(first)] == [5]
    assert [count for *_, count in points(second)] in ([3], [5])
    provider.shutdown()


def test_a_clock_that_was_set_back_measures_nothing(collected):
    assert collected(at_once, [[-0.1, 0.3, -2.0, 0.4]]) == collected(one_by_one, [[0.3, 0.4]])


def test_without_an_sdk_nothing_happens():
    from opentelemetry.metrics import NoOpMeter

    at_once(NoOpMeter("test").create_histogram("wait"), [1.0, 2.0], SHOP)

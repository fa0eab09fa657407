"""Metric batches, read: from OTLP/JSON to the samples Prometheus would store."""

import struct
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain, repeat
from typing import TypeAlias

import msgspec

from tocsin.telemetry import otlp
from tocsin.telemetry.exponential import classic
from tocsin.telemetry.labels import (
    Labels,
    Target,
    decimal,
    histogram_labels,
    series_labels,
    target_info_labels,
    target_of,
)
from tocsin.telemetry.names import Kind
from tocsin.telemetry.translation import DEFAULT, Translation

Sample: TypeAlias = tuple[Labels, int, float]
"""Labels with `__name__`, milliseconds since the epoch, value."""

#: The NaN by which Prometheus says that a series ended; only its bits tell it from another NaN.
STALE: float = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
#: `target_info` is repeated at half of Prometheus' default lookback.
TARGET_INFO_INTERVAL = 150_000


#: Metrics that became no series, or not all of theirs, by name: why.
Skipped: TypeAlias = dict[str, str]


class NoSeriesError(ValueError):
    """A metric that rules cannot use as it is."""


def samples(payload: bytes, *, translation: Translation = DEFAULT, skipped: Skipped | None = None) -> Iterator[Sample]:
    """The samples that Prometheus' OTLP receiver would store for a batch.

    Exponential histograms, which it would store as native ones, are classic ones here; see `exponential`. What it would
    not store (delta temporality, names of which nothing is left, numbers that are none) is skipped, and `skipped` says
    why. Raises `msgspec.DecodeError`, before any sample, for what is no batch. Equal series have the same object as
    labels, batch after batch.
    """
    skipped = {} if skipped is None else skipped
    for resource_metrics in otlp.decode(payload).resource_metrics:
        resource = bytes(resource_metrics.resource.attributes)
        for scope_metrics in resource_metrics.scope_metrics:
            scope = scope_metrics.key if translation.promote_scope_metadata else otlp.NO_SCOPE
            for metric in scope_metrics.metrics:
                yield from _noting(skipped, metric.name, _metric_samples(metric, resource, scope, translation))
        metrics = chain.from_iterable(each.metrics for each in resource_metrics.scope_metrics)
        yield from _noting(skipped, "target_info", _target_info_samples(resource, metrics, translation))


def _noting(skipped: Skipped, name: str, series: Iterator[Sample]) -> Iterator[Sample]:
    try:
        yield from series
    except (ValueError, OverflowError, msgspec.DecodeError) as error:
        skipped[name] = str(error)


def _metric_samples(
    metric: otlp.Metric, resource: bytes, scope: otlp.ScopeKey, translation: Translation
) -> Iterator[Sample]:
    target = target_of(resource, scope, translation)
    name = translation.metric_name(metric.name, metric.unit, _kind(metric))
    match metric.data:
        case otlp.Gauge(data_points=points) | otlp.Sum(data_points=points):
            yield from _number_samples(name, target, points)
        case otlp.Histogram(data_points=buckets):
            yield from _histogram_samples(name, target, buckets)
        case otlp.ExponentialHistogram(data_points=exponential):
            yield from _histogram_samples(name, target, map(classic, exponential))
        case otlp.Summary(data_points=quantiles):
            yield from _summary_samples(name, target, quantiles)


def _kind(metric: otlp.Metric) -> Kind:
    """Raises NoSeriesError."""
    match metric.data:
        case otlp.Gauge():
            return Kind.GAUGE
        case otlp.Sum(aggregation_temporality=otlp.CUMULATIVE, is_monotonic=monotonic):
            return Kind.COUNTER if monotonic else Kind.UP_DOWN_COUNTER
        case otlp.Histogram(aggregation_temporality=otlp.CUMULATIVE):
            return Kind.HISTOGRAM
        case otlp.ExponentialHistogram(aggregation_temporality=otlp.CUMULATIVE):
            return Kind.HISTOGRAM
        case otlp.Summary():
            return Kind.SUMMARY
        case None:
            raise NoSeriesError("it holds no data")
    raise NoSeriesError(
        "its temporality is not cumulative; where it is sent, set"
        " OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative"
    )


def _number_samples(name: str, target: Target, points: Iterable[otlp.NumberDataPoint]) -> Iterator[Sample]:
    for point in points:
        value = point.as_int if point.as_double is None else point.as_double
        stale = point.flags & otlp.NO_RECORDED_VALUE
        yield series_labels(name, target, bytes(point.attributes)), _ms(point), STALE if stale else float(value or 0)


def _histogram_samples(name: str, target: Target, points: Iterable[otlp.HistogramDataPoint]) -> Iterator[Sample]:
    for point in points:
        series = histogram_labels(name, target, bytes(point.attributes), bytes(point.explicit_bounds))
        count, total, infinite, *buckets = series
        at = _ms(point)
        if point.flags & otlp.NO_RECORDED_VALUE:
            yield from ((labels, at, STALE) for labels in series)
            continue
        yield count, at, float(point.count)
        yield infinite, at, float(point.count)
        if point.sum is not None:
            yield total, at, float(point.sum)
        yield from zip(buckets, repeat(at), map(float, accumulate(map(int, point.bucket_counts))))


def _summary_samples(name: str, target: Target, points: Iterable[otlp.SummaryDataPoint]) -> Iterator[Sample]:
    for point in points:
        at, attributes = _ms(point), bytes(point.attributes)
        values = [(f"{name}_count", float(point.count)), (f"{name}_sum", float(point.sum))]
        series = [(series_labels(each, target, attributes), value) for each, value in values] + [
            (series_labels(name, target, attributes, ("quantile", decimal(float(each.quantile)))), float(each.value))
            for each in point.quantile_values
        ]
        stale = point.flags & otlp.NO_RECORDED_VALUE
        yield from ((labels, at, STALE if stale else value) for labels, value in series)


def _target_info_samples(resource: bytes, metrics: Iterable[otlp.Metric], translation: Translation) -> Iterator[Sample]:
    """From the first to the last time of the points, and so often between that it never goes stale."""
    points = chain.from_iterable(metric.data.data_points for metric in metrics if metric.data)
    labels = target_info_labels(resource, translation)
    if labels and (times := {point.time_unix_nano: _ms(point) for point in points}.values()):
        first, last = min(times), max(times)
        yield from ((labels, at, 1.0) for at in (*range(first, last, TARGET_INFO_INTERVAL), last))


def _ms(point: otlp.DataPoint) -> int:
    return int(point.time_unix_nano) // 1_000_000

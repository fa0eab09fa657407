"""Metric batches: from the SDK's data to OTLP/JSON, and from OTLP/JSON to the samples Prometheus would store."""

import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain, repeat
from typing import TypeAlias

import msgspec
from opentelemetry.sdk.metrics import export as sdk

from tocsin.telemetry import otlp
from tocsin.telemetry.labels import Labels, histogram_labels, series_labels, target_info_labels, target_labels
from tocsin.telemetry.names import Kind, metric_name

Sample: TypeAlias = tuple[Labels, int, float]
"""Labels with `__name__`, milliseconds since the epoch, value."""

#: The NaN by which Prometheus says that a series ended; only its bits tell it from another NaN.
STALE: float = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
#: `target_info` is repeated at half of Prometheus' default lookback.
TARGET_INFO_INTERVAL = 150_000


class NoSeriesError(ValueError):
    """A metric of a kind that is stored in no classic series."""


def encode(metrics: sdk.MetricsData, *, instance: str = "", skipped: Counter[str] | None = None) -> bytes:
    """One OTLP/JSON `ExportMetricsServiceRequest`, without exemplars.

    `instance` stands in for a `service.instance.id` that the resource lacks, lest two processes write the same series.
    Exponential histograms, which have no classic series, are skipped and counted in `skipped` by metric name.
    """
    skipped = Counter() if skipped is None else skipped
    return otlp.encode(
        otlp.ExportMetricsServiceRequest(
            [_resource_metrics(item, instance, skipped) for item in metrics.resource_metrics]
        )
    )


def samples(payload: bytes, *, skipped: Counter[str] | None = None) -> Iterator[Sample]:
    """The samples that Prometheus' OTLP receiver, with its defaults, would store for a batch.

    What it would not store (delta temporality, names of which nothing is left, numbers that are none) or would store as
    no classic series (exponential histograms, summaries) is skipped and counted in `skipped` by metric name. Raises
    `msgspec.DecodeError`, before any sample, for what is no batch. Equal series have the same object as labels, batch
    after batch.
    """
    skipped = Counter() if skipped is None else skipped
    for resource_metrics in otlp.decode(payload).resource_metrics:
        resource = bytes(resource_metrics.resource.attributes)
        metrics = [metric for scope_metrics in resource_metrics.scope_metrics for metric in scope_metrics.metrics]
        for metric in metrics:
            yield from _counting(skipped, metric.name, _metric_samples(metric, target_labels(resource)))
        yield from _counting(skipped, "target_info", _target_info_samples(resource, metrics))


def _resource_metrics(data: sdk.ResourceMetrics, instance: str, skipped: Counter[str]) -> otlp.ResourceMetrics:
    attributes = {**({"service.instance.id": instance} if instance else {}), **data.resource.attributes}
    scopes = [_scope_metrics(item, skipped) for item in data.scope_metrics]
    return otlp.ResourceMetrics(otlp.Resource(otlp.attributes(attributes)), scopes, data.schema_url)


def _scope_metrics(data: sdk.ScopeMetrics, skipped: Counter[str]) -> otlp.ScopeMetrics:
    scope = otlp.Scope(data.scope.name, data.scope.version or "", otlp.attributes(data.scope.attributes))
    metrics = [_metric(metric) for metric in data.metrics]
    skipped.update(metric.name for metric in metrics if metric.data is None)
    return otlp.ScopeMetrics(scope, [metric for metric in metrics if metric.data is not None], data.schema_url)


def _metric(metric: sdk.Metric) -> otlp.Metric:
    """Without data where the data is an exponential histogram."""
    wire = otlp.Metric(metric.name, metric.description or "", metric.unit or "")
    match metric.data:
        case sdk.Gauge(data_points=points):
            wire.gauge = otlp.Gauge([_number(point) for point in points])
        case sdk.Sum(data_points=points, aggregation_temporality=temporality, is_monotonic=monotonic):
            wire.sum = otlp.Sum([_number(point) for point in points], temporality.value, monotonic)
        case sdk.Histogram(data_points=points, aggregation_temporality=temporality):
            wire.histogram = otlp.Histogram([_histogram(point) for point in points], temporality.value)
    return wire


def _number(point: sdk.NumberDataPoint) -> otlp.NumberDataPoint:
    whole = isinstance(point.value, int)
    return otlp.NumberDataPoint(
        attributes=otlp.attributes(point.attributes),
        start_time_unix_nano=str(point.start_time_unix_nano or 0),
        time_unix_nano=str(point.time_unix_nano),
        as_int=str(point.value) if whole else None,
        as_double=None if whole else otlp.double(point.value),
    )


def _histogram(point: sdk.HistogramDataPoint) -> otlp.HistogramDataPoint:
    return otlp.HistogramDataPoint(
        attributes=otlp.attributes(point.attributes),
        start_time_unix_nano=str(point.start_time_unix_nano),
        time_unix_nano=str(point.time_unix_nano),
        count=str(point.count),
        sum=otlp.double(point.sum),
        bucket_counts=[str(count) for count in point.bucket_counts],
        explicit_bounds=otlp.doubles(tuple(point.explicit_bounds)),
        min=otlp.double(point.min),
        max=otlp.double(point.max),
    )


def _counting(skipped: Counter[str], name: str, series: Iterator[Sample]) -> Iterator[Sample]:
    try:
        yield from series
    except (ValueError, OverflowError, msgspec.DecodeError):
        skipped[name] += 1


def _metric_samples(metric: otlp.Metric, target: Labels) -> Iterator[Sample]:
    match metric.data:
        case otlp.Gauge(data_points=points):
            yield from _number_samples(metric_name(metric.name, metric.unit, Kind.GAUGE), target, points)
        case otlp.Sum(data_points=points, aggregation_temporality=otlp.CUMULATIVE, is_monotonic=monotonic):
            kind = Kind.COUNTER if monotonic else Kind.UP_DOWN_COUNTER
            yield from _number_samples(metric_name(metric.name, metric.unit, kind), target, points)
        case otlp.Histogram(data_points=points, aggregation_temporality=otlp.CUMULATIVE):
            yield from _histogram_samples(metric_name(metric.name, metric.unit, Kind.HISTOGRAM), target, points)
        case _:
            raise NoSeriesError(metric.name)


def _number_samples(name: str, target: Labels, points: Iterable[otlp.NumberDataPoint]) -> Iterator[Sample]:
    for point in points:
        value = point.as_int if point.as_double is None else point.as_double
        stale = point.flags & otlp.NO_RECORDED_VALUE
        yield series_labels(name, target, bytes(point.attributes)), _ms(point), STALE if stale else float(value or 0)


def _histogram_samples(name: str, target: Labels, points: Iterable[otlp.HistogramDataPoint]) -> Iterator[Sample]:
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


def _target_info_samples(resource: bytes, metrics: Iterable[otlp.Metric]) -> Iterator[Sample]:
    """From the first to the last time of the points, and so often between that it never goes stale."""
    points = chain.from_iterable(metric.data.data_points for metric in metrics if metric.data)
    labels = target_info_labels(resource)
    if labels and (times := {point.time_unix_nano: _ms(point) for point in points}.values()):
        first, last = min(times), max(times)
        yield from ((labels, at, 1.0) for at in (*range(first, last, TARGET_INFO_INTERVAL), last))


def _ms(point: otlp.DataPoint) -> int:
    return int(point.time_unix_nano) // 1_000_000

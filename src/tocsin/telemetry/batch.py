"""Metric batches: from the SDK's data to OTLP/JSON, and from OTLP/JSON to the samples Prometheus would store."""

import struct
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain, repeat
from typing import Any, TypeAlias

import msgspec
from opentelemetry.sdk.metrics import export as sdk

from tocsin.telemetry import otlp
from tocsin.telemetry.ended import EndedGauges
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


def encode(metrics: sdk.MetricsData, *, instance: str = "", ended: EndedGauges | None = None) -> bytes:
    """One OTLP/JSON `ExportMetricsServiceRequest`, with exemplars of sums and gauges alone.

    `instance` stands in for a `service.instance.id` that the resource lacks, lest two processes write the same series.
    `ended` marks the gauge series that the batch before had.
    """
    request = otlp.ExportMetricsServiceRequest([_resource_metrics(item, instance) for item in metrics.resource_metrics])
    if ended:
        ended.mark(request)
    return otlp.encode(request)


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


def _resource_metrics(data: sdk.ResourceMetrics, instance: str) -> otlp.ResourceMetrics:
    attributes = {**({"service.instance.id": instance} if instance else {}), **data.resource.attributes}
    scopes = [_scope_metrics(item) for item in data.scope_metrics]
    return otlp.ResourceMetrics(otlp.Resource(otlp.attributes(attributes)), scopes, data.schema_url)


def _scope_metrics(data: sdk.ScopeMetrics) -> otlp.ScopeMetrics:
    scope = otlp.Scope(data.scope.name, data.scope.version or "", otlp.attributes(data.scope.attributes))
    return otlp.ScopeMetrics(scope, [_metric(metric) for metric in data.metrics], data.schema_url)


def _metric(metric: sdk.Metric) -> otlp.Metric:
    wire = otlp.Metric(metric.name, metric.description or "", metric.unit or "")
    match metric.data:
        case sdk.Gauge(data_points=points):
            wire.gauge = otlp.Gauge([_number(point) for point in points])
        case sdk.Sum(data_points=points, aggregation_temporality=temporality, is_monotonic=monotonic):
            wire.sum = otlp.Sum([_number(point) for point in points], temporality.value, monotonic)
        case sdk.Histogram(data_points=points, aggregation_temporality=temporality):
            wire.histogram = otlp.Histogram([_histogram(point) for point in points], temporality.value)
        case sdk.ExponentialHistogram(data_points=points, aggregation_temporality=temporality):
            exponential = [_exponential(point) for point in points]
            wire.exponential_histogram = otlp.ExponentialHistogram(exponential, temporality.value)
    return wire


def _number(point: sdk.NumberDataPoint) -> otlp.NumberDataPoint:
    whole = isinstance(point.value, int)
    return otlp.NumberDataPoint(
        attributes=otlp.attributes(point.attributes),
        start_time_unix_nano=str(point.start_time_unix_nano or 0),
        time_unix_nano=str(point.time_unix_nano),
        as_int=str(point.value) if whole else None,
        as_double=None if whole else otlp.double(point.value),
        exemplars=[_exemplar(exemplar) for exemplar in point.exemplars if exemplar.trace_id],
    )


def _exemplar(exemplar: Any) -> otlp.Exemplar:
    whole = isinstance(exemplar.value, int)
    return otlp.Exemplar(
        time_unix_nano=str(exemplar.time_unix_nano),
        as_int=str(exemplar.value) if whole else None,
        as_double=None if whole else otlp.double(exemplar.value),
        span_id=f"{exemplar.span_id:016x}",
        trace_id=f"{exemplar.trace_id:032x}",
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


def _exponential(point: sdk.ExponentialHistogramDataPoint) -> otlp.ExponentialHistogramDataPoint:
    return otlp.ExponentialHistogramDataPoint(
        attributes=otlp.attributes(point.attributes),
        start_time_unix_nano=str(point.start_time_unix_nano),
        time_unix_nano=str(point.time_unix_nano),
        count=str(point.count),
        sum=otlp.double(point.sum),
        scale=point.scale,
        zero_count=str(point.zero_count),
        positive=otlp.Buckets(point.positive.offset, [str(count) for count in point.positive.bucket_counts]),
        negative=otlp.Buckets(point.negative.offset, [str(count) for count in point.negative.bucket_counts]),
    )


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

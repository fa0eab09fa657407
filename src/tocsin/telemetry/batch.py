"""Metric batches, written: from the SDK's data to OTLP/JSON."""

from typing import Any

from opentelemetry.sdk.metrics import export as sdk

from tocsin.telemetry import otlp
from tocsin.telemetry.ended import EndedGauges


def encode(metrics: sdk.MetricsData, *, instance: str = "", ended: EndedGauges | None = None) -> bytes:
    """One OTLP/JSON `ExportMetricsServiceRequest`, with exemplars of sums and gauges alone.

    `instance` stands in for a `service.instance.id` that the resource lacks, lest two processes write the same series.
    `ended` marks the gauge series that the batch before had.
    """
    request = otlp.ExportMetricsServiceRequest([_resource_metrics(item, instance) for item in metrics.resource_metrics])
    if ended:
        ended.mark(request)
    return otlp.encode(request)


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

"""Gauges that a process stops reporting: the series of each ends at once, as that of a target that is scraped does."""

import os
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import msgspec

from tocsin.telemetry import otlp

#: Series whose end is noticed; those beyond end with the lookback.
WATCHED = 10_000


class _Series(NamedTuple):
    """A gauge series of a resource, by what is on the wire."""

    resource: bytes
    scope: otlp.ScopeKey
    name: str
    unit: str
    attributes: bytes


class EndedGauges:
    """Compares each collection of one process with the one before. Sums and histograms go on: they are cumulative.

    It watches the gauges of one instrumentation scope, or of all.
    """

    def __init__(self, *, scope: str | None = None) -> None:
        self._scope = scope
        self._last: dict[int, set[_Series]] = {}

    def mark(self, request: otlp.ExportMetricsServiceRequest) -> None:
        """Add a point without a value for each gauge series that a resource had and has no more."""
        process, now = os.getpid(), set(islice(self._series(request), WATCHED))
        # A fork does not report what its parent still does.
        last, self._last = self._last.get(process, set()), {process: now}
        gone = last.difference(self._series(request)) if last - now else ()
        for item in request.resource_metrics:
            resource, at = bytes(item.resource.attributes), _time(item)
            item.scope_metrics += [_end(each, at) for each in sorted(gone) if each.resource == resource]

    def _series(self, request: otlp.ExportMetricsServiceRequest) -> Iterator[_Series]:
        for item in request.resource_metrics:
            resource = bytes(item.resource.attributes)
            for scope_metrics in item.scope_metrics:
                scope = scope_metrics.key
                if self._scope not in (None, scope.name):
                    continue
                for metric in scope_metrics.metrics:
                    for point in metric.gauge.data_points if metric.gauge else ():
                        yield _Series(resource, scope, metric.name, metric.unit, bytes(point.attributes))


def _time(item: otlp.ResourceMetrics) -> str:
    """The latest of its points: those of one collection have one time."""
    data = (metric.data for scope in item.scope_metrics for metric in scope.metrics)
    return str(max((int(point.time_unix_nano) for each in data if each for point in each.data_points), default=0))


def _end(series: _Series, at: str) -> otlp.ScopeMetrics:
    point = otlp.NumberDataPoint(
        attributes=msgspec.Raw(series.attributes), time_unix_nano=at, flags=otlp.NO_RECORDED_VALUE
    )
    metric = otlp.Metric(series.name, unit=series.unit, gauge=otlp.Gauge([point]))
    name, version, schema_url, attributes = series.scope
    return otlp.ScopeMetrics(otlp.Scope(name, version, msgspec.Raw(attributes)), [metric], schema_url)

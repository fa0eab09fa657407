"""Readers that export the metrics of an SDK which no launcher has configured."""

from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points

from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader

from tocsin.exporting.destinations import destinations, launched


def otlp_readers(environ: Mapping[str, str]) -> Iterator[MetricReader]:
    """One for each OTLP exporter that the launcher would give to metrics, as far as it is installed.

    The exporters read their options from this process' environment.
    """
    for destination in destinations(launched(environ)):
        if destination.signal == "metrics" and destination.protocol:
            for entry_point in entry_points(group="opentelemetry_metrics_exporter", name=destination.component):
                yield PeriodicExportingMetricReader(entry_point.load()())

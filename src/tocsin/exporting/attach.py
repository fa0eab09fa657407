"""Exporters for an SDK that was configured in code, to the endpoint that the settings name."""

from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Any

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tocsin.destinations import COMPONENTS
from tocsin.exporting.environment import HTTP, completion
from tocsin.exporting.exporters import exporters
from tocsin.exporting.launch import installed_protocols
from tocsin.notices import notices
from tocsin.telemetry import attach_reader

#: What OTLP over HTTP puts behind an endpoint.
_PATHS = {"traces": "/v1/traces", "metrics": "/v1/metrics", "logs": "/v1/logs"}


def attach_exporters(endpoint: str, *, traces: Any, metrics: Any, logs: Any) -> Iterator[Callable[[], object]]:
    """Let each provider of the SDK that exports nowhere export to an OTLP endpoint; says which exporter is missing.

    Providers that export somewhere are their owner's business. What has to be called at the end of the process is
    yielded.
    """
    protocol = completion({}, endpoint=endpoint, protocols=installed_protocols()).get("OTEL_EXPORTER_OTLP_PROTOCOL")
    if protocol is None:
        notices.say("TOCSIN_OTLP_ENDPOINT is not used: pip install opentelemetry-exporter-otlp-proto-http", once="otlp")
        return
    if isinstance(traces, TracerProvider) and not any(exporters(traces)):
        traces.add_span_processor(BatchSpanProcessor(_exporter("traces", endpoint, protocol)))
    if isinstance(metrics, MeterProvider) and not any(exporters(metrics)):
        reader = PeriodicExportingMetricReader(_exporter("metrics", endpoint, protocol))
        attach_reader(metrics, reader)
        yield reader.shutdown
    if isinstance(logs, LoggerProvider) and not any(exporters(logs)):
        logs.add_log_record_processor(BatchLogRecordProcessor(_exporter("logs", endpoint, protocol)))


def _exporter(signal: str, endpoint: str, protocol: str) -> Any:
    (entry_point, *_) = entry_points(group=f"opentelemetry_{signal}_exporter", name=COMPONENTS[protocol])
    return entry_point.load()(endpoint=endpoint.rstrip("/") + _PATHS[signal] if protocol == HTTP else endpoint)

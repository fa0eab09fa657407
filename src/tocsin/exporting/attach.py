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

from tocsin.exporting.destinations import COMPONENTS
from tocsin.exporting.environment import HTTP, completion
from tocsin.exporting.exporters import exporters
from tocsin.exporting.launch import installed_protocols
from tocsin.exporting.silence import spare
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
    kinds: dict[str, tuple[Any, type]] = {
        "traces": (traces, TracerProvider),
        "metrics": (metrics, MeterProvider),
        "logs": (logs, LoggerProvider),
    }
    silent = [signal for signal, (made, kind) in kinds.items() if isinstance(made, kind) and not any(exporters(made))]
    found = {signal: _exporter(signal, endpoint, protocol) for signal in silent}
    # Where the reader of metrics keeps its exporter, nobody would find it later.
    spare(found.values())
    if "traces" in found:
        traces.add_span_processor(BatchSpanProcessor(found["traces"]))
    if "metrics" in found:
        reader = PeriodicExportingMetricReader(found["metrics"])
        attach_reader(metrics, reader)
        yield reader.shutdown
    if "logs" in found:
        logs.add_log_record_processor(BatchLogRecordProcessor(found["logs"]))


def _exporter(signal: str, endpoint: str, protocol: str) -> Any:
    (entry_point, *_) = entry_points(group=f"opentelemetry_{signal}_exporter", name=COMPONENTS[protocol])
    return entry_point.load()(endpoint=endpoint.rstrip("/") + _PATHS[signal] if protocol == HTTP else endpoint)

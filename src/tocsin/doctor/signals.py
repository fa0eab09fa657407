"""Whether what is sent arrives: a span, a measurement and a log record of the doctor's own, each hop's answer told."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any

from tocsin.doctor.check import Check
from tocsin.doctor.exporters import check_endpoint
from tocsin.exporting.destinations import COMPONENTS, Destination, destinations, otlp_variable

#: Seconds for one signal, the exporter's further attempts included.
TIMEOUT = "3"
SERVICE = "tocsin-doctor"


def check_signals(environ: Mapping[str, str]) -> Iterator[Check]:
    """One line for each signal that goes to an OTLP endpoint which takes connections: what became of it there."""
    for destination in destinations(environ):
        if destination.protocol not in COMPONENTS or check_endpoint(destination.endpoint).status == "broken":
            continue
        if exporter := _load(destination):
            yield _check(destination, exporter, environ)


def _load(destination: Destination) -> Any:
    """The exporter's class; None where it is not installed, which another check tells."""
    group = f"opentelemetry_{destination.signal}_exporter"
    found = next(iter(entry_points(group=group, name=destination.component)), None)
    return found.load() if found else None


def _check(destination: Destination, exporter: Any, environ: Mapping[str, str]) -> Check:
    name = f"test {destination.signal}"
    began = time.perf_counter()
    with _environment({**environ, otlp_variable(destination.signal, "TIMEOUT"): TIMEOUT}), _said() as said:
        try:
            result = _SENDERS[destination.signal](exporter)
        except (ValueError, OSError, RuntimeError) as error:  # the exporter cannot be made of this environment
            return Check(name, "broken", f"{destination.endpoint}: {error}", "correct OTEL_EXPORTER_OTLP_…")
    if result.name == "SUCCESS":
        passed = (time.perf_counter() - began) * 1000
        return Check(name, "ok", f"{destination.endpoint} has taken it after {passed:.0f} ms")
    reason = said[-1] if said else "refused, without a reason"
    fix = "look at what listens there, and at OTEL_EXPORTER_OTLP_HEADERS and OTEL_EXPORTER_OTLP_PROTOCOL"
    return Check(name, "broken", f"{destination.endpoint}: {reason}", fix)


@contextmanager
def _environment(environ: Mapping[str, str]) -> Iterator[None]:
    """Exporters read their options from the environment alone."""
    before = dict(os.environ)
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _said() -> Iterator[list[str]]:
    """What the exporters log meanwhile, which tells more than their result, instead of where logs go."""
    lines: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logger, listener = logging.getLogger("opentelemetry"), Listener()
    before = logger.propagate, logger.level
    logger.addHandler(listener)
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    try:
        yield lines
    finally:
        logger.removeHandler(listener)
        logger.propagate, level = before
        logger.setLevel(level)


def _send_span(exporter: Callable[[], Any]) -> Any:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  other commands start faster without
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON  # noqa: PLC0415

    provider = TracerProvider(resource=Resource({"service.name": SERVICE}), sampler=ALWAYS_ON, shutdown_on_exit=False)
    span = provider.get_tracer(SERVICE).start_span("tocsin doctor")
    span.end()
    return _sent(exporter(), [span])


def _send_measurement(exporter: Callable[[], Any]) -> Any:
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415

    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], resource=Resource({"service.name": SERVICE}), shutdown_on_exit=False)
    provider.get_meter(SERVICE).create_counter("tocsin.doctor.examinations", unit="{examination}").add(1)
    return _sent(exporter(), reader.get_metrics_data())


def _send_log_record(exporter: Callable[[], Any]) -> Any:
    from opentelemetry._logs import LogRecord, SeverityNumber  # noqa: PLC0415
    from opentelemetry.sdk._logs import LoggerProvider  # noqa: PLC0415
    from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415

    memory: Any = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    provider = LoggerProvider(resource=Resource({"service.name": SERVICE}), shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(memory))
    record = LogRecord(timestamp=time.time_ns(), severity_number=SeverityNumber.INFO, body="tocsin doctor was here")
    provider.get_logger(SERVICE).emit(record)
    return _sent(exporter(), memory.get_finished_logs())


def _sent(exporter: Any, batch: Any) -> Any:
    try:
        return exporter.export(batch)
    finally:
        exporter.shutdown()


_SENDERS: Mapping[str, Callable[[Callable[[], Any]], Any]] = {
    "traces": _send_span,
    "metrics": _send_measurement,
    "logs": _send_log_record,
}

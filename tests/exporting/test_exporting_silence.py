import os
import socket

import pytest
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

from tocsin.exporting.attach import attach_exporters
from tocsin.exporting.exporters import exporters
from tocsin.exporting.silence import MEMORY, PATIENCE, LocalEndpoint, spare_dead_endpoints
from tocsin.notices import notices


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    monkeypatch.setattr(notices, "_said", set())


@pytest.fixture
def providers():
    """An SDK that exports all three signals to a port, and its end."""
    made = []

    def make(url):
        traces = TracerProvider(shutdown_on_exit=False)
        traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces", timeout=2)))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{url}/v1/metrics", timeout=2), 60_000)
        logs = LoggerProvider(shutdown_on_exit=False)
        logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(f"{url}/v1/logs", timeout=2)))
        made.extend((traces, MeterProvider([reader], shutdown_on_exit=False), logs))
        return tuple(made)

    yield make
    for provider in made:
        provider.shutdown()


def test_a_dead_local_endpoint_is_said_once_and_costs_no_attempt(providers, nobody, capsys, caplog):
    traces, metrics, logs = providers(f"http://localhost:{nobody}")
    spare_dead_endpoints(traces, metrics, logs)
    spare_dead_endpoints(traces, metrics, logs)
    assert len(list(exporters(traces, metrics, logs))) == 3
    for _ in range(3):
        traces.get_tracer("t").start_span("s").end()
        metrics.get_meter("m").create_counter("c").add(1)
        assert traces.force_flush()
        metrics.force_flush()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"tocsin: nothing listens at localhost:{nobody}, so telemetry is lost: ")
    assert caplog.records == []


def test_what_listens_is_sent_to(providers, sink, capsys):
    traces, metrics, logs = providers(sink.url)
    spare_dead_endpoints(traces, metrics, logs)
    traces.get_tracer("t").start_span("s").end()
    metrics.get_meter("m").create_counter("c").add(1)
    traces.force_flush()
    metrics.force_flush()
    assert sorted(sink.paths) == ["/v1/metrics", "/v1/traces"]
    assert capsys.readouterr().err == ""


def test_an_endpoint_that_starts_anew_is_not_dead():
    now = 0.0
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = LocalEndpoint(*server.getsockname(), clock=lambda: now)
        assert not endpoint.is_dead()
    now = MEMORY
    assert not endpoint.is_dead()
    now = PATIENCE + MEMORY
    assert endpoint.is_dead()
    with socket.create_server(endpoint.address):
        now += MEMORY
        assert not endpoint.is_dead()


def test_other_machines_and_other_exporters_are_left_alone():
    traces = TracerProvider(shutdown_on_exit=False)
    remote = OTLPSpanExporter("http://collector.example:4318/v1/traces")
    before = remote.export
    traces.add_span_processor(SimpleSpanProcessor(remote))
    spare_dead_endpoints(traces, object(), None)
    assert remote.export == before


def test_an_sdk_configured_in_code_exports_where_the_settings_say(sink):
    traces, logs = TracerProvider(shutdown_on_exit=False), LoggerProvider(shutdown_on_exit=False)
    metrics = MeterProvider(shutdown_on_exit=False)
    finish = list(attach_exporters(sink.url, traces=traces, metrics=metrics, logs=logs))
    assert list(attach_exporters(sink.url, traces=traces, metrics=object(), logs=logs)) == []
    traces.get_tracer("t").start_span("s").end()
    metrics.get_meter("m").create_counter("c").add(1)
    for end in (*finish, traces.shutdown, logs.shutdown, metrics.shutdown):
        end()
    assert sorted(sink.paths) == ["/v1/metrics", "/v1/traces"]


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_what_is_attached_to_an_sdk_configured_in_code_is_spared_too(nobody, capsys, caplog, monkeypatch, scheme):
    protocol = {"http": "http/protobuf", "grpc": "grpc"}[scheme]
    pytest.importorskip(f"opentelemetry.exporter.otlp.proto.{scheme}")
    monkeypatch.setattr("tocsin.exporting.attach.installed_protocols", lambda: [protocol])
    metrics = MeterProvider(shutdown_on_exit=False)
    (finish,) = attach_exporters(f"http://localhost:{nobody}", traces=object(), metrics=metrics, logs=object())
    metrics.get_meter("m").create_counter("c").add(1)
    finish()
    metrics.shutdown()
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert caplog.records == []


def test_of_forked_processes_one_says_it(nobody, capfd):
    endpoint = LocalEndpoint("127.0.0.1", nobody)
    for _ in range(3):
        child = os.fork()
        if not child:
            if endpoint.is_dead():
                endpoint.say_dead()
            os._exit(0)
        os.waitpid(child, 0)
    endpoint.say_dead()
    assert capfd.readouterr().err.count(f"nothing listens at 127.0.0.1:{nobody}") == 1

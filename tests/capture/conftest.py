"""A host application's SDK in this process, with Tocsin's capture attached after everything else."""

import logging
import sys
import threading
from types import SimpleNamespace

import pytest
from opentelemetry import context
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tocsin.capture import Capture, attach_log_record_processor, attach_span_processor
from tocsin.config import Config
from tocsin.guard import guard
from tocsin.notices import notices
from tocsin.store import Store


class Host:
    """Simple processors are registered first: whatever they export has to be finished by then."""

    def __init__(self, store, *, sampler=None, **settings):
        self.resource = Resource.create({"service.name": "shop", "service.version": "7"})
        self._spans, self._logs, self._metrics = (
            InMemorySpanExporter(),
            InMemoryLogRecordExporter(),
            InMemoryMetricReader(),
        )
        self.tracer_provider = TracerProvider(resource=self.resource, sampler=sampler, shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self.logger_provider = LoggerProvider(resource=self.resource, shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self._logs))
        self.meter_provider = MeterProvider([self._metrics], resource=self.resource, shutdown_on_exit=False)
        self.tracer = self.tracer_provider.get_tracer("shop")
        self.store = Store(store)
        self.finished = []
        self.capture = Capture(
            Config(store=store, **settings),
            store=self.store,
            resource=self.resource,
            meter=self.meter_provider.get_meter("tocsin"),
        )
        attach_span_processor(self.tracer_provider, self.capture.span_processor)
        attach_log_record_processor(self.logger_provider, self.capture.log_record_processor)
        self.capture.hook(finish=lambda: self.finished.append(True))

    @property
    def inbox(self):
        return self.capture.recorder.inbox

    def spans(self):
        """Exported spans by name."""
        return {span.name: span for span in self._spans.get_finished_spans()}

    def logs(self):
        """Exported log records, in order."""
        return [exported.log_record for exported in self._logs.get_finished_logs()]

    def issues(self):
        """What is in the store, once everything is written."""
        self.capture.writer.flush()
        return self.store.issues.recent()

    def counts(self):
        """Title → occurrences."""
        return {issue.title: issue.count for issue in self.issues()}

    def occurrence(self):
        """The only sample of the only issue."""
        (issue,) = self.issues()
        (occurrence,) = self.store.issues.occurrences(issue.id)
        return occurrence

    def latest(self):
        """The newest sample of the issue that was seen last."""
        return self.store.issues.occurrences(self.issues()[0].id)[0]

    def metrics(self, name):
        """The points of one instrument."""
        collected = self._metrics.get_metrics_data()
        found = [
            point
            for resource in (collected.resource_metrics if collected else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]
        return [SimpleNamespace(value=point.value, **dict(point.attributes)) for point in found]

    def close(self):
        self.capture.unhook()
        self.tracer_provider.shutdown()
        self.logger_provider.shutdown()
        self.meter_provider.shutdown()
        self.store.close()


@pytest.fixture
def start(tmp_path):
    """A host with other settings than usual."""
    hosts = []

    def start(**options):
        hosts.append(Host(tmp_path / "tocsin.db", **options))
        return hosts[-1]

    yield start
    for host in hosts:
        host.close()


@pytest.fixture
def host(start):
    return start()


@pytest.fixture
def logger(host):
    """A logger of the application, exported by OpenTelemetry's handler."""
    handlers = pytest.importorskip("opentelemetry.instrumentation.logging.handler")
    handler = handlers.LoggingHandler(logger_provider=host.logger_provider)
    made = logging.getLogger("shop.cart")
    made.addHandler(handler)
    yield made
    made.removeHandler(handler)


@pytest.fixture
def fails(host):
    """Let something fail in a span of its own trace; what the store has of the latest failure."""

    def work(before, span):
        with host.tracer.start_as_current_span("work", context=context.Context(), **span):
            before()
            raise LookupError("boom")

    def fails(before=lambda: None, **span):
        with pytest.raises(LookupError):
            work(before, span)
        return host.latest()

    return fails


@pytest.fixture
def raised():
    """The exception that a call raises, with its frames."""

    def raised(call, *args):
        with pytest.raises(BaseException) as caught:
            call(*args)
        return caught.value

    return raised


def _issue_of(carrier):
    """What Tocsin wrote onto a span or log record, without its prefix."""
    prefix = "tocsin.error."
    return {key[len(prefix) :]: value for key, value in carrier.attributes.items() if key.startswith(prefix)}


@pytest.fixture
def issue_of():
    return _issue_of


@pytest.fixture
def lenient(monkeypatch):
    """As in production: what goes wrong in us is suppressed, counted and said."""
    monkeypatch.setattr(guard, "strict", False)
    monkeypatch.setattr(notices, "_said", set())
    monkeypatch.setattr(logging, "raiseExceptions", False)


@pytest.fixture
def serve_flask():
    """An instrumented Flask application, the way it is called by a server: a function from a path to a status."""
    flask = pytest.importorskip("flask")
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.flask")
    handlers = pytest.importorskip("opentelemetry.instrumentation.logging.handler")
    apps = []

    def serve(host, build):
        app = flask.Flask("shop")
        app.logger.addHandler(handlers.LoggingHandler(logger_provider=host.logger_provider))
        instrumentation.FlaskInstrumentor().instrument_app(
            app, tracer_provider=host.tracer_provider, meter_provider=host.meter_provider
        )
        build(app)
        apps.append(app)
        return lambda path="/", **options: app.test_client().get(path, **options).status_code

    yield serve
    for app in apps:
        app.logger.handlers.clear()
        instrumentation.FlaskInstrumentor().uninstrument_app(app)


@pytest.fixture(params=[True, False], ids=["instrumented", "alone"])
def instrumented(request, start, monkeypatch):
    """A host whose hooks have nobody behind them, with OpenTelemetry's instrumentations of threads and tasks or not."""
    threads = pytest.importorskip("opentelemetry.instrumentation.threading").ThreadingInstrumentor()
    tasks = pytest.importorskip("opentelemetry.instrumentation.asyncio").AsyncioInstrumentor()
    for module, name in ((threading, "excepthook"), (sys, "unraisablehook"), (sys, "excepthook")):
        monkeypatch.setattr(module, name, lambda *_: None)
    monkeypatch.setenv("OTEL_PYTHON_ASYNCIO_COROUTINE_NAMES_TO_TRACE", "work")
    host = start()
    if request.param:
        threads.instrument()
        tasks.instrument(tracer_provider=host.tracer_provider, meter_provider=host.meter_provider)
    yield host
    if request.param:
        threads.uninstrument()
        tasks.uninstrument()

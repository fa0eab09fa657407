"""Failures that spans tell of, and durations that only spans know."""

import asyncio
import sys

import pytest
from opentelemetry import trace
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from tocsin import TocsinLogRecordProcessor, TocsinSpanProcessor
from tocsin.capture import attach_log_record_processor, attach_span_processor
from tocsin.capture.inbox import Inbox
from tocsin.capture.recorder import Recorder
from tocsin.capture.redaction import Redaction
from tocsin.errors import InApp
from tocsin.privacy import Masker

TEXT = """Traceback (most recent call last):
  File "/srv/shop/cart.py", line 7, in pay
    raise PaymentError("card of jane@example.com")
shop.errors.PaymentError: card of jane@example.com
"""


def fail(message="refused"):
    raise ConnectionError(message)


@pytest.mark.parametrize(("kind", "handled"), [(SpanKind.SERVER, False), (SpanKind.CONSUMER, False)])
def test_an_exception_that_leaves_an_entry_span_is_not_handled(host, kind, handled, issue_of):
    with pytest.raises(ConnectionError), host.tracer.start_as_current_span("work", kind=kind):
        fail()
    (issue,) = host.issues()
    assert (issue.count, issue.handled) == (1, handled)
    assert issue_of(host.spans()["work"])["fingerprint"] == issue.fingerprint


def test_an_exception_that_leaves_an_inner_span_may_still_be_handled(host, issue_of):
    with (
        host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER),
        pytest.raises(ConnectionError),
        host.tracer.start_as_current_span("GET", kind=SpanKind.CLIENT),
    ):
        fail()
    assert [(issue.count, issue.handled, issue.severity) for issue in host.issues()] == [(1, True, "warning")]
    assert issue_of(host.spans()["GET"])["handled"] is True
    assert issue_of(host.spans()["SERVER"]) == {}


def test_handled_and_severity_escalate_when_it_escapes_later(host, issue_of):
    with (
        pytest.raises(ConnectionError),
        host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER),
        host.tracer.start_as_current_span("GET", kind=SpanKind.CLIENT),
    ):
        fail()
    assert [(issue.count, issue.handled, issue.severity) for issue in host.issues()] == [(1, False, "error")]
    spans = [issue_of(host.spans()[name]) for name in ("GET", "SERVER")]
    assert [(span["handled"], span["severity"]) for span in spans] == [(True, "warning"), (False, "error")]


LIBRARY = """
def get(tracer):
    with tracer.start_as_current_span("GET"):
        raise OSError("refused")
"""


def test_seen_first_by_a_library_it_has_the_fingerprint_that_it_has_later(host, issue_of):
    # Its frames are none of the application's, and its span ends before any of these is left.
    library = {}
    exec(compile(LIBRARY, f"{sys.prefix}/lib/python3/site-packages/library.py", "exec"), library)

    def view(tracer):
        library["get"](tracer)

    for tracer in (host.tracer, trace.NoOpTracer()):
        with pytest.raises(OSError), host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER):
            view(tracer)
    (issue,) = host.issues()
    assert (issue.count, issue.culprit.rpartition(" ")[2]) == (2, "view")
    assert issue_of(host.spans()["GET"])["fingerprint"] == issue.fingerprint


@pytest.mark.parametrize("orderly", [SystemExit, KeyboardInterrupt, asyncio.CancelledError, GeneratorExit])
def test_what_ends_a_program_or_a_task_is_no_failure(host, orderly, issue_of):
    with host.tracer.start_as_current_span("work", kind=SpanKind.SERVER) as span:
        span.record_exception(orderly())
    with pytest.raises(orderly), host.tracer.start_as_current_span("work", kind=SpanKind.SERVER):
        raise orderly
    assert host.issues() == []
    assert issue_of(host.spans()["work"]) == {}


@pytest.mark.parametrize("kind", [SpanKind.SERVER, SpanKind.INTERNAL])
def test_an_exception_event_that_somebody_wrote_by_hand(host, kind, issue_of):
    attributes = {
        "exception.type": "shop.errors.PaymentError",
        "exception.message": "card of jane@example.com",
        "exception.stacktrace": TEXT,
    }
    with host.tracer.start_as_current_span("work", kind=kind) as span:
        span.add_event("exception", attributes)
    (issue,) = host.issues()
    assert (issue.error_type, issue.handled) == ("shop.errors.PaymentError", kind is SpanKind.INTERNAL)
    assert issue.culprit.endswith("cart in pay")
    exported = host.spans()["work"]
    assert issue_of(exported)["fingerprint"] == issue.fingerprint
    assert exported.events[0].attributes["exception.message"] == "card of [email]"
    assert "jane" not in host.occurrence().stacktrace
    assert "cart.py" in host.occurrence().stacktrace


def test_a_processor_registered_later_exports_the_same(host, issue_of):
    later = InMemorySpanExporter()
    host.tracer_provider.add_span_processor(SimpleSpanProcessor(later))
    with pytest.raises(ConnectionError), host.tracer.start_as_current_span("work"):
        fail("jane@example.com")
    (first, second) = host.spans()["work"], later.get_finished_spans()[0]
    assert issue_of(first) == issue_of(second) != {}
    assert first.events[0].attributes == second.events[0].attributes
    assert second.events[0].attributes["exception.message"] == "[email]"


def test_masking_can_be_off(start):
    host = start(mask=False)
    with pytest.raises(ConnectionError), host.tracer.start_as_current_span("work"):
        fail("jane@example.com")
    assert host.spans()["work"].events[0].attributes["exception.message"] == "jane@example.com"
    assert host.occurrence().message == "jane@example.com"


def test_new_is_said_of_the_first_only_and_not_before_it_is_known(host, issue_of):
    def new():
        with pytest.raises(ConnectionError), host.tracer.start_as_current_span("work"):
            fail()
        return issue_of(host.spans()["work"]).get("new")

    assert new() is None
    host.capture.writer.flush()
    host._spans.clear()
    assert new() is False
    with pytest.raises(ZeroDivisionError), host.tracer.start_as_current_span("other"):
        1 / 0  # noqa: B018
    assert issue_of(host.spans()["other"])["new"] is True


def test_what_is_no_exception_is_left_to_the_sdk(host):
    with host.tracer.start_as_current_span("work") as span, pytest.raises((AttributeError, TypeError)):
        span.record_exception("text")
    assert host.issues() == []


def test_a_span_that_has_ended_is_not_touched(host):
    span = host.tracer.start_span("work")
    span.end()
    span.record_exception(ValueError("late"))
    assert host.issues() == []


def test_durations_go_where_the_instrumentation_measures_none(host):
    tracer = host.tracer_provider.get_tracer("opentelemetry.instrumentation.sqlalchemy")
    attributes = {"db.system": "sqlite", "db.statement": "SELECT 1"}
    tracer.start_span("SELECT", kind=SpanKind.CLIENT, attributes=attributes).end()
    host.capture.writer.flush()
    collected = host._metrics.get_metrics_data()
    names = {
        metric.name for each in collected.resource_metrics for scope in each.scope_metrics for metric in scope.metrics
    }
    assert "db.client.operation.duration" in names


def test_a_processor_that_the_user_placed_is_given_its_work():
    provider = TracerProvider()
    first, placed = SpanProcessor(), TocsinSpanProcessor()
    provider.add_span_processor(first)
    provider.add_span_processor(placed)
    with provider.get_tracer("t").start_as_current_span("before installation"):
        pass
    ours = TocsinSpanProcessor(Recorder(Inbox(10), in_app=InApp(), service="s"), redaction=Redaction(Masker()))
    assert attach_span_processor(provider, ours)
    assert provider._active_span_processor._span_processors == (first, placed)
    assert (placed.recorder, placed.redaction) == (ours.recorder, ours.redaction)


def test_a_log_record_processor_that_the_user_placed_is_given_its_work():
    provider = LoggerProvider(shutdown_on_exit=False)
    placed = TocsinLogRecordProcessor()
    provider.add_log_record_processor(placed)
    provider.get_logger("l").emit(LogRecord(body="before installation"))
    ours = TocsinLogRecordProcessor(Recorder(Inbox(10), in_app=InApp(), service="s"), redaction=Redaction(Masker()))
    assert attach_log_record_processor(provider, ours)
    # In front of all, for exporters before it; where the user put it, for processors before it.
    assert provider._multi_log_record_processor._log_record_processors == (ours, placed)
    assert (placed.recorder, placed.redaction) == (None, ours.redaction)

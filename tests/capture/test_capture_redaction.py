"""What leaves the process is masked: whoever exports it, in whatever order they registered, and whatever it is."""

import logging

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, Status, StatusCode

from tocsin.capture import TocsinLogRecordProcessor, attach_log_record_processor
from tocsin.capture.redaction import MOST_NOTES, WITHHELD
from tocsin.guard import guard

JANE = "jane@example.com"
CARD = "4111 1111 1111 1111"


@pytest.fixture
def exported(host):
    """What several exporters got of one span; the host's own came first."""
    later = InMemorySpanExporter()
    host.tracer_provider.add_span_processor(SimpleSpanProcessor(later))

    def exported(name="work"):
        (span,) = [each for each in later.get_finished_spans() if each.name == name]
        first = host.spans()[name]
        assert (first.attributes, first.events, first.links, first.status.description) == (
            span.attributes,
            span.events,
            span.links,
            span.status.description,
        )
        return span

    return exported


def test_everything_on_a_span(host, exported):
    link = Link(SpanContext(1, 1, is_remote=True), {"from": JANE})
    with host.tracer.start_as_current_span("work", links=[link]) as span:
        span.set_attributes(
            {
                "url.full": "https://bob:pw@shop.example/?token=abc123&page=2",
                "db.query.text": "SELECT * FROM users WHERE name = 'Jane Doe' AND age > 41 -- why",
                "db.query.parameter.name": "Jane Doe",
                "http.request.header.authorization": ("Bearer abc",),
                "http.request.header.x-note": (f"from {JANE}",),
                "user.phone": "0301234567",
                "customer.card": 4111111111111111,
                "password": "hunter2",
                "note": f"{JANE} paid with {CARD}",
            }
        )
        span.add_event("mail", {"to": JANE})
        span.set_status(Status(StatusCode.ERROR, f"{JANE} did not answer"))
    span = exported()
    masked = dict(span.attributes)
    assert set(masked.pop("tocsin.masked")) == {
        "url.full:secret", "db.query.text:sql", "db.query.parameter.name:sql",
        "http.request.header.authorization:secret",
        "http.request.header.x-note:email", "user.phone:phone", "customer.card:card", "password:secret", "note:email",
        "note:card", "to:email", "from:email", "status.description:email",
    }  # fmt: skip
    assert {key: value for key, value in masked.items() if not key.startswith("tocsin.")} == {
        "url.full": "https://[secret]:[secret]@shop.example/?token=[secret]&page=2",
        "db.query.text": "SELECT * FROM users WHERE name = ? AND age > ? -- why",
        "db.query.parameter.name": "[sql]",
        "http.request.header.authorization": "[secret]",
        "http.request.header.x-note": ("from [email]",),
        "user.phone": "[phone]",
        "customer.card": "[card]",
        "password": "[secret]",
        "note": "[email] paid with [card]",
    }
    assert span.events[0].attributes == {"to": "[email]"}
    assert span.links[0].attributes == {"from": "[email]"}
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "[email] did not answer")


def test_the_name_of_a_span(host):
    with host.tracer.start_as_current_span(f"GET /users/{JANE}"):
        pass
    assert list(host.spans()) == ["GET /users/[email]"]


def test_a_clean_span_stays_as_it_is(host, exported):
    attributes = {
        "http.request.method": "GET",
        "url.path": "/orders/4711",
        "http.response.status_code": 200,
        "x": (1, 2),
    }
    with host.tracer.start_as_current_span("work", attributes=attributes):
        pass
    assert exported().attributes == attributes


def test_an_exception_on_its_span_and_in_the_store(host, exported):
    with pytest.raises(ValueError, match="jane"), host.tracer.start_as_current_span("work"):
        raise ValueError(f"no account for {JANE}")
    span = exported()
    event = span.events[0].attributes
    assert event["exception.message"] == "no account for [email]"
    assert JANE not in event["exception.stacktrace"]
    assert {"exception.message:email", "exception.stacktrace:email"} <= set(span.attributes["tocsin.masked"])
    occurrence = host.occurrence()
    assert occurrence.message == "no account for [email]"
    assert JANE not in occurrence.stacktrace
    assert occurrence.attributes["tocsin.masked"] == "exception.message:email, exception.stacktrace:email"
    (point,) = [point for point in host.metrics("tocsin.self.masked") if point.kind == "email"]
    assert point.value >= 4


def test_notes_are_bounded(host):
    with host.tracer.start_as_current_span("work", attributes={f"a{n}": JANE for n in range(50)}):
        pass
    assert len(host.spans()["work"].attributes["tocsin.masked"]) == MOST_NOTES


@pytest.mark.parametrize(
    ("body", "masked"),
    [
        (f"mail to {JANE}", "mail to [email]"),
        (
            {"to": JANE, "password": "x", "n": 1, "list": [CARD]},
            {"to": "[email]", "password": "[secret]", "n": 1, "list": ("[card]",)},
        ),
        (None, None),
        (17, 17),
    ],
)  # fmt: skip
def test_the_body_of_a_log_record(host, body, masked):
    later = InMemoryLogRecordExporter()
    host.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(later))
    record = LogRecord(body=body, attributes={"api_key": "abc"}, severity_number=SeverityNumber.INFO)
    host.logger_provider.get_logger("shop").emit(record)
    for exported in (host.logs()[0], later.get_finished_logs()[0].log_record):
        found = exported.body
        assert (tuple(found["list"]) if isinstance(found, dict) else found) == (
            masked["list"] if isinstance(masked, dict) else masked
        )
        if isinstance(masked, dict):
            assert {**found, "list": ()} == {**masked, "list": ()}
        assert exported.attributes["api_key"] == "[secret]"
        assert "api_key:secret" in exported.attributes["tocsin.masked"]


def test_a_logged_message(host, logger):
    logger.error("no account for %s", JANE, extra={"customer_email": JANE})
    (record,) = host.logs()
    assert record.body == "no account for [email]"
    assert record.attributes["customer_email"] == "[email]"
    assert host.occurrence().message == "no account for [email]"


def test_exporters_in_front_of_the_users_own_processor(host):
    """Where somebody placed our processor behind an exporter, that one sees what is masked as well."""
    from opentelemetry.sdk._logs import LoggerProvider

    provider, front = LoggerProvider(shutdown_on_exit=False), InMemoryLogRecordExporter()
    provider.add_log_record_processor(SimpleLogRecordProcessor(front))
    provider.add_log_record_processor(TocsinLogRecordProcessor())
    assert attach_log_record_processor(provider, host.capture.log_record_processor)
    provider.get_logger("shop").emit(LogRecord(body=JANE))
    assert [each.log_record.body for each in front.get_finished_logs()] == ["[email]"]


@pytest.mark.parametrize(
    "settings", [{"mask": False}, {"mask_ip": True}, {"mask_hash_key": "k" * 16}, {"masking": {"keys": ["message"]}}]
)
def test_no_setting_changes_a_fingerprint(start, tmp_path, settings):
    def fingerprint(host):
        with pytest.raises(ValueError, match="jane"), host.tracer.start_as_current_span("work"):
            raise ValueError(f"no account for {JANE} at 10.0.0.1")
        host.logger_provider.get_logger("shop").emit(LogRecord(body=JANE))
        (issue,) = host.issues()
        return issue.fingerprint

    usual = start()
    first = fingerprint(usual)
    usual.close()
    assert fingerprint(start(**settings)) == first


def test_a_hash_tells_how_many_there_were(start):
    host = start(mask_hash_key="0123456789abcdef")
    with host.tracer.start_as_current_span("work", attributes={"a": JANE, "b": JANE.upper(), "c": "bob@example.com"}):
        pass
    values = host.spans()["work"].attributes
    assert values["a"] == values["b"] != values["c"]
    assert values["a"].startswith("[email:")


def test_the_applications_own_rules(start):
    rules = {
        "keys": ["customer_*"],
        "keep_keys": ["user.email"],
        "keep": [r"\w+@example\.org"],
        "patterns": {"order": "ORD-\\d+"},
    }
    host = start(masking=rules)
    attributes = {"customer_name": "Jane", "user.email": JANE, "a": "bob@example.org", "b": "ORD-12 and ORD-13"}
    with host.tracer.start_as_current_span("work", attributes=attributes):
        pass
    masked = host.spans()["work"].attributes
    assert [masked[key] for key in attributes] == ["[secret]", JANE, "bob@example.org", "[order] and [order]"]


def shout(key, text):
    if key == "broken":
        raise KeyError(key)
    return text.replace("Jane", "[name]")


@pytest.fixture
def callback(monkeypatch):
    """The function above, where the application would have it."""
    import sys
    from types import SimpleNamespace

    monkeypatch.setitem(sys.modules, "shop_privacy", SimpleNamespace(shout=shout))
    return {"masking": {"callback": "shop_privacy:shout"}}


def test_a_callback_has_the_last_word(start, callback):
    host = start(**callback)
    with host.tracer.start_as_current_span("work", attributes={"note": f"Jane {JANE}"}):
        pass
    assert host.spans()["work"].attributes["note"] == "[name] [email]"


def test_where_a_callback_fails_the_text_is_withheld(start, callback, monkeypatch):
    monkeypatch.setattr(guard, "strict", False)
    host = start(**callback)
    with host.tracer.start_as_current_span("work", attributes={"broken": "Jane", "n": 1}):
        pass
    assert host.spans()["work"].attributes["broken"] == "[callback]"


def test_where_masking_fails_text_is_withheld(host, monkeypatch, logger):
    monkeypatch.setattr(guard, "strict", False)

    def fail(_values):
        raise RuntimeError

    monkeypatch.setattr(host.capture.span_processor.redaction.masker, "changes", fail)
    with host.tracer.start_as_current_span("work", attributes={"a": JANE, "n": 1}) as span:
        span.add_event("mail", {"to": JANE})
    logger.warning("mail to %s", JANE)
    exported = host.spans()["work"]
    assert (exported.attributes["a"], exported.attributes["n"]) == (WITHHELD, 1)
    assert exported.events[0].attributes["to"] == WITHHELD
    assert host.logs()[0].body == WITHHELD
    logging.getLogger("shop.cart").handlers.clear()

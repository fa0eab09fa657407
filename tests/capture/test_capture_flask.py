"""Failures of Flask requests: however many sightings, one occurrence, the same on every carrier."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

pytest.importorskip("flask")
pytest.importorskip("opentelemetry.instrumentation.flask")
pytest.importorskip("opentelemetry.instrumentation.logging")

from flask import Flask, abort
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.logging.handler import LoggingHandler


class PaymentError(Exception):
    pass


def make_app(host):  # noqa: C901  a view for each way to fail
    app = Flask("shop")
    app.logger.addHandler(LoggingHandler(logger_provider=host.logger_provider))
    FlaskInstrumentor().instrument_app(app, tracer_provider=host.tracer_provider)

    @app.get("/price/<text>")
    def price(text):
        return str(int(text))

    @app.get("/call")
    def call():
        with host.tracer.start_as_current_span("POST", kind=trace.SpanKind.CLIENT):
            raise ConnectionError("refused by jane@example.com")

    @app.get("/logged-and-raised")
    def logged_and_raised():
        try:
            return {}["key"]
        except KeyError:
            app.logger.exception("no key")
            app.logger.exception("really no key")
            raise

    @app.get("/translated")
    def translated():
        try:
            return {}["card"]
        except KeyError as error:
            app.logger.exception("no card")
            raise PaymentError("cannot pay") from error

    @app.get("/fallback-fails")
    def fallback_fails():
        try:
            return {}["cached"]
        except KeyError:
            app.logger.exception("not in the cache")
            return str(1 // int("0"))

    @app.get("/swallowed/<int:status>")
    def swallowed(status):
        error = PaymentError("no funds")
        error.status = status
        raise error

    @app.get("/handled")
    def handled():
        try:
            return str(int("none"))
        except ValueError:
            app.logger.exception("no number")
            return "0"

    @app.get("/abort/<int:status>")
    def aborting(status):
        abort(status)

    @app.get("/told")
    def told():
        try:
            return str(int("none"))
        except ValueError as error:
            trace.get_current_span().record_exception(error)
            return "0"

    @app.errorhandler(PaymentError)
    def on_payment_error(error):
        return "sorry", getattr(error, "status", 500)

    return app


@pytest.fixture
def client(host):
    app = make_app(host)
    yield app.test_client()
    app.logger.handlers.clear()
    FlaskInstrumentor().uninstrument_app(app)


def test_signal_log_client_span_and_server_span_tell_of_one_occurrence(host, client, issue_of):
    assert client.get("/call").status_code == 500
    server, inner, (record,) = host.spans()["GET /call"], host.spans()["POST"], host.logs()
    (issue,) = host.issues()
    assert (issue.count, issue.error_type, issue.handled, issue.severity) == (1, "ConnectionError", False, "error")
    assert issue.culprit.endswith("test_capture_flask in call")
    assert {issue_of(carrier)["fingerprint"] for carrier in (server, inner, record)} == {issue.fingerprint}
    assert [issue_of(carrier)["handled"] for carrier in (inner, record, server)] == [True, False, False]
    assert [len(span.events) for span in (server, inner)] == [1, 1]


def test_what_is_exported_is_masked_also_by_exporters_registered_before(host, client):
    client.get("/call")
    (record,) = host.logs()
    for span in host.spans().values():
        assert span.events[0].attributes["exception.message"] == "refused by [email]"
        assert span.status.description == "ConnectionError: refused by [email]"
        assert "jane" not in span.events[0].attributes["exception.stacktrace"]
    assert "jane" not in str(dict(record.attributes))
    occurrence = host.occurrence()
    assert occurrence.message == "refused by [email]"
    assert "jane" not in occurrence.stacktrace


def test_the_occurrence_knows_its_request(host, client):
    client.get("/price/cheap")
    occurrence = host.occurrence()
    context = host.spans()["GET /price/<text>"].context
    assert (occurrence.trace_id, occurrence.span_id) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")
    assert occurrence.attributes == {"http.request.method": "GET", "http.route": "/price/<text>"}
    assert (occurrence.release, occurrence.handled) == ("7", False)


def test_logged_twice_and_raised_again_is_one_occurrence_that_escaped(host, client, issue_of):
    assert client.get("/logged-and-raised").status_code == 500
    (issue,) = host.issues()
    assert (issue.title, issue.count, issue.handled, issue.severity) == ("KeyError: 'key'", 1, False, "error")
    records = [issue_of(record) for record in host.logs()]
    assert [record["fingerprint"] for record in records] == [issue.fingerprint] * 3
    # When it was logged for the first time, it might still have been handled.
    assert [record["handled"] for record in records] == [True, True, False]
    assert [record["severity"] for record in records] == ["warning", "warning", "error"]
    assert issue_of(host.spans()["GET /logged-and-raised"])["handled"] is False


def test_a_translated_error_is_the_occurrence_that_was_seen(host, client, issue_of):
    assert client.get("/translated").status_code == 500
    (issue,) = host.issues()
    assert (issue.count, issue.handled) == (1, False)
    assert issue_of(host.spans()["GET /translated"])["fingerprint"] == issue.fingerprint


def test_a_failure_while_another_was_dealt_with_is_another_occurrence(host, client, issue_of):
    assert client.get("/fallback-fails").status_code == 500
    counts = host.counts()
    assert counts == {"KeyError: 'cached'": 1, "ZeroDivisionError: integer division or modulo by zero": 1}
    handled = {issue.error_type: issue.handled for issue in host.issues()}
    assert handled == {"KeyError": True, "ZeroDivisionError": False}
    fingerprints = {issue.error_type: issue.fingerprint for issue in host.issues()}
    server = host.spans()["GET /fallback-fails"]
    assert issue_of(server)["fingerprint"] == fingerprints["ZeroDivisionError"]


def test_swallowed_and_answered_as_a_server_error_is_a_failure(host, client, issue_of):
    assert client.get("/swallowed/502").status_code == 502
    (issue,) = host.issues()
    assert (issue.title, issue.count, issue.handled) == ("PaymentError: no funds", 1, False)
    server = host.spans()["GET /swallowed/<int:status>"]
    assert issue_of(server)["fingerprint"] == issue.fingerprint
    assert [event.name for event in server.events] == ["exception"]


@pytest.mark.parametrize("path", ["/swallowed/409", "/abort/404", "/abort/400", "/nowhere"])
def test_an_answer_is_no_failure(host, client, path):
    client.get(path)
    assert host.issues() == []
    assert all(not span.events for span in host.spans().values())


def test_a_logged_error_is_handled(host, client, issue_of):
    assert client.get("/handled").data == b"0"
    (issue,) = host.issues()
    assert (issue.count, issue.handled, issue.severity) == (1, True, "info")
    (record,) = host.logs()
    assert issue_of(record) == issue_of(host.spans()["GET /handled"])


def test_what_the_application_records_on_its_request_is_handled(host, client, issue_of):
    assert client.get("/told").data == b"0"
    assert [(issue.count, issue.handled) for issue in host.issues()] == [(1, True)]
    assert issue_of(host.spans()["GET /told"])["handled"] is True


def test_what_a_handler_recorded_itself_is_not_recorded_again(host, client):
    app = client.application

    @app.get("/recorded")
    def recorded():
        raise OverflowError("too much")

    @app.errorhandler(OverflowError)
    def on_overflow(error):
        trace.get_current_span().record_exception(error)
        return "sorry", 500

    client.get("/recorded")
    assert [event.name for event in host.spans()["GET /recorded"].events] == ["exception"]
    assert [(issue.count, issue.handled) for issue in host.issues()] == [(1, False)]


def test_what_was_handled_does_not_hide_what_escaped(host, client, issue_of):
    app = client.application

    @app.errorhandler(500)
    def on_server_error(error):
        app.logger.error("the request failed")
        return "sorry", 500

    @app.teardown_request
    def tear_down(error):
        app.logger.error("and now this")

    client.get("/price/cheap")
    assert set(host.counts().values()) == {1}
    escaped = next(issue for issue in host.issues() if issue.error_type == "ValueError")
    assert issue_of(host.spans()["GET /price/<text>"])["fingerprint"] == escaped.fingerprint


def test_the_error_that_flask_wraps_for_a_handler_is_the_same(host, client):
    app = client.application

    @app.errorhandler(500)
    def on_server_error(error):
        app.logger.error("failed", exc_info=error)
        return "sorry", 500

    client.get("/price/cheap")
    assert list(host.counts().values()) == [1]


def test_a_trace_that_is_not_sampled_is_counted(start):
    host = start(sampler=ALWAYS_OFF)
    app = make_app(host)
    assert app.test_client().get("/price/cheap").status_code == 500
    assert app.test_client().get("/swallowed/500").status_code == 500
    assert host.spans() == {}
    assert sorted(host.counts().values()) == [1, 1]
    app.logger.handlers.clear()


def test_errors_are_counted_by_what_they_are(host, client):
    for path in ("/price/cheap", "/price/cheap", "/handled"):
        client.get(path)
    host.capture.writer.flush()
    points = host.metrics("tocsin.errors")
    counted = {(vars(point)["error.type"], vars(point)["tocsin.error.handled"]): point.value for point in points}
    assert counted == {("ValueError", False): 2, ("ValueError", True): 1}


def test_unhooked_it_sees_nothing(start):
    host = start(sampler=ALWAYS_OFF)
    app = make_app(host)
    host.capture.unhook()
    app.test_client().get("/price/cheap")
    app.test_client().get("/swallowed/500")
    assert host.issues() == []
    app.logger.handlers.clear()

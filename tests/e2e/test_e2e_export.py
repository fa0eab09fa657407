"""What leaves the process over OTLP, and that it names the issue in the store."""

import pytest

pytest.importorskip("flask")
pytest.importorskip("opentelemetry.instrumentation.flask")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

APP = """
from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/health")
def health():
    return "ok"


@app.get("/price/<text>")
def price(text):
    return str(int(text))


@app.get("/swallowed")
def swallowed():
    return {}["key"]


@app.get("/logged")
def logged():
    try:
        return str(int("nan, but who cares: jane@example.com"))
    except ValueError:
        app.logger.exception("no price")
        return "0"


@app.errorhandler(KeyError)
def on_key_error(error):
    return jsonify(error="sorry"), 500
"""


@pytest.fixture
def shop(workplace, listener, e2e):
    workplace.write("app.py", APP)
    port = e2e.free_port()
    process = workplace.start(
        "opentelemetry-instrument",
        *("flask", "--app", "app", "run", "--port", port),
        OTEL_TRACES_EXPORTER="otlp",
        OTEL_LOGS_EXPORTER="otlp",
        OTEL_METRICS_EXPORTER="otlp",
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
        OTEL_EXPORTER_OTLP_ENDPOINT=listener.url,
        OTEL_BSP_SCHEDULE_DELAY=100,
        OTEL_BLRP_SCHEDULE_DELAY=100,
        OTEL_METRIC_EXPORT_INTERVAL=500,
    )
    e2e.wait_until(e2e.answers(port), what="flask answers")
    process.port = port
    return process


def decoded(listener, path):
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    kinds = {
        "/v1/traces": ExportTraceServiceRequest,
        "/v1/logs": ExportLogsServiceRequest,
        "/v1/metrics": ExportMetricsServiceRequest,
    }
    for sent_to, _, body in list(listener.received):
        if sent_to == path:
            message = kinds[path]()
            message.ParseFromString(body)
            yield message


def attributes(item):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in item.attributes}


def spans(listener, name):
    return [
        span
        for request in decoded(listener, "/v1/traces")
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if span.name == name
    ]


def logs(listener, text):
    return [
        record
        for request in decoded(listener, "/v1/logs")
        for resource in request.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
        if text in record.body.string_value
    ]


def metrics(listener):
    return {
        metric.name: metric
        for request in decoded(listener, "/v1/metrics")
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def test_span_log_and_issue_have_the_same_fingerprint(shop, workplace, listener, e2e):
    assert e2e.request(shop.port, "/price/cheap")[0] == 500
    (span,) = e2e.wait_until(lambda: spans(listener, "GET /price/<text>"), what="the span")
    (record,) = e2e.wait_until(lambda: logs(listener, "Exception on /price/cheap"), what="the log record")
    (issue,) = e2e.wait_until(workplace.issues, what="the issue")
    expected = {
        "tocsin.error.fingerprint": issue.fingerprint,
        "tocsin.error.category": "validation",
        "tocsin.error.severity": "error",
        "tocsin.error.handled": False,
        "tocsin.error.culprit": issue.culprit,
        "tocsin.error.new": True,
    }
    assert {key: attributes(span).get(key) for key in expected} == expected
    assert {key: attributes(record).get(key) for key in expected} == expected
    assert (issue.count, issue.error_type, issue.handled) == (1, "ValueError", False)
    assert issue.culprit.endswith("app in price")
    (occurrence,) = workplace.store().issues.occurrences(issue.id)
    assert occurrence.trace_id == span.trace_id.hex()
    assert "return str(int(text))" in occurrence.stacktrace
    assert occurrence.attributes == {"http.request.method": "GET", "http.route": "/price/<text>"}


def test_an_error_that_a_broad_handler_swallows_is_seen(shop, workplace, listener, e2e):
    assert e2e.request(shop.port, "/swallowed") == (500, b'{"error":"sorry"}\n')
    (span,) = e2e.wait_until(lambda: spans(listener, "GET /swallowed"), what="the span")
    (issue,) = e2e.wait_until(workplace.issues, what="the issue")
    assert attributes(span)["tocsin.error.fingerprint"] == issue.fingerprint
    assert [event.name for event in span.events] == ["exception"]
    assert (issue.title, issue.handled) == ("KeyError: 'key'", False)


def test_a_logged_error_is_handled_and_masked(shop, workplace, listener, e2e):
    assert e2e.request(shop.port, "/logged") == (200, b"0")
    (record,) = e2e.wait_until(lambda: logs(listener, "no price"), what="the log record")
    (issue,) = e2e.wait_until(workplace.issues, what="the issue")
    assert attributes(record)["tocsin.error.fingerprint"] == issue.fingerprint
    assert (issue.count, issue.handled) == (1, True)
    assert "jane@example.com" not in attributes(record)["exception.message"]
    assert "[email]" in attributes(record)["exception.stacktrace"]
    assert "[email]" in workplace.store().issues.occurrences(issue.id)[0].message


def test_errors_are_counted_in_the_applications_own_metrics(shop, listener, e2e):
    for _ in range(3):
        e2e.request(shop.port, "/price/cheap")

    def counted():
        errors = metrics(listener).get("tocsin.errors")
        return errors and sum(point.as_int for point in errors.sum.data_points) == 3

    e2e.wait_until(counted, what="tocsin.errors is 3")
    assert "process.memory.usage" in metrics(listener)


def test_one_line_says_what_is_on(shop, workplace):
    (line,) = shop.said()
    assert "service shop" in line
    assert "flask" in line
    assert str(workplace.store_path) in line

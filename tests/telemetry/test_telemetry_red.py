import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import SpanKind, Status, StatusCode

from tocsin.telemetry import BatchReader, Durations, Measurement, Series, measurement_of, samples
from tocsin.telemetry.durations import ATTRIBUTE_SETS, VALUES

SECOND = 1_000_000_000


class Ended(SpanProcessor):
    def __init__(self):
        self.spans = []

    def on_end(self, span):
        self.spans.append(span)


@pytest.fixture
def ended():
    return Ended()


@pytest.fixture
def tracing(ended):
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(ended)
    return provider


@pytest.fixture
def span_of(tracing, ended):
    """An ended span of the instrumentation `scope` that took a quarter of a second."""

    def make(scope, kind, attributes, *, exception=None, status=None):
        tracer = tracing.get_tracer(f"opentelemetry.instrumentation.{scope}")
        span = tracer.start_span("x", kind=kind, attributes=attributes, start_time=SECOND)
        if exception:
            span.record_exception(exception)
        if exception or status:
            span.set_status(Status(StatusCode.ERROR))
        span.end(SECOND + SECOND // 4)
        return ended.spans[-1]

    return make


@pytest.fixture
def batches():
    return []


@pytest.fixture
def reader(batches):
    return BatchReader(batches.append)


@pytest.fixture
def recorder(reader):
    provider = MeterProvider([reader], resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
    return Durations(provider.get_meter("test"))


OLD_QUERY = {"db.system": "postgresql", "db.name": "shop", "db.statement": "SELECT 1", "net.peer.name": "db-1"}
NEW_QUERY = {
    "db.system.name": "postgresql",
    "db.namespace": "shop",
    "db.operation.name": "SELECT shop",
    "db.query.text": "SELECT 1",
    "server.address": "db-1",
}
QUERY = {
    "db.system.name": "postgresql",
    "db.namespace": "shop",
    "db.operation.name": "SELECT",
    "server.address": "db-1",
}


@pytest.mark.parametrize("attributes", [OLD_QUERY, NEW_QUERY])
def test_sqlalchemy_is_measured_under_either_convention(span_of, attributes):
    measurement = told(span_of("sqlalchemy", SpanKind.CLIENT, attributes))
    assert measurement == ("db.client.operation.duration", 0.25, QUERY)


def test_a_driver_is_measured_unless_it_measures_itself(span_of):
    assert told(span_of("psycopg2", SpanKind.CLIENT, OLD_QUERY))[2] == QUERY
    assert measurement_of(span_of("psycopg2", SpanKind.CLIENT, NEW_QUERY)) is None
    assert measurement_of(span_of("psycopg2", SpanKind.CLIENT, OLD_QUERY | NEW_QUERY)) is None


@pytest.mark.parametrize(
    ("statement", "operation"),
    [
        ("/* a */ /* b */ UPDATE t", "UPDATE"),
        ("\n WITH x AS (", "WITH"),
        ("(SELECT 1) UNION", "SELECT"),
        ("GET ?", "GET"),
    ],
)
def test_an_operation_is_the_first_word_of_the_statement(span_of, statement, operation):
    span = span_of("redis", SpanKind.CLIENT, {"db.system": "redis", "db.statement": statement})
    assert told(span)[2]["db.operation.name"] == operation


def test_celery_tasks_are_measured_with_the_type_of_their_error(span_of):
    attributes = {"celery.task_name": "shop.pay", "messaging.destination": "celery", "celery.state": "FAILURE"}
    measurement = told(span_of("celery", SpanKind.CONSUMER, attributes, exception=KeyError("x")))
    assert measurement == (
        "messaging.process.duration",
        0.25,
        {
            "messaging.system": "celery",
            "messaging.operation.name": "process",
            "messaging.destination.name": "celery",
            "celery.task_name": "shop.pay",
            "error.type": "KeyError",
        },
    )
    assert measurement_of(span_of("celery", SpanKind.PRODUCER, attributes)) is None


def test_httpx_is_measured_only_where_it_got_no_response(span_of):
    request = {"http.request.method": "GET", "server.address": "api", "server.port": 443}
    failed = told(span_of("httpx", SpanKind.CLIENT, request, exception=ConnectionError()))
    assert failed[0] == "http.client.request.duration"
    assert failed[2] == {**request, "error.type": "ConnectionError"}
    assert measurement_of(span_of("httpx", SpanKind.CLIENT, {**request, "http.response.status_code": 200})) is None


def test_httpx_is_measured_under_the_old_conventions_for_it_does_not_say_whom_it_calls(span_of):
    request = {"http.method": "GET", "http.url": "https://api:8443/a?b", "http.status_code": 200}
    assert told(span_of("httpx", SpanKind.CLIENT, request))[2] == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "server.address": "api",
        "server.port": 8443,
    }


def test_flask_is_measured_where_it_got_no_response_under_its_conventions(span_of):
    old = {"http.method": "GET", "http.scheme": "http", "http.route": "/a", "http.target": "/a?b"}
    new = {"http.request.method": "GET", "url.scheme": "http", "http.route": "/a"}
    failed = told(span_of("flask", SpanKind.SERVER, old, exception=KeyError()))
    assert failed == (
        "http.server.duration",
        0.25,
        {"http.method": "GET", "http.scheme": "http", "http.target": "/a", "error.type": "KeyError"},
    )
    for attributes in (new, old | new):
        failed = told(span_of("flask", SpanKind.SERVER, attributes, exception=KeyError()))
        assert failed == ("http.server.request.duration", 0.25, {**new, "error.type": "KeyError"})
    assert measurement_of(span_of("flask", SpanKind.SERVER, {**old, "http.status_code": 500})) is None


def test_the_old_conventions_count_milliseconds(recorder, reader, batches):
    recorder.record([Measurement(Series("http.server.duration", {"http.method": "GET"}), 0.25)])
    reader.collect()
    values = {dict(labels)["__name__"]: value for labels, _, value in samples(batches[0])}
    assert values["http_server_duration_milliseconds_sum"] == 250


def test_an_instrumentation_without_metrics_of_its_own_gets_the_stable_ones(span_of):
    request = {
        "http.request.method": "GET",
        "http.route": "/a",
        "url.scheme": "https",
        "http.response.status_code": 503,
    }
    measurement = told(span_of("homemade", SpanKind.SERVER, request, status=True))
    assert measurement == ("http.server.request.duration", 0.25, {**request, "error.type": "503"})


@pytest.mark.parametrize("statement", ["/**/" * 50_000 + "!", "/*" * 50_000, "(" * 50_000, ""])
def test_a_statement_without_a_word_is_no_operation_and_takes_no_time(span_of, statement):
    assert measurement_of(span_of("redis", SpanKind.CLIENT, {"db.system": "redis", "db.statement": statement})) is None


@pytest.mark.parametrize("scope", ["fastapi", "django", "asgi", "wsgi", "requests", "urllib3", "aiohttp_client"])
def test_nothing_is_measured_twice(span_of, scope):
    assert measurement_of(span_of(scope, SpanKind.SERVER, {"http.method": "GET", "http.status_code": 200})) is None


def test_what_is_no_request_is_not_measured(span_of):
    assert measurement_of(span_of("homemade", SpanKind.INTERNAL, {"http.method": "GET"})) is None
    assert measurement_of(span_of("grpc", SpanKind.SERVER, {"rpc.system": "grpc"})) is None
    assert measurement_of(span_of("sqlalchemy", SpanKind.CLIENT, {"db.system": "sqlite"})) is None


def test_a_failure_without_a_name_is_other(span_of):
    assert told(span_of("sqlalchemy", SpanKind.CLIENT, OLD_QUERY, status=True))[2] == {
        **QUERY,
        "error.type": "_OTHER",
    }


def told(span):
    """Instrument, seconds and attributes."""
    series, seconds = measurement_of(span)
    return series.instrument, seconds, series.attributes


def of_series(batch, name):
    return [dict(labels) for labels, _, _ in samples(batch) if ("__name__", name) in labels]


def test_the_number_of_values_is_bounded(recorder, reader, batches):
    for n in range(VALUES + 50):
        recorder.record([Measurement(Series("messaging.process.duration", {"celery.task_name": f"task-{n}"}), 0.1)])
    reader.collect()
    names = {labels["celery_task_name"] for labels in of_series(batches[0], "messaging_process_duration_seconds_count")}
    assert len(names) == VALUES + 1
    assert "other" in names


def test_the_number_of_series_is_bounded(recorder, reader, batches):
    for n in range(ATTRIBUTE_SETS + 50):
        attributes = {"server.address": f"h{n % VALUES}", "db.namespace": f"d{n // VALUES}"}
        recorder.record([Measurement(Series("db.client.operation.duration", attributes), 0.1)])
    reader.collect()
    series = of_series(batches[0], "db_client_operation_duration_seconds_count")
    assert len(series) == ATTRIBUTE_SETS + 1
    assert sum(labels.get("otel_metric_overflow") == "true" for labels in series) == 1


def test_sqlalchemy_for_real(tracing, ended, recorder, reader, batches):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.sqlalchemy")
    engine = sqlalchemy.create_engine("sqlite://")
    instrumentor = instrumentation.SQLAlchemyInstrumentor()
    instrumentor.instrument(engine=engine, tracer_provider=tracing)
    try:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT 1"))
            with pytest.raises(sqlalchemy.exc.OperationalError):
                connection.execute(sqlalchemy.text("SELECT * FROM missing"))
    finally:
        instrumentor.uninstrument()
        engine.dispose()
    if not ended.spans:
        pytest.skip(f"SQLAlchemy {sqlalchemy.__version__} is not supported by its instrumentation")
    recorder.record(filter(None, map(measurement_of, ended.spans)))
    reader.collect()
    series = of_series(batches[0], "db_client_operation_duration_seconds_count")
    assert [(one["db_system_name"], one["db_operation_name"], one.get("error_type")) for one in series] == [
        ("sqlite", "SELECT", None),
        ("sqlite", "SELECT", "_OTHER"),
    ]


def test_celery_for_real(tracing, ended, recorder, reader, batches):
    celery = pytest.importorskip("celery")
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.celery")
    app = celery.Celery("shop", set_as_current=False)
    instrumentor = instrumentation.CeleryInstrumentor()
    instrumentor.instrument(tracer_provider=tracing)

    @app.task(name="shop.pay")
    def pay():
        return 1 / 0

    try:
        pay.apply()
    finally:
        instrumentor.uninstrument()
    recorder.record(filter(None, map(measurement_of, ended.spans)))
    reader.collect()
    (series,) = of_series(batches[0], "messaging_process_duration_seconds_count")
    assert (series["celery_task_name"], series["error_type"]) == ("shop.pay", "ZeroDivisionError")

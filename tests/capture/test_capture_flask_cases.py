"""Each way in which a Flask request fails is one occurrence; what a client got wrong is none."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, TraceIdRatioBased

pytest.importorskip("flask")
pytest.importorskip("opentelemetry.instrumentation.flask")
pytest.importorskip("opentelemetry.instrumentation.logging")

import flask
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.instrumentation.version import __version__ as instrumentation_version

from tocsin.store import Store


class StockError(Exception):
    pass


@pytest.fixture
def serve():
    """An instrumented application, the way it is called by a server: a function from a path to a status."""
    apps = []

    def serve(host, build):
        app = flask.Flask("shop")
        app.logger.addHandler(LoggingHandler(logger_provider=host.logger_provider))
        FlaskInstrumentor().instrument_app(
            app, tracer_provider=host.tracer_provider, meter_provider=host.meter_provider
        )
        build(app)
        apps.append(app)
        return lambda path="/", **options: app.test_client().get(path, **options).status_code

    yield serve
    for app in apps:
        app.logger.handlers.clear()
        FlaskInstrumentor().uninstrument_app(app)


def fail(*_):
    raise StockError("out of stock")


def unhandled(app):
    app.get("/")(fail)


def handler_of_500(app):
    unhandled(app)
    app.errorhandler(500)(lambda _: ("sorry", 500))


def handler_of_500_that_logs_it(app):
    unhandled(app)

    @app.errorhandler(500)
    def handle(error):
        app.logger.error("failed", exc_info=error.original_exception)
        return "sorry", 500


def broad_handler(app):
    unhandled(app)
    app.errorhandler(Exception)(lambda _: ("sorry", 503))


def broad_handler_that_logs(app):
    unhandled(app)

    @app.errorhandler(Exception)
    def handle(error):
        app.logger.exception("failed")  # noqa: LOG004  it is called in one
        return "sorry", 500


def broad_handler_that_aborts(app):
    unhandled(app)

    @app.errorhandler(StockError)
    def handle(error):
        flask.abort(500)


def handler_that_fails_again(app):
    unhandled(app)
    app.errorhandler(500)(fail)


def blueprint_handler(app):
    blueprint = flask.Blueprint("cart", "cart")
    blueprint.get("/")(fail)
    blueprint.errorhandler(StockError)(lambda _: ("sorry", 500))
    app.register_blueprint(blueprint)


def blueprint_handler_of_the_app(app):
    blueprint = flask.Blueprint("cart", "cart")
    blueprint.get("/")(fail)
    blueprint.app_errorhandler(Exception)(lambda _: ("sorry", 500))
    app.register_blueprint(blueprint)


def async_view(app):
    pytest.importorskip("asgiref")

    @app.get("/")
    async def view():
        fail()


def async_view_with_broad_handler(app):
    async_view(app)

    @app.errorhandler(Exception)
    async def handle(error):
        return "sorry", 500


def before_request(app):
    app.get("/")(lambda: "fine")
    app.before_request(fail)


def after_request(app):
    app.get("/")(lambda: "fine")
    app.after_request(fail)


def logged_and_answered(app):
    @app.get("/")
    def view():
        try:
            fail()
        except StockError:
            app.logger.exception("failed")
            return "sorry", 500


def aborted_because_of_it(app):
    @app.get("/")
    def view():
        try:
            fail()
        except StockError:
            flask.abort(500)


def inner_middleware(app):
    app.get("/")(lambda: "fine")
    app.wsgi_app = fail


WITH_AN_EXCEPTION = [
    unhandled,
    handler_of_500,
    handler_of_500_that_logs_it,
    broad_handler,
    broad_handler_that_logs,
    broad_handler_that_aborts,
    blueprint_handler,
    blueprint_handler_of_the_app,
    async_view,
    async_view_with_broad_handler,
    before_request,
    after_request,
    logged_and_answered,
    aborted_because_of_it,
]


def named(function):
    return getattr(function, "__name__", str(function))


@pytest.mark.parametrize("sampler", [None, ALWAYS_OFF, TraceIdRatioBased(0.5)], ids=["on", "off", "ratio"])
@pytest.mark.parametrize("build", WITH_AN_EXCEPTION, ids=named)
def test_one_occurrence_with_type_and_frames(start, serve, issue_of, build, sampler):
    host = start(sampler=sampler)
    assert serve(host, build)() >= 500
    (issue,) = host.issues()
    assert (issue.title, issue.count, issue.handled) == ("StockError: out of stock", 1, False)
    assert issue.culprit.endswith("in fail")
    assert "in fail" in host.occurrence().stacktrace
    for span in host.spans().values():
        assert issue_of(span)["fingerprint"] == issue.fingerprint
        assert issue_of(span)["handled"] is False


def teardown_request(app):
    app.get("/")(lambda: "fine")
    app.teardown_request(fail)


def teardown_appcontext(app):
    app.get("/")(lambda: "fine")
    app.teardown_appcontext(fail)


def propagated(app):
    unhandled(app)
    app.config["PROPAGATE_EXCEPTIONS"] = True


@pytest.mark.parametrize(
    "build",
    [teardown_request, teardown_appcontext, inner_middleware, propagated, handler_that_fails_again],
    ids=named,
)
def test_what_leaves_the_application_is_one_occurrence(host, serve, build):
    call = serve(host, build)
    with pytest.raises(StockError):
        call()
    assert [(issue.title, issue.count, issue.handled) for issue in host.issues()] == [
        ("StockError: out of stock", 1, False)
    ]


@pytest.mark.parametrize("with_context", [False, True])
@pytest.mark.parametrize("sampler", [None, ALWAYS_OFF])
def test_a_stream_that_fails_half_way(start, serve, with_context, sampler):
    host = start(sampler=sampler)

    def chunks():
        yield "first"
        fail()

    def build(app):
        @app.get("/stream")
        def view():
            return flask.Response(flask.stream_with_context(chunks()) if with_context else chunks())

    call = serve(host, build)
    with pytest.raises(StockError):
        call("/stream", buffered=True)
    (issue,) = host.issues()
    assert (issue.title, issue.count, issue.handled) == ("StockError: out of stock", 1, False)
    occurrence = host.occurrence()
    assert occurrence.attributes["http.route"] == "/stream"
    assert (occurrence.trace_id != "") is True


def test_a_stream_is_sent_and_closed_as_without_us(host, serve):
    closed = []

    class Body:
        def __iter__(self):
            yield b"a"
            yield b"b"

        def close(self):
            closed.append(True)

    def build(app):
        app.get("/")(lambda: flask.Response(Body()))

    serve(host, build)
    app = build_alone(build)
    response = app.test_client().get("/")
    assert response.data == b"ab"
    response.close()
    assert closed == [True]
    app.test_client().head("/").close()
    assert closed == [True, True]
    assert host.issues() == []


def build_alone(build):
    app = flask.Flask("alone")
    build(app)
    return app


def aborted(app):
    app.get("/x/<int:number>")(lambda number: flask.abort(500))


def returned(app):
    app.get("/x/<int:number>")(lambda number: ("sorry", 500))


def aborted_with_handler(app):
    aborted(app)
    app.errorhandler(500)(lambda _: ("sorry", 500))


def aborted_with_broad_handler(app):
    aborted(app)
    app.errorhandler(Exception)(lambda _: ("sorry", 500))


@pytest.mark.parametrize("sampler", [None, ALWAYS_OFF], ids=["on", "off"])
@pytest.mark.parametrize("build", [aborted, returned, aborted_with_handler, aborted_with_broad_handler], ids=named)
def test_an_answer_without_exception_is_one_occurrence_of_its_route_and_status(start, serve, issue_of, build, sampler):
    host = start(sampler=sampler)
    call = serve(host, build)
    assert (call("/x/1"), call("/x/2")) == (500, 500)
    (issue,) = host.issues()
    assert (issue.title, issue.error_type, issue.culprit) == ("500 at /x/<int:number>", "500", "/x/<int:number>")
    assert (issue.count, issue.handled, issue.category, issue.severity) == (2, False, "internal", "error")
    for span in host.spans().values():
        assert issue_of(span)["fingerprint"] == issue.fingerprint
    newest, *_ = host.store.issues.occurrences(issue.id)
    assert newest.attributes == {
        "http.request.method": "GET",
        "http.route": "/x/<int:number>",
        "http.response.status_code": "500",
    }


def test_another_status_and_another_route_are_other_issues(host, serve):
    def build(app):
        app.get("/a/<int:status>")(lambda status: ("sorry", status))
        app.get("/b", endpoint="b")(lambda: ("sorry", 500))

    call = serve(host, build)
    for path in ("/a/500", "/a/502", "/b"):
        call(path)
    assert len(host.issues()) == 3


def a_message(app):
    @app.get("/")
    def view():
        app.logger.error("the warehouse does not answer")
        return "sorry", 503


def test_an_error_that_was_logged_explains_the_answer(host, serve):
    serve(host, a_message)()
    assert [(issue.title, issue.count, issue.handled) for issue in host.issues()] == [
        ("the warehouse does not answer", 1, False)
    ]


def client_errors(app):
    @app.get("/<int:status>")
    def view(status):
        flask.abort(status)

    @app.get("/validation")
    def validate():
        raise ValueError("not a number")

    @app.get("/key")
    def key():
        return flask.request.form["missing"]

    @app.errorhandler(ValueError)
    def on_error(error):
        return "wrong", 422


CLIENT_ERRORS = ["/404", "/400", "/401", "/403", "/validation", "/key", "/no/such/page"]


@pytest.mark.parametrize("path", CLIENT_ERRORS)
def test_what_a_client_got_wrong_is_no_issue_but_a_request(host, serve, path):
    status = serve(host, client_errors)(path)
    assert 400 <= status < 500
    assert host.issues() == []
    collected = host._metrics.get_metrics_data()
    (duration,) = [
        metric
        for resource in collected.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "http.server.duration"
    ]
    assert [(point.count, point.attributes["http.status_code"]) for point in duration.data.data_points] == [(1, status)]


@pytest.mark.parametrize("path", CLIENT_ERRORS)
def test_unless_it_is_asked_for(start, serve, path):
    host = start(failed_requests=400)
    serve(host, client_errors)(path)
    (issue,) = host.issues()
    assert (issue.count, issue.handled) == (1, True)
    assert issue.error_type == ("ValueError" if path == "/validation" else issue.title[:3])


@pytest.mark.parametrize(("build", "issues"), [(unhandled, 1), (broad_handler, 0), (aborted, 0)], ids=named)
def test_answers_can_be_no_issues_at_all(start, serve, build, issues):
    host = start(failed_requests=None)
    call = serve(host, build)
    call("/x/1")
    call("/")
    assert len(host.issues()) == issues


def test_a_request_within_a_request_fails_it_once(host, serve):
    inner = build_alone(unhandled)

    def build(app):
        @app.get("/")
        def view():
            return "sorry", inner.test_client().get("/").status_code

    assert serve(host, build)() == 500
    assert host.counts() == {"StockError: out of stock": 1}


def test_two_requests_of_one_context_are_two(host, serve):
    call = serve(host, unhandled)
    call()
    call()
    assert host.counts() == {"StockError: out of stock": 2}


@pytest.mark.parametrize("orderly", [SystemExit, KeyboardInterrupt])
def test_what_ends_the_server_is_no_failure(host, serve, orderly):
    def build(app):
        @app.get("/")
        def view():
            raise orderly

    call = serve(host, build)
    with pytest.raises(orderly):
        call()
    assert host.issues() == []


def test_the_class_is_given_back(start):
    before = dict(vars(flask.app.Flask))
    host = start()
    assert dict(vars(flask.app.Flask)) != before
    host.capture.unhook()
    assert dict(vars(flask.app.Flask)) == before


DEBUGGED = """
from flask import Flask

app = Flask(__name__)


@app.get("/fail")
def view():
    raise LookupError("out of stock")


@app.get("/stream")
def stream():
    def chunks():
        yield "a"
        raise LookupError("half-way")
    return chunks()


@app.get("/abort")
def abort():
    return "sorry", 500


if __name__ == "__main__":
    app.run(port=PORT, debug=DEBUG, use_reloader=DEBUG)
"""


#: Older launchers leave the interpreters that a process starts alone: the reloader's child is one.
INHERITED = tuple(map(int, re.findall(r"\d+", instrumentation_version)[:2])) >= (0, 66)


@pytest.mark.parametrize(
    "debug",
    [
        pytest.param(True, marks=pytest.mark.skipif(not INHERITED, reason="newer launchers instrument children")),
        False,
    ],
)
def test_the_development_server_with_debugger_and_reloader(tmp_path, debug):
    port = free_port()
    script = tmp_path / "serve.py"
    script.write_text(DEBUGGED.replace("PORT", str(port)).replace("DEBUG", str(debug)))
    store = Store(tmp_path / "tocsin.db")
    environment = os.environ | {
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_SERVICE_NAME": "shop",
        "TOCSIN_STORE": str(store.path),
        "TOCSIN_FLUSH_INTERVAL": "50ms",
        "TOCSIN_EVALUATE": "false",
    }
    command = [str(Path(sys.executable).parent / "opentelemetry-instrument"), sys.executable, str(script)]
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for path in ("/fail", "/stream", "/abort"):
            fetch(f"http://127.0.0.1:{port}{path}")
        found = wait_for(lambda: len(store.issues.recent()) >= 3 and store.issues.recent(), server)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
    assert sorted((issue.title, issue.count, issue.handled) for issue in store.issues.recent()) == [
        ("500 at /abort", 1, False),
        ("LookupError: half-way", 1, False),
        ("LookupError: out of stock", 1, False),
    ], found


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url):
    """Whatever is answered, once the server is up."""
    deadline = time.monotonic() + 40
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return response.read()
        except HTTPError as error:
            return error.read()
        except OSError as error:
            if isinstance(error, ConnectionResetError) or time.monotonic() > deadline:
                return None
            time.sleep(0.05)
        except Exception:  # noqa: BLE001  what is cut off half-way
            return None


def wait_for(condition, server):
    deadline = time.monotonic() + 20
    while not (found := condition()):
        assert server.poll() is None
        if time.monotonic() > deadline:
            return found
        time.sleep(0.05)
    return found

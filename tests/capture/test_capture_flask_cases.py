"""Each way in which a Flask request fails is one occurrence; what a client got wrong is none."""

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, TraceIdRatioBased

pytest.importorskip("flask")
pytest.importorskip("opentelemetry.instrumentation.flask")
pytest.importorskip("opentelemetry.instrumentation.logging")

import flask


class StockError(Exception):
    pass


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
def test_one_occurrence_with_type_and_frames(start, serve_flask, issue_of, build, sampler):
    host = start(sampler=sampler)
    assert serve_flask(host, build)() >= 500
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
def test_what_leaves_the_application_is_one_occurrence(host, serve_flask, build):
    call = serve_flask(host, build)
    with pytest.raises(StockError):
        call()
    assert [(issue.title, issue.count, issue.handled) for issue in host.issues()] == [
        ("StockError: out of stock", 1, False)
    ]


@pytest.mark.parametrize("with_context", [False, True])
@pytest.mark.parametrize("sampler", [None, ALWAYS_OFF])
def test_a_stream_that_fails_half_way(start, serve_flask, with_context, sampler):
    host = start(sampler=sampler)

    def chunks():
        yield "first"
        fail()

    def build(app):
        @app.get("/stream")
        def view():
            return flask.Response(flask.stream_with_context(chunks()) if with_context else chunks())

    call = serve_flask(host, build)
    with pytest.raises(StockError):
        call("/stream", buffered=True)
    (issue,) = host.issues()
    assert (issue.title, issue.count, issue.handled) == ("StockError: out of stock", 1, False)
    occurrence = host.occurrence()
    assert occurrence.attributes["http.route"] == "/stream"
    assert (occurrence.trace_id != "") is True


def test_a_stream_is_sent_and_closed_as_without_us(host, serve_flask):
    closed = []

    class Body:
        def __iter__(self):
            yield b"a"
            yield b"b"

        def close(self):
            closed.append(True)

    def build(app):
        app.get("/")(lambda: flask.Response(Body()))

    serve_flask(host, build)
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


def test_a_request_within_a_request_fails_it_once(host, serve_flask):
    inner = build_alone(unhandled)

    def build(app):
        @app.get("/")
        def view():
            return "sorry", inner.test_client().get("/").status_code

    assert serve_flask(host, build)() == 500
    assert host.counts() == {"StockError: out of stock": 1}


def test_two_requests_of_one_context_are_two(host, serve_flask):
    call = serve_flask(host, unhandled)
    call()
    call()
    assert host.counts() == {"StockError: out of stock": 2}

"""Requests that no framework's hook tells of: applications of bare WSGI and ASGI, and telemetry without events."""

import asyncio
import contextlib
from types import SimpleNamespace
from wsgiref.util import setup_testing_defaults

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

pytest.importorskip("opentelemetry.instrumentation.asgi")
pytest.importorskip("opentelemetry.instrumentation.wsgi")

from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware as Asgi
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware as Wsgi

from tocsin.capture.patch import patch
from tocsin.config import load


class StockError(Exception):
    pass


def fail():
    raise StockError("out of stock")


def answering(status):
    def wsgi(environ, start_response):
        start_response(f"{status} Said", [])
        return [b"sorry"]

    async def asgi(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"sorry"})

    return wsgi, asgi


def raising():
    def wsgi(environ, start_response):
        fail()

    async def asgi(scope, receive, send):
        fail()

    return wsgi, asgi


def failing_half_way():
    def wsgi(environ, start_response):
        start_response("200 OK", [])
        yield b"first"
        fail()

    async def asgi(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        fail()

    return wsgi, asgi


@pytest.fixture(params=["wsgi", "asgi"])
def serve(request, host):
    providers = {"tracer_provider": host.tracer_provider, "meter_provider": host.meter_provider}

    def serve(applications):
        wsgi, asgi = applications
        with contextlib.suppress(StockError):
            if request.param == "wsgi":
                call_wsgi(Wsgi(wsgi, **providers))
            else:
                asyncio.run(call_asgi(Asgi(asgi, **providers)))
        return [(issue.title, issue.count, issue.handled) for issue in host.issues()]

    return serve


def call_wsgi(app):
    environ = {}
    setup_testing_defaults(environ)
    with contextlib.closing(app(environ, lambda *_: None)) as body:
        list(body)


async def call_asgi(app):
    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        pass

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "scheme": "http"}
    await app(scope | {"server": ("shop", 80), "client": ("127.0.0.1", 1), "http_version": "1.1"}, receive, send)


def test_an_answer(host, serve, issue_of):
    assert serve(answering(503)) == [("503 at no route", 1, False)]
    (server,) = [span for span in host._spans.get_finished_spans() if span.kind is SpanKind.SERVER]
    assert issue_of(server)["fingerprint"] == host.issues()[0].fingerprint


@pytest.mark.parametrize("status", [200, 302, 404])
def test_other_answers(serve, status):
    assert serve(answering(status)) == []


@pytest.mark.parametrize("applications", [raising, failing_half_way], ids=lambda each: each.__name__)
def test_an_exception(serve, applications):
    assert serve(applications()) == [("StockError: out of stock", 1, False)]


def test_a_span_that_names_the_exception_which_leaves_it(host, issue_of):
    with pytest.raises(StockError):
        traced(host.tracer, {"error.type": f"{__name__}.StockError"})
    assert host.counts() == {"StockError: out of stock": 1}
    assert issue_of(host.spans()["work"])["handled"] is False


def test_a_span_that_names_another(host):
    with pytest.raises(StockError):
        traced(host.tracer, {"error.type": "OtherError"})
    assert host.issues() == []


def traced(tracer, attributes):
    """A request in the telemetry of a framework that writes no events."""
    span = tracer.start_span("work", kind=SpanKind.SERVER)
    with trace.use_span(span, record_exception=False, set_status_on_exception=False):
        try:
            fail()
        except StockError:
            span.set_attributes(attributes)
            span.set_status(Status(StatusCode.ERROR))
            span.end()
            raise


@pytest.mark.parametrize(("value", "read"), [("none", None), ("400", 400), ("503", 503)])
@pytest.mark.parametrize("name", ["failed_requests", "failed_calls"])
def test_what_fails_is_set_by_a_status(name, value, read):
    settings = load(environ={f"TOCSIN_{name.upper()}": value})
    assert (getattr(settings.config, name), settings.problems) == (read, ())


@pytest.mark.parametrize("value", ["200", "600", "all", ""])
def test_which_is_one_of_an_error(value):
    problems = load({"failed_requests": value}, environ={}).problems
    assert [problem.fix for problem in problems] == ["must be an HTTP status from 400 to 599, or none"]


class TestPatch:
    def wrap(self, wrapped, instance, args, kwargs):
        return f"wrapped {wrapped(*args, **kwargs)}"

    def test_put_and_taken_away(self):
        owner = SimpleNamespace(name=lambda: "plain")
        before = owner.name
        restore = patch(owner, "name", self.wrap)
        assert owner.name() == "wrapped plain"
        restore()
        assert owner.name is before

    def test_what_is_inherited_is_inherited_again(self):
        class Base:
            def name(self):
                return "base"

        class Heir(Base):
            pass

        restore = patch(Heir, "name", self.wrap)
        assert (Heir().name(), Base().name()) == ("wrapped base", "base")
        restore()
        assert "name" not in vars(Heir)

    def test_somebody_elses_wrap_stays(self):
        owner = SimpleNamespace(name=lambda: "plain")
        restore = patch(owner, "name", self.wrap)
        ours = owner.name
        owner.name = lambda: f"theirs {ours()}"
        restore()
        assert owner.name() == "theirs wrapped plain"

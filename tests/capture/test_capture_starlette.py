"""Each way in which a request to Starlette or FastAPI fails is one occurrence, whoever sends the telemetry."""

import asyncio
import threading
import time

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

pytest.importorskip("starlette")
pytest.importorskip("fastapi")
pytest.importorskip("httpx")
pytest.importorskip("opentelemetry.instrumentation.fastapi")
pytest.importorskip("opentelemetry.instrumentation.starlette")

import fastapi
import httpx
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from fastapi.responses import PlainTextResponse, StreamingResponse
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.starlette import StarletteInstrumentor
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Mount, Route


class StockError(Exception):
    pass


def fail(*_):
    raise StockError("out of stock")


def fail_for_everybody():
    fail()


async def answer(request, error):
    return PlainTextResponse("sorry", 500)


def sync_view(app):
    app.get("/items/{number}")(lambda number: fail())


def async_view(app):
    @app.get("/items/{number}")
    async def view(number):
        fail()


def handler(app):
    async_view(app)
    app.exception_handler(StockError)(answer)


def sync_handler(app):
    async_view(app)
    app.exception_handler(StockError)(lambda request, error: PlainTextResponse("sorry", 502))


def broad_handler(app):
    async_view(app)
    app.exception_handler(Exception)(answer)


def handler_of_500(app):
    async_view(app)
    app.exception_handler(500)(answer)


def dependency(app):
    @app.get("/items/{number}", dependencies=[Depends(fail_for_everybody)])
    async def view(number):
        return number


def dependency_after_the_answer(app):
    async def session():
        yield
        fail()

    @app.get("/items/{number}", dependencies=[Depends(session)])
    async def view(number):
        return number


def background_task(app):
    @app.get("/items/{number}")
    async def view(number, tasks: BackgroundTasks):
        tasks.add_task(fail)
        return number


def stream(app):
    def chunks():
        yield "first"
        fail()

    app.get("/items/{number}")(lambda number: StreamingResponse(chunks()))


def middleware(app):
    async_view(app)

    class Failing:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            if scope["type"] == "http":
                fail()
            await self.app(scope, receive, send)

    app.add_middleware(Failing)


def http_middleware(app):
    async_view(app)

    @app.middleware("http")
    async def failing(request, call_next):
        fail()


def handler_under_http_middleware(app):
    handler(app)

    @app.middleware("http")
    async def passing(request, call_next):
        return await call_next(request)


def unhandled_under_http_middleware(app):
    async_view(app)

    @app.middleware("http")
    async def passing(request, call_next):
        return await call_next(request)


def answered_because_of_it(app):
    @app.get("/items/{number}")
    async def view(number):
        try:
            fail()
        except StockError as error:
            raise HTTPException(500) from error


def mounted(app):
    inner = FastAPI()
    async_view(inner)
    app.mount("/items", inner)
    inner.get("/{number}")(lambda number: fail())


CASES = [
    sync_view,
    async_view,
    handler,
    sync_handler,
    broad_handler,
    handler_of_500,
    dependency,
    dependency_after_the_answer,
    background_task,
    stream,
    middleware,
    http_middleware,
    handler_under_http_middleware,
    unhandled_under_http_middleware,
    answered_because_of_it,
    mounted,
]


def call(app, path="/items/1"):
    """As a server does: what the application raises after its answer is the server's to log."""

    async def get():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return (await client.get(path)).status_code

    return asyncio.run(get())


@pytest.fixture(params=["contrib", "native", "native, spans only", "none", "contrib, sampled out"])
def serve(request, start):
    """A host, and a function that makes an application with telemetry of some origin and calls it."""
    host = start(sampler=ALWAYS_OFF if "sampled out" in request.param else None)
    apps = []

    def serve(build, path="/items/1"):
        options = {}
        if request.param.startswith("native"):
            if "telemetry" not in FastAPI.__init__.__annotations__:
                pytest.skip("this FastAPI has no telemetry of its own")
            options["telemetry"] = {
                "tracer_provider": host.tracer_provider,
                "meter_provider": host.meter_provider,
                "logger_provider": host.logger_provider,
                "logs": "only" not in request.param,
            }
        app = FastAPI(**options)
        build(app)
        if request.param.startswith("contrib"):
            FastAPIInstrumentor.instrument_app(
                app, tracer_provider=host.tracer_provider, meter_provider=host.meter_provider
            )
            apps.append(app)
        host.status = call(app, path)
        return host

    yield serve
    for app in apps:
        FastAPIInstrumentor.uninstrument_app(app)


def named(function):
    return getattr(function, "__name__", str(function))


@pytest.mark.parametrize("build", CASES, ids=named)
def test_one_occurrence_with_type_and_frames(serve, issue_of, build):
    host = serve(build)
    assert [(issue.title, issue.count, issue.handled) for issue in host.issues()] == [
        ("StockError: out of stock", 1, False)
    ]
    (issue,) = host.issues()
    assert issue.culprit.endswith("in fail")
    assert "in fail" in host.occurrence().stacktrace
    for span in host._spans.get_finished_spans():
        if span.kind.name == "SERVER" and host.status >= 500:
            assert issue_of(span)["fingerprint"] == issue.fingerprint
            assert issue_of(span)["handled"] is False


def answered(app):
    app.get("/items/{number}")(lambda number: PlainTextResponse("sorry", 503))


def raised_answer(app):
    @app.get("/items/{number}")
    async def view(number):
        raise HTTPException(503)


@pytest.mark.parametrize("build", [answered, raised_answer], ids=named)
def test_an_answer_without_exception(serve, issue_of, build):
    host = serve(build)
    (issue,) = host.issues()
    assert (issue.title, issue.error_type, issue.count, issue.handled) == ("503 at /items/{number}", "503", 1, False)
    for span in host._spans.get_finished_spans():
        if span.kind.name == "SERVER":
            assert issue_of(span)["fingerprint"] == issue.fingerprint


def client_errors(app):
    @app.get("/items/{number}")
    async def view(number: int):
        if number == 7:
            raise ValueError("seven")
        raise HTTPException(number)

    @app.exception_handler(ValueError)
    async def handle(request, error):
        return PlainTextResponse("wrong", 422)


@pytest.mark.parametrize("path", ["/items/404", "/items/400", "/items/401", "/items/x", "/items/7", "/nowhere"])
def test_what_a_client_got_wrong_is_no_issue(serve, path):
    host = serve(client_errors, path)
    assert 400 <= host.status < 500
    assert host.issues() == []


def test_unless_it_is_asked_for(start):
    host = start(failed_requests=400)
    app = FastAPI()
    client_errors(app)
    assert call(app, "/items/7") == 422
    assert [(issue.title, issue.handled) for issue in host.issues()] == [("ValueError: seven", True)]


class TestStarlette:
    @pytest.fixture(autouse=True)
    def host(self, start):
        self.host = start()

    def serve(self, app, path="/items/1"):
        StarletteInstrumentor.instrument_app(
            app, tracer_provider=self.host.tracer_provider, meter_provider=self.host.meter_provider
        )
        status = call(app, path)
        StarletteInstrumentor.uninstrument_app(app)
        return status, self.host.counts()

    def test_a_view(self):
        async def view(request):
            fail()

        app = Starlette(routes=[Route("/items/{number}", view)])
        assert self.serve(app) == (500, {"StockError: out of stock": 1})
        assert self.host.occurrence().attributes["http.route"] == "/items/{number}"

    def test_a_handler(self):
        app = Starlette(routes=[Route("/items/{number}", fail)], exception_handlers={StockError: answer})
        assert self.serve(app) == (500, {"StockError: out of stock": 1})

    def test_a_middleware(self):
        class Failing(BaseHTTPMiddleware):
            async def dispatch(self, request, call_next):
                await call_next(request)
                fail()

        app = Starlette(
            routes=[Route("/items/{number}", lambda request: PlainTextResponse("fine"))],
            middleware=[Middleware(Failing)],
        )
        assert self.serve(app) == (500, {"StockError: out of stock": 1})

    def test_a_mounted_application(self):
        inner = Starlette(routes=[Route("/{number}", lambda request: PlainTextResponse("sorry", 500))])
        assert self.serve(Starlette(routes=[Mount("/items", inner)]))[0] == 500
        assert sum(self.host.counts().values()) == 1

    def test_a_debugging_application(self):
        app = Starlette(routes=[Route("/items/{number}", fail)], debug=True)
        assert self.serve(app) == (500, {"StockError: out of stock": 1})


def test_a_websocket(start):
    host = start()
    app = FastAPI()

    @app.websocket("/ws")
    async def view(socket: fastapi.WebSocket):
        await socket.accept()
        fail()

    async def converse():
        received = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}])

        async def receive():
            return next(received)

        async def send(message):
            pass

        scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b"", "subprotocols": []}
        await app(scope, receive, send)

    with pytest.raises(StockError):
        asyncio.run(converse())
    assert host.counts() == {"StockError: out of stock": 1}


def test_under_a_real_server(start):
    uvicorn = pytest.importorskip("uvicorn")
    host = start()
    app = FastAPI()
    for build in (stream, answered):
        sub = FastAPI()
        build(sub)
        app.mount(f"/{build.__name__}", sub)
    FastAPIInstrumentor.instrument_app(app, tracer_provider=host.tracer_provider, meter_provider=host.meter_provider)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"http://127.0.0.1:{port}/stream/items/1")
        assert httpx.get(f"http://127.0.0.1:{port}/answered/items/1").status_code == 503
    finally:
        server.should_exit = True
        thread.join(20)
        FastAPIInstrumentor.uninstrument_app(app)
    assert [(issue.count, issue.handled) for issue in host.issues()] == [(1, False)] * 2


def test_the_class_is_given_back(start):
    before = vars(Starlette)["__call__"]
    host = start()
    assert vars(Starlette)["__call__"] is not before
    host.capture.unhook()
    assert vars(Starlette)["__call__"] is before

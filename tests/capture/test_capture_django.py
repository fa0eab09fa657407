"""Each way in which a request to Django fails is one occurrence, through WSGI and through ASGI."""

import asyncio
import contextlib
import itertools
import logging
import sys
import types

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

pytest.importorskip("django")
pytest.importorskip("opentelemetry.instrumentation.django")
pytest.importorskip("opentelemetry.instrumentation.asgi")

import django
from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import Http404, HttpResponse, HttpResponseServerError, StreamingHttpResponse
from django.test import override_settings
from django.urls import clear_url_caches, path
from opentelemetry.instrumentation.django import DjangoInstrumentor

# Of a request whose body fails, Django leaves a temporary file to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")

URLS = "tocsin_test_urls"

if not settings.configured:
    settings.configure(
        SECRET_KEY="x",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=URLS,
        MIDDLEWARE=[],
        LOGGING_CONFIG=None,
        DATABASES={},
        USE_TZ=True,
    )
    django.setup()


class StockError(Exception):
    pass


def fail():
    raise StockError("out of stock")


def view(request, number):
    fail()


async def async_view(request, number):
    fail()


def answered(request, number):
    return HttpResponse("sorry", status=503)


def logged_and_answered(request, number):
    try:
        fail()
    except StockError:
        logging.getLogger("shop").exception("failed")
        return HttpResponseServerError("sorry")


def stream(request, number):
    def chunks():
        yield "first"
        fail()

    return StreamingHttpResponse(chunks())


def fine(request, number):
    return HttpResponse("fine")


class Answering:
    """A middleware that hides the exception."""

    sync_capable, async_capable = True, False

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        return HttpResponse("sorry", status=500)


class Failing(Answering):
    def __call__(self, request):
        fail()


class FailingAfterwards(Answering):
    def __call__(self, request):
        self.get_response(request)
        fail()


class Lenient(Answering):
    def process_exception(self, request, exception):
        return HttpResponse("wrong", status=422)


@pytest.fixture(params=itertools.product(["wsgi", "asgi"], ["traced", "alone", "sampled out"]), ids="-".join)
def serve(request, start, monkeypatch):
    """A host, and a function that puts a view behind a URL and calls it as a server does."""
    protocol, telemetry = request.param
    host = start(sampler=ALWAYS_OFF if telemetry == "sampled out" else None)
    monkeypatch.setitem(sys.modules, "tocsin_test_middleware", types.SimpleNamespace(**globals()))

    def serve(view, *kinds, at="/items/1"):
        urls = types.ModuleType(URLS)
        urls.urlpatterns = [path("items/<str:number>", view)]
        monkeypatch.setitem(sys.modules, URLS, urls)
        clear_url_caches()
        names = [f"tocsin_test_middleware.{kind.__name__}" for kind in kinds]
        with override_settings(MIDDLEWARE=names), instrumented(host, on=telemetry != "alone"):
            host.status = call_wsgi(at) if protocol == "wsgi" else asyncio.run(call_asgi(at))
        return host

    return serve


@contextlib.contextmanager
def instrumented(host, *, on):
    if on:
        DjangoInstrumentor().instrument(tracer_provider=host.tracer_provider, meter_provider=host.meter_provider)
    try:
        yield
    finally:
        if on:
            DjangoInstrumentor().uninstrument()


def call_wsgi(at):
    from wsgiref.util import setup_testing_defaults

    environ, statuses = {"PATH_INFO": at, "REQUEST_METHOD": "GET"}, []
    setup_testing_defaults(environ)
    response = WSGIHandler()(environ, lambda status, headers: statuses.append(int(status[:3])))
    with contextlib.suppress(StockError):
        list(response)
    response.close()
    return statuses[0]


async def call_asgi(at):
    sent, pending = [], iter([{"type": "http.request", "body": b""}])

    async def receive():
        message = next(pending, None)
        return message or await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": at, "raw_path": at.encode(), "headers": [], "query_string": b""}
    with contextlib.suppress(StockError):
        await ASGIHandler()(scope | {"server": ("shop", 80), "scheme": "http", "http_version": "1.1"}, receive, send)
    return next(message["status"] for message in sent if "status" in message)


CASES = {
    "view": (view,),
    "async view": (async_view,),
    "middleware answers": (view, Answering),
    "middleware answers for an async view": (async_view, Answering),
    "middleware fails": (fine, Failing),
    "middleware fails afterwards": (fine, FailingAfterwards),
    "logged and answered": (logged_and_answered,),
    "stream": (stream,),
}


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators:Warning")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_one_occurrence_with_type_and_frames(serve, issue_of, case):
    host = serve(*case)
    assert [(issue.title, issue.count, issue.handled) for issue in host.issues()] == [
        ("StockError: out of stock", 1, False)
    ]
    (issue,) = host.issues()
    assert issue.culprit.endswith("in fail")
    assert "in fail" in host.occurrence().stacktrace
    if host.status == 500:
        for span in host.spans().values():
            assert issue_of(span)["fingerprint"] == issue.fingerprint


def test_an_answer_without_exception(serve, issue_of):
    host = serve(answered)
    (issue,) = host.issues()
    assert (issue.title, issue.count, issue.handled) == ("503 at items/<str:number>", 1, False)
    for span in host.spans().values():
        assert issue_of(span)["fingerprint"] == issue.fingerprint


@pytest.mark.parametrize("error", [Http404, PermissionDenied, SuspiciousOperation])
def test_what_a_client_got_wrong_is_no_issue(serve, error):
    def view(request, number):
        raise error("no")

    host = serve(view)
    assert 400 <= host.status < 500
    assert host.issues() == []


def test_neither_is_a_page_that_is_not_there(serve):
    host = serve(fine, at="/nowhere")
    assert host.status == 404
    assert host.issues() == []


def test_nor_what_a_middleware_answers_as_such(serve):
    host = serve(view, Lenient)
    assert host.status == 422
    assert host.issues() == []


def test_the_class_is_given_back(start):
    from django.core.handlers.base import BaseHandler

    before = vars(BaseHandler)["get_response"]
    host = start()
    assert vars(BaseHandler)["get_response"] is not before
    host.capture.unhook()
    assert vars(BaseHandler)["get_response"] is before

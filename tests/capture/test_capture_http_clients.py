"""A call to another service that fails is one occurrence if it raises; an answer is a number, unless asked for."""

import asyncio
import http.server
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from opentelemetry.trace import SpanKind

from tocsin.errors import identify, parse_stacktrace

pytest.importorskip("aiohttp")
pytest.importorskip("httpx")
pytest.importorskip("requests")
pytest.importorskip("opentelemetry.instrumentation.aiohttp_client")
pytest.importorskip("opentelemetry.instrumentation.httpx")
pytest.importorskip("opentelemetry.instrumentation.requests")
pytest.importorskip("opentelemetry.instrumentation.urllib3")

import aiohttp
import httpx
import requests
import urllib3
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor


class Payments(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def payments():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Payments)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory):
    """A server whose certificate nobody has heard of."""
    openssl = shutil.which("openssl") or pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1"]
    subprocess.run(
        [*command, "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder, check=True, capture_output=True, timeout=60
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request, client_address):
            pass

    server = Server(("127.0.0.1", 0), Payments)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/200"
    server.shutdown()
    server.server_close()


@pytest.fixture
def refused():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


@pytest.fixture
def silent():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def with_requests(url, *, raise_for_status=False):
    response = requests.get(url, timeout=0.2)
    if raise_for_status:
        response.raise_for_status()
    return response.status_code


def with_httpx(url, *, raise_for_status=False):
    with httpx.Client(timeout=0.2, trust_env=False) as client:
        response = client.get(url)
    if raise_for_status:
        response.raise_for_status()
    return response.status_code


def with_httpx_async(url, *, raise_for_status=False):
    async def get():
        async with httpx.AsyncClient(timeout=0.2, trust_env=False) as client:
            response = await client.get(url)
        if raise_for_status:
            response.raise_for_status()
        return response.status_code

    return asyncio.run(get())


def with_urllib3(url, *, raise_for_status=False):
    with urllib3.PoolManager(timeout=0.2, retries=False) as pool:
        return pool.request("GET", url).status


def with_urllib3_retries(url, *, raise_for_status=False):
    with urllib3.PoolManager(timeout=0.2, retries=urllib3.Retry(2, backoff_factor=0)) as pool:
        return pool.request("GET", url).status


def with_aiohttp(url, *, raise_for_status=False):
    async def get():
        timeout = aiohttp.ClientTimeout(total=0.2)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            if raise_for_status:
                response.raise_for_status()
            return response.status

    return asyncio.run(get())


CLIENTS = [with_requests, with_httpx, with_httpx_async, with_urllib3, with_urllib3_retries, with_aiohttp]
RAISING = [with_requests, with_httpx, with_httpx_async, with_aiohttp]


def named(function):
    return getattr(function, "__name__", str(function))


@pytest.fixture
def instrumented(start, monkeypatch):
    hosts, instrumentors = [], []
    monkeypatch.setenv("NO_PROXY", "*")

    def instrumented(**settings):
        host = start(**settings)
        for kind in (RequestsInstrumentor, HTTPXClientInstrumentor, URLLib3Instrumentor, AioHttpClientInstrumentor):
            kind().instrument(tracer_provider=host.tracer_provider, meter_provider=host.meter_provider)
            instrumentors.append(kind())
        hosts.append(host)
        return host

    yield instrumented
    for instrumentor in instrumentors:
        instrumentor.uninstrument()


def served(host, call):
    """Within a request, as a view would call it."""
    with host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER):
        return call()


@pytest.mark.parametrize("call", CLIENTS, ids=named)
@pytest.mark.parametrize("failure", ["refused", "name", "timeout", "certificate"])
def test_what_it_raises_is_one_occurrence(request, instrumented, failure, call):
    url = {
        "refused": lambda: request.getfixturevalue("refused"),
        "name": lambda: "http://nowhere.invalid/",
        "timeout": lambda: request.getfixturevalue("silent"),
        "certificate": lambda: request.getfixturevalue("self_signed"),
    }[failure]()
    host = instrumented()
    with pytest.raises(Exception) as raised:  # each client has exceptions of its own
        served(host, lambda: call(url))
    (issue,) = host.issues()
    assert (issue.count, issue.handled) == (1, False)
    assert issue.error_type.rpartition(".")[2] == type(raised.value).__name__
    assert issue.category in ({"timeout", "network"} if failure == "timeout" else {"network", "external_service"})


@pytest.mark.parametrize("call", RAISING, ids=named)
def test_raise_for_status_is_one_occurrence(instrumented, payments, call):
    host = instrumented()
    with pytest.raises(Exception) as raised:  # as above
        served(host, lambda: call(f"{payments}/503", raise_for_status=True))
    (issue,) = host.issues()
    assert (issue.count, issue.handled) == (1, False)
    assert issue.error_type.rpartition(".")[2] == type(raised.value).__name__


@pytest.mark.parametrize("call", CLIENTS, ids=named)
def test_an_answer_is_counted_by_the_metrics_alone(instrumented, payments, call):
    host = instrumented()
    assert served(host, lambda: call(f"{payments}/503")) == 503
    assert host.issues() == []
    statuses = {
        point.attributes.get("http.status_code")
        for resource in host._metrics.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "http.client.duration"
        for point in metric.data.data_points
    }
    assert 503 in statuses


@pytest.mark.parametrize("raise_for_status", [False, True])
@pytest.mark.parametrize("call", CLIENTS, ids=named)
def test_unless_it_is_asked_for(instrumented, issue_of, payments, call, raise_for_status):
    host = instrumented(failed_calls=500)

    def work():
        served(host, lambda: call(f"{payments}/404"))
        served(host, lambda: call(f"{payments}/503", raise_for_status=raise_for_status))

    if raise_for_status and call in RAISING:
        with pytest.raises(Exception):  # noqa: B017  as above
            work()
    else:
        work()
    (issue,) = host.issues()
    assert issue.title.startswith("503 from 127.0.0.1")
    assert (issue.count, issue.category) == (1, "external_service")
    assert issue.handled is not (raise_for_status and call in RAISING)


def test_what_is_dealt_with_is_handled(instrumented, refused):
    host = instrumented()

    def view():
        with pytest.raises(requests.ConnectionError):
            with_requests(refused)

    served(host, view)
    assert [(issue.count, issue.handled) for issue in host.issues()] == [(1, True)]


@pytest.mark.parametrize("call", [with_requests, with_httpx, with_urllib3], ids=named)
def test_the_stored_text_tells_what_the_live_exception_did(instrumented, refused, call):
    flask = pytest.importorskip("flask")
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.flask")
    host = instrumented()
    app = flask.Flask("shop")
    instrumentation.FlaskInstrumentor().instrument_app(app, tracer_provider=host.tracer_provider)

    @app.get("/checkout")
    def checkout():
        return str(call(f"{refused}capture?amount=12"))

    assert app.test_client().get("/checkout?cart=7").status_code == 500
    (issue,) = host.issues()
    stored = host.occurrence()
    assert "in checkout\n    return str(call(" in stored.stacktrace
    failure = parse_stacktrace(issue.error_type, stored.message, stored.stacktrace)
    assert identify(failure, handled=False).fingerprint == issue.fingerprint
    request = stored.details["request"]
    assert (request["path"], request["query"], request["route"]) == ("/checkout", {"cart": "7"}, "/checkout")
    call_span = next(span for span in host.spans().values() if span.kind is SpanKind.CLIENT)
    assert "in checkout" not in call_span.events[0].attributes["exception.stacktrace"]


def test_a_call_is_no_request(instrumented, refused):
    host = instrumented()
    with pytest.raises(requests.ConnectionError):
        with_requests(f"{refused}capture?amount=12")
    assert "request" not in host.occurrence().details

"""What every receiver has to do; the HTTP part runs over each receiver that speaks HTTP."""

import io
import json
import socket
from email.utils import formatdate
from pathlib import Path

import pytest
from opentelemetry import context
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled

from tocsin.notify import RECEIVERS, DeliveryError, HttpOptions
from tocsin.notify.transport import http as notify_http

SECRET = "T0SECRET"
#: The settings of each receiver that speaks HTTP, given the address of the server.
OVER_HTTP = {
    "discord": lambda url: {"webhook_url": url},
    "msteams": lambda url: {"webhook_url": url},
    "opsgenie": lambda url: {"api_key": SECRET, "api_url": url},
    "pagerduty": lambda url: {"routing_key": SECRET, "url": url},
    "sendgrid": lambda url: {"api_key": SECRET, "api_url": url, "to": "a@b.example", "sender": "t@b.example"},
    "sentry": lambda url: {"dsn": url.replace("://", f"://{SECRET}@") + "/7"},
    "slack": lambda url: {"api_url": url},
    "slack_app": lambda url: {"app_token": SECRET, "app_url": url, "channel": "#ops"},
    "telegram": lambda url: {"bot_token": SECRET, "api_url": url, "chat_id": "7"},
    "twilio": lambda url: {
        "account_sid": "AC1",
        "auth_token": SECRET,
        "sender": "+15550001",
        "to": ("+15550002",),
        "api_url": url,
    },
    "webhook": lambda url: {"url": url},
}
#: Those whose address is the secret, and may be in a file.
BY_URL = {"discord": "webhook_url", "msteams": "webhook_url", "slack": "api_url", "webhook": "url"}
WITHOUT_HTTP = {"apprise", "console", "email", "file", "log"}


@pytest.fixture(params=sorted(OVER_HTTP))
def over_http(request):
    if request.param == "sentry":
        pytest.importorskip("sentry_sdk")
    return lambda url, **http: RECEIVERS[request.param](**OVER_HTTP[request.param](url), http=HttpOptions(**http))


@pytest.fixture(params=sorted(BY_URL))
def by_url(request):
    return lambda url: RECEIVERS[request.param](**{BY_URL[request.param]: url})


def refusal(receiver, notification):
    with pytest.raises(DeliveryError) as caught:
        receiver.deliver(notification, key="k")
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def test_every_receiver_has_its_kind():
    assert set(RECEIVERS) == OVER_HTTP.keys() | WITHOUT_HTTP


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_success_is_a_delivery(status, over_http, server, make_notification):
    server.status = status
    over_http(server.url).deliver(make_notification(), key="k")
    [request] = server.requests
    assert request.headers["User-Agent"].startswith("tocsin/")
    assert request.headers["Host"] == f"127.0.0.1:{server.port}"


def test_an_answer_without_a_body_is_a_delivery(by_url, server, make_notification):
    server.status, server.body = 204, b""
    by_url(server.url).deliver(make_notification(), key="k")


@pytest.mark.parametrize("kind", sorted(OVER_HTTP.keys() - {"sentry", "twilio"}))
def test_the_body_is_json(kind, server, make_notification):
    RECEIVERS[kind](**OVER_HTTP[kind](server.url)).deliver(make_notification(), key="k")
    [request] = server.requests
    assert request.headers["Content-Type"] == "application/json"
    json.loads(request.body)


@pytest.mark.parametrize(
    ("status", "recoverable"),
    [(400, False), (401, False), (404, False), (408, True), (429, True), (500, True), (503, True)],
)
def test_a_refusal_says_whether_to_try_again(status, recoverable, over_http, server, make_notification):
    server.status, server.body = status, b"no_service for /services/T0SECRET/B0SECRET"
    error = refusal(over_http(server.url), make_notification())
    assert error.recoverable is recoverable
    assert str(error).startswith(f"127.0.0.1 answered {status}: no_service for ")
    assert "B0SECRET" not in str(error)
    assert len(server.requests) == 1


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", None), (None, None)])
def test_retry_after_in_seconds(header, seconds, over_http, server, make_notification):
    server.status, server.headers = 429, {"Retry-After": header} if header else {}
    assert refusal(over_http(server.url), make_notification()).retry_after == seconds


@pytest.mark.parametrize("said", [{"retry_after": 3.5}, {"ok": False, "parameters": {"retry_after": 3.5}}])
def test_retry_after_in_json_as_chats_say_it(said, over_http, server, make_notification):
    server.status, server.body = 429, json.dumps(said).encode()
    assert refusal(over_http(server.url), make_notification()).retry_after == 3.5


def test_retry_after_as_a_date(over_http, server, make_notification):
    server.status, server.headers = 503, {"Retry-After": formatdate(4102444800, usegmt=True)}
    assert refusal(over_http(server.url), make_notification()).retry_after > 3600


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", [None, "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/"])
def test_a_redirect_is_refused(status, location, over_http, server, make_notification):
    server.status, server.headers = status, {"Location": location or server.url}
    error = refusal(over_http(server.url), make_notification())
    assert not error.recoverable
    assert "configure the final URL" in str(error)
    assert len(server.requests) == 1


def test_a_reset_connection_is_worth_another_try(over_http, server, make_notification):
    server.reset = True
    assert refusal(over_http(server.url), make_notification()).recoverable


def test_nobody_listens(over_http, make_notification):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    error = refusal(over_http(f"http://127.0.0.1:{port}/T0SECRET"), make_notification())
    assert error.recoverable
    assert str(error) == "127.0.0.1 cannot be reached: Connection refused"


def test_a_host_that_nobody_knows(over_http, make_notification, monkeypatch):
    def getaddrinfo(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = refusal(over_http("http://hooks.invalid/T0SECRET"), make_notification())
    assert (error.recoverable, str(error)) == (True, "hooks.invalid cannot be reached: Name or service not known")


@pytest.mark.parametrize("slowness", ["hang", "drip"])
def test_no_answer_in_time(slowness, over_http, server, make_notification):
    setattr(server, slowness, True)
    error = refusal(over_http(server.url, timeout=0.15), make_notification())
    assert error.recoverable
    assert str(error) == "127.0.0.1 did not answer within 0.15 s"


def test_a_long_answer_is_cut(over_http, server, make_notification):
    server.status, server.body = 500, b"x" * 5_000_000
    assert len(str(refusal(over_http(server.url), make_notification()))) < 300


def test_a_server_whose_certificate_nobody_trusts(over_http, tls_server, make_notification):
    error = refusal(over_http(tls_server.url), make_notification())
    assert error.recoverable
    assert str(error).startswith("127.0.0.1 cannot be trusted: ")
    assert tls_server.requests == []


def test_a_server_that_speaks_no_tls(over_http, server, make_notification):
    error = refusal(over_http(server.url.replace("http://", "https://"), timeout=1), make_notification())
    assert error.recoverable
    assert str(error).startswith("127.0.0.1 does not speak TLS with us")


def test_requests_leave_no_telemetry(over_http, server, make_notification, monkeypatch):
    enabled = []
    original = notify_http._exchange
    monkeypatch.setattr(
        notify_http, "_exchange", lambda *given: enabled.append(is_http_instrumentation_enabled()) or original(*given)
    )
    before = context.get_current()
    over_http(server.url).deliver(make_notification(), key="k")
    assert enabled == [False]
    assert context.get_current() == before


def test_a_proxy_from_the_environment_is_used(over_http, server, make_notification, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/services/T0SECRET/B0SECRET"))
    monkeypatch.delenv("no_proxy", raising=False)
    over_http("http://hooks.invalid/T0SECRET").deliver(make_notification(), key="k")
    assert server.requests[0].path.startswith("http://hooks.invalid/")
    assert server.requests[0].headers["Host"] == "hooks.invalid"


def test_a_private_target_is_refused_where_that_is_configured(over_http, server, make_notification):
    error = refusal(over_http(server.url, private_targets="deny"), make_notification())
    assert not error.recoverable
    assert "not public" in str(error)
    assert server.requests == []


@pytest.mark.parametrize("url", ["", "T0SECRET", "ftp://host/T0SECRET", "http:///T0SECRET", "http://[T0SECRET"])
def test_a_senseless_url_is_refused_at_once(url, by_url):
    with pytest.raises(ValueError, match="the URL") as caught:
        by_url(url)
    assert SECRET not in str(caught.value)


def test_a_url_in_a_file_is_read_at_each_delivery(by_url, server, tmp_path, make_notification):
    path = tmp_path / "url"
    receiver = by_url(path)
    with pytest.raises(DeliveryError, match="cannot be read: No such file"):
        receiver.deliver(make_notification(), key="k")
    path.write_text(f"{server.url}\n")
    receiver.deliver(make_notification(), key="k")
    path.write_text("ftp://not.http")
    with pytest.raises(DeliveryError, match="the URL is not an absolute one") as caught:
        receiver.deliver(make_notification(), key="k")
    assert caught.value.recoverable


def test_user_and_password_of_the_url_become_a_header(by_url, server, make_notification):
    by_url(server.url.replace("http://", "http://me:pass@")).deliver(make_notification(), key="k")
    assert server.requests[0].headers["Authorization"] == "Basic bWU6cGFzcw=="


@pytest.mark.parametrize("kind", sorted(OVER_HTTP.keys() - BY_URL.keys() - {"sentry"}))
def test_a_secret_in_a_file_is_read_at_each_delivery(kind, server, tmp_path, make_notification):
    settings = {
        name: tmp_path / "secret" if value == SECRET else value for name, value in OVER_HTTP[kind](server.url).items()
    }
    receiver = RECEIVERS[kind](**settings)
    with pytest.raises(DeliveryError, match="cannot be read: No such file") as caught:
        receiver.deliver(make_notification(), key="k")
    assert caught.value.recoverable
    Path(tmp_path / "secret").write_text("fresh\n")
    receiver.deliver(make_notification(), key="k")
    [request] = server.requests
    assert (
        b"fresh" in b" ".join([request.path.encode(), str(request.headers).encode(), request.body]) or kind == "twilio"
    )


def test_a_secret_with_a_line_break_is_refused_and_not_shown(server, make_notification):
    receiver = RECEIVERS["slack_app"](app_token="T0SECRET\nb", app_url=server.url, channel="#ops")
    assert "line break" in str(refusal(receiver, make_notification()))


@pytest.mark.parametrize("kind", sorted(RECEIVERS))
def test_nothing_secret_is_in_a_repr(kind, server):
    if kind in {"apprise", "sentry"}:
        pytest.importorskip({"sentry": "sentry_sdk"}.get(kind, kind))
    settings = {
        **OVER_HTTP,
        "apprise": lambda _: {"urls": (f"json://{SECRET}",)},
        "console": lambda _: {"stream": io.StringIO()},
        "email": lambda _: {"to": "a@b.example", "sender": "t@b.example", "server": None},
        "file": lambda _: {"path": "alerts"},
        "log": lambda _: {},
    }
    assert SECRET not in repr(RECEIVERS[kind](**settings[kind](server.url))).replace(server.url, "")

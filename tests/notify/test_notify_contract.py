"""What every receiver has to do; the HTTP part runs over each receiver that speaks HTTP."""

import io
import json
import socket
from email.utils import formatdate

import pytest
from opentelemetry import context
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled

from tocsin.notify import RECEIVERS, DeliveryError
from tocsin.notify import http as notify_http
from tocsin.notify.slack import Slack
from tocsin.notify.webhook import Webhook

SECRET = "T0SECRET"


@pytest.fixture(params=[Webhook, Slack], ids=["webhook", "slack"])
def over_http(request):
    setting = "url" if request.param is Webhook else "api_url"
    return lambda url, **settings: request.param(**{setting: url}, **settings)


def refusal(receiver, notification):
    with pytest.raises(DeliveryError) as caught:
        receiver.deliver(notification, key="k")
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def test_every_receiver_has_its_kind():
    assert set(RECEIVERS) == {"console", "file", "slack", "webhook"}


@pytest.mark.parametrize("kind", sorted(RECEIVERS))
def test_delivers_what_fires_and_what_is_resolved(kind, server, tmp_path, make_notification, make_alert):
    settings = {
        "console": {"stream": io.StringIO()},
        "file": {"path": tmp_path / "alerts.jsonl"},
        "slack": {"api_url": server.url},
        "webhook": {"url": server.url},
    }
    receiver = RECEIVERS[kind](**settings[kind])
    receiver.deliver(make_notification(), key="1")
    receiver.deliver(make_notification(make_alert("resolved")), key="2")
    receiver.deliver(make_notification(make_alert(), make_alert("resolved", pod="b")), key="3")


@pytest.mark.parametrize("status", [200, 201, 204])
def test_any_success_is_a_delivery(status, over_http, server, make_notification):
    server.status, server.body = status, b""
    over_http(server.url).deliver(make_notification(), key="k")
    [request] = server.requests
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("tocsin/")
    json.loads(request.body)


@pytest.mark.parametrize(("status", "recoverable"), [(400, False), (404, False), (408, True), (429, True), (500, True)])
def test_a_refusal_says_whether_to_try_again(status, recoverable, over_http, server, make_notification):
    server.status, server.body = status, b"no_service for /services/T0SECRET/B0SECRET"
    error = refusal(over_http(server.url), make_notification())
    assert error.recoverable is recoverable
    assert str(error) == f"127.0.0.1 answered {status}: no_service for …"
    assert len(server.requests) == 1


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", None), (None, None)])
def test_retry_after_in_seconds(header, seconds, over_http, server, make_notification):
    server.status, server.headers = 429, {"Retry-After": header} if header else {}
    assert refusal(over_http(server.url), make_notification()).retry_after == seconds


def test_retry_after_as_a_date(over_http, server, make_notification):
    server.status, server.headers = 503, {"Retry-After": formatdate(4102444800, usegmt=True)}
    assert refusal(over_http(server.url), make_notification()).retry_after > 3600


def test_a_redirect_is_refused(over_http, server, make_notification):
    server.status, server.headers = 307, {"Location": server.url}
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


def test_no_answer(over_http, server, make_notification):
    server.hang = True
    error = refusal(over_http(server.url, timeout=0.05), make_notification())
    assert error.recoverable
    assert str(error) == "127.0.0.1 did not answer within 0.05 s"


def test_a_long_answer_is_cut(over_http, server, make_notification):
    server.status, server.body = 500, b"x" * 100_000
    assert len(str(refusal(over_http(server.url), make_notification()))) < 300


@pytest.mark.parametrize("url", ["", "T0SECRET", "ftp://host/T0SECRET", "http:///T0SECRET", "http://[T0SECRET"])
def test_a_senseless_url_is_refused_at_once(url, over_http):
    with pytest.raises(ValueError, match="the URL") as caught:
        over_http(url)
    assert SECRET not in str(caught.value)


def test_a_url_in_a_file_is_read_at_each_delivery(over_http, server, tmp_path, make_notification):
    path = tmp_path / "url"
    receiver = over_http(path)
    with pytest.raises(DeliveryError, match="cannot be read: No such file"):
        receiver.deliver(make_notification(), key="k")
    path.write_text(f"{server.url}\n")
    receiver.deliver(make_notification(), key="k")
    path.write_text("ftp://not.http")
    with pytest.raises(DeliveryError, match="the URL is not an absolute one") as caught:
        receiver.deliver(make_notification(), key="k")
    assert caught.value.recoverable


def test_requests_leave_no_telemetry(over_http, server, make_notification, monkeypatch):
    enabled = []
    original = notify_http._request
    monkeypatch.setattr(
        notify_http, "_request", lambda *given: enabled.append(is_http_instrumentation_enabled()) or original(*given)
    )
    before = context.get_current()
    over_http(server.url).deliver(make_notification(), key="k")
    assert enabled == [False]
    assert context.get_current() == before


def test_a_proxy_from_the_environment_is_used(over_http, server, make_notification, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/services/T0SECRET/B0SECRET"))
    monkeypatch.delenv("no_proxy", raising=False)
    over_http("http://hooks.invalid/T0SECRET").deliver(make_notification(), key="k")
    assert server.requests[0].path == "http://hooks.invalid/T0SECRET"


def test_user_and_password_of_the_url_become_a_header(over_http, server, make_notification):
    over_http(server.url.replace("http://", "http://me:pass@")).deliver(make_notification(), key="k")
    assert server.requests[0].headers["Authorization"] == "Basic bWU6cGFzcw=="

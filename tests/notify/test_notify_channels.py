"""Webhooks, log records and SendGrid."""

import hashlib
import hmac
import logging

import pytest

from tocsin.notify import decode
from tocsin.notify.receivers.log import Log
from tocsin.notify.receivers.sendgrid import SendGrid
from tocsin.notify.receivers.webhook import Webhook
from tocsin.testing import alert, notification


def test_a_webhook_is_signed(server):
    Webhook(url=server.url, hmac_secret="s3cret", clock=lambda: 1700000000.9).deliver(notification(), key="k")
    [request] = server.requests
    expected = hmac.new(b"s3cret", b"1700000000." + request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Tocsin-Signature"] == f"t=1700000000,v1={expected}"
    assert decode(request.body) == notification()


def test_a_webhook_without_secret_is_not_signed(server):
    Webhook(url=server.url).deliver(notification(), key="k")
    assert server.requests[0].headers["X-Tocsin-Signature"] is None


def test_log_records_are_structured_and_levelled(caplog):
    with caplog.at_level(logging.DEBUG, logger="tocsin.alerts"):
        Log().deliver(notification(alert(), alert("resolved"), alert(severity="warning")), key="k")
    assert [(record.name, record.levelno) for record in caplog.records] == [
        ("tocsin.alerts", logging.CRITICAL),
        ("tocsin.alerts", logging.INFO),
        ("tocsin.alerts", logging.WARNING),
    ]
    [first, *_] = caplog.records
    assert first.getMessage() == "FIRING HighErrorRatio: shop fails 12% of its requests"
    assert (first.alert_severity, first.alert_key, first.alert_labels["job"]) == ("critical", "k", "shop")
    assert first.exc_info is None


def test_a_logger_whose_errors_become_issues_is_refused():
    with pytest.raises(ValueError, match="alert again"):
        Log(logger="shop")


def test_sendgrid_gets_text_html_and_headers(server):
    receiver = SendGrid(api_key="K3Y", to="A <a@b.example>, c@d.example", sender="t@b.example", api_url=server.url)
    receiver.deliver(notification(), key="abc")
    [request] = server.requests
    assert request.path.endswith("/v3/mail/send")
    assert request.headers["Authorization"] == "Bearer K3Y"
    letter = server.requests[-1].json()
    assert letter["personalizations"] == [{"to": [{"email": "a@b.example", "name": "A"}, {"email": "c@d.example"}]}]
    assert (letter["from"], letter["subject"]) == (
        {"email": "t@b.example"},
        "[FIRING:1] critical: shop fails 12% of its requests",
    )
    assert [part["type"] for part in letter["content"]] == ["text/plain", "text/html"]
    assert letter["headers"]["Message-ID"] == "<abc.tocsin@b.example>"
    assert not {"to", "from", "subject"} & {name.lower() for name in letter["headers"]}

"""Whole payloads, as files beside this one. With TOCSIN_WRITE_PAYLOADS=1 they are written, to be read in the diff."""

import io
import os
from pathlib import Path

import pytest

from tocsin.notify import RECEIVERS
from tocsin.notify.transport.smtp import MailServer
from tocsin.testing import alert, notification

FOLDER = Path(__file__).parent / "payloads"
SETTINGS = {
    "apprise": {"urls": ("json://localhost",)},
    "console": {"stream": io.StringIO()},
    "discord": {"webhook_url": "https://discord.example/api/webhooks/1/x"},
    "email": {
        "to": "Ops <ops@example.org>",
        "sender": "Tocsin <tocsin@example.org>",
        "server": MailServer(smarthost="localhost:25"),
        "clock": lambda: 0.0,
    },
    "file": {"path": "alerts.jsonl"},
    "log": {},
    "msteams": {"webhook_url": "https://teams.example/x"},
    "opsgenie": {"api_key": "x"},
    "pagerduty": {"routing_key": "x"},
    "sendgrid": {"api_key": "x", "to": "Ops <ops@example.org>", "sender": "tocsin@example.org", "clock": lambda: 0.0},
    "sentry": {"dsn": "https://x@sentry.example/1"},
    "slack": {"api_url": "https://hooks.slack.example/x"},
    "slack_app": {"app_token": "x", "channel": "#ops"},
    "telegram": {"bot_token": "x", "chat_id": "-7"},
    "twilio": {"account_sid": "AC1", "auth_token": "x", "sender": "+15550001", "to": ("+15550002",)},
    "webhook": {"url": "https://hooks.example/x"},
}
ISSUE = alert(
    alertname="NewIssue",
    severity="error",
    issue="4",
    title="KeyError: 'authorization'",
    culprit="payments.charges in create",
    error_type="KeyError",
    category="internal",
    fingerprint="fedcba9876543210",
    annotations={
        "summary": "New issue in payments: KeyError: 'authorization'",
        "description": "KeyError in payments.charges in create was seen for the first time 20s ago.",
        "frame": "payments/charges.py:31",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "trace_url": "https://traces.example/4bf92f3577b34da6a3ce929d0e0e4736",
        "runbook": "Run `tocsin issues show 4`.",
    },
)
NOTIFICATIONS = {
    "firing": notification(alert(), ISSUE),
    "resolved": notification(alert("resolved")),
    "without_pages": notification(alert(severity="warning"), external_url=""),
}


def test_every_receiver_has_its_payloads():
    assert set(SETTINGS) == set(RECEIVERS)
    assert {path.stem for path in FOLDER.iterdir()} == {f"{kind}-{name}" for kind in SETTINGS for name in NOTIFICATIONS}


@pytest.mark.parametrize("name", sorted(NOTIFICATIONS))
@pytest.mark.parametrize("kind", sorted(SETTINGS))
def test_the_payload_is_as_it_was(kind, name):
    if kind in {"apprise", "sentry"}:
        pytest.importorskip({"sentry": "sentry_sdk"}.get(kind, kind))
    shown = RECEIVERS[kind](**SETTINGS[kind]).preview(NOTIFICATIONS[name])
    path = FOLDER / f"{kind}-{name}.txt"
    if os.environ.get("TOCSIN_WRITE_PAYLOADS"):
        path.write_text(shown + "\n", encoding="utf-8")
    assert f"{shown}\n" == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", sorted(set(SETTINGS) - {"console", "file", "webhook", "twilio", "log"}))
def test_a_message_says_at_a_glance_what_matters(kind):
    """What, since when, how bad, how many, value and threshold, issue, frame, message, routes, runbook, links."""
    shown = (FOLDER / f"{kind}-firing.txt").read_text(encoding="utf-8").replace("\\", "")
    for part in (
        "shop fails 12% of its requests",
        "2026-03-01 12:00:00 UTC",
        "critical",
        "2 firing",
        "12% (threshold 5%)",
        "4: KeyError:",
        "payments.charges in create, payments/charges.py:31",
        "/checkout 0.8/s",
        "Look at the newest issues of the service.",
        "https://runbooks.example/errors",
        "https://traces.example/4bf92f3577b34da6a3ce929d0e0e4736",
        "https://tocsin.example/#/issues/4",
        "https://tocsin.example/#/alerts?filter=",
        "https://tocsin.example/#/silences/new?filter=",
    ):
        assert part in shown, part


@pytest.mark.parametrize("kind", sorted(set(SETTINGS) - {"console", "file", "webhook", "twilio", "log"}))
def test_without_pages_a_message_says_what_to_type(kind):
    shown = (FOLDER / f"{kind}-without_pages.txt").read_text(encoding="utf-8").replace("\\", "")
    assert "tocsin alerts ack 0123456789abcdef" in shown
    assert "tocsin silence add" in shown

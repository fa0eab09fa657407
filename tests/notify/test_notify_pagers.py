"""PagerDuty and Opsgenie: one incident a group, from its beginning to its end."""

import hashlib

import msgspec
import pytest

from tocsin.notify.receivers.opsgenie import Opsgenie
from tocsin.notify.receivers.pagerduty import EVENT_SIZE, PagerDuty
from tocsin.testing import alert, notification

GROUP = hashlib.sha256(notification().group_key.encode()).hexdigest()


def acknowledged():
    return msgspec.structs.replace(notification(), status="acknowledged")


@pytest.mark.parametrize(
    ("told", "action"),
    [(notification(), "trigger"), (notification(alert("resolved")), "resolve"), (acknowledged(), "acknowledge")],
)
def test_pagerduty_triggers_acknowledges_and_resolves_one_incident(told, action, server):
    PagerDuty(routing_key="R0UTING", url=server.url).deliver(told, key="k")
    event = server.requests[-1].json()
    assert (event["routing_key"], event["event_action"], event["dedup_key"]) == ("R0UTING", action, GROUP)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        *(("info", "info"), ("warning", "warning"), ("error", "error"), ("critical", "critical")),
        *(("emergency", "critical"), ("", "error"), ("page", "critical")),
    ],
)
def test_our_severities_are_pagerdutys(ours, theirs, server):
    PagerDuty(routing_key="x", url=server.url).deliver(notification(alert(severity=ours)), key="k")
    assert server.requests[-1].json()["payload"]["severity"] == theirs


def test_pagerdutys_texts_are_templates(server):
    receiver = PagerDuty(
        routing_key="{{ .CommonLabels.job }}-key",
        url=server.url,
        description="{{ .CommonLabels.alertname }}",
        severity='{{ if eq .Status "firing" }}warning{{ end }}',
        details={"who": "{{ .CommonLabels.job }}", "none": "{{ .CommonLabels.absent }}"},
        class_="http",
        links=({"href": "https://a.example/{{ .Status }}", "text": "A"},),
    )
    receiver.deliver(notification(), key="k")
    event = server.requests[-1].json()
    payload = event["payload"]
    assert (event["routing_key"], payload["summary"], payload["severity"]) == ("shop-key", "HighErrorRatio", "warning")
    assert (payload["class"], payload["custom_details"]["who"]) == ("http", "shop")
    assert "none" not in payload["custom_details"]
    assert event["links"] == [{"href": "https://a.example/firing", "text": "A"}]


def test_an_event_too_large_for_pagerduty_loses_its_details(server):
    receiver = PagerDuty(routing_key="x", url=server.url, details={"much": "x" * EVENT_SIZE})
    receiver.deliver(notification(), key="k")
    assert len(server.requests[0].body) < EVENT_SIZE
    assert "too large" in server.requests[-1].json()["payload"]["custom_details"]["error"]
    assert server.requests[-1].json()["payload"]["summary"]


def test_opsgenie_creates_an_alert(server):
    receiver = Opsgenie(
        api_key="K3Y",
        api_url=server.url,
        tags="shop, {{ .CommonLabels.severity }}",
        responders=({"type": "teams", "name": "a, b"}, {"type": "user", "username": "{{ .CommonLabels.job }}"}),
    )
    receiver.deliver(notification(), key="k")
    [request] = server.requests
    created = server.requests[-1].json()
    assert (request.method, request.path.removeprefix("/services/T0SECRET/B0SECRET")) == ("POST", "/v2/alerts")
    assert request.headers["Authorization"] == "GenieKey K3Y"
    assert (created["alias"], created["priority"], created["tags"]) == (GROUP, "P1", ["shop", "critical"])
    assert created["responders"] == [
        {"type": "team", "name": "a"},
        {"type": "team", "name": "b"},
        {"type": "user", "username": "shop"},
    ]
    assert len(created["message"]) <= 130


@pytest.mark.parametrize(
    ("told", "verb"), [(notification(alert("resolved")), "close"), (acknowledged(), "acknowledge")]
)
def test_opsgenie_closes_and_acknowledges(told, verb, server):
    Opsgenie(api_key="x", api_url=server.url).deliver(told, key="k")
    assert server.requests[0].path.endswith(f"/v2/alerts/{GROUP}/{verb}?identifierType=alias")


def test_opsgenie_is_told_who_acknowledged(server):
    told = msgspec.structs.replace(acknowledged(), acknowledged_by="jane, joe")
    Opsgenie(api_key="x", api_url=server.url).deliver(told, key="k")
    assert server.requests[0].json()["user"] == "jane, joe"
    Opsgenie(api_key="x", api_url=server.url).deliver(notification(alert("resolved")), key="k")
    assert server.requests[1].json() == {}


def test_opsgenies_alert_follows_ours_where_that_is_wanted(server):
    Opsgenie(api_key="x", api_url=server.url, update_alerts=True).deliver(notification(), key="k")
    assert [(request.method, request.path.rpartition("/")[2]) for request in server.requests] == [
        ("POST", "alerts"),
        ("PUT", "message?identifierType=alias"),
        ("PUT", "description?identifierType=alias"),
    ]

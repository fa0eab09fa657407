"""Slack, by webhook and as an app."""

import json

import pytest

from tocsin.notify import DeliveryError
from tocsin.notify.receivers.slack import Slack
from tocsin.notify.receivers.slack_app import REMEMBERED, SlackApp
from tocsin.testing import alert, notification


def test_slack_is_coloured_by_severity_and_green_when_all_is_over(server):
    receiver = Slack(api_url=server.url)
    for told in (notification(alert(severity="info")), notification(), notification(alert("resolved"))):
        receiver.deliver(told, key="k")
    colours = [server.requests[number].json()["attachments"][0]["color"] for number in range(3)]
    assert colours == ["#2f80ed", "#d32f2f", "#2e9e4f"]


def test_nothing_in_a_label_is_markup_for_slack(server):
    evil = alert(annotations={"summary": "<!channel> & <@U1>", "value": "<http://evil.example|click>"})
    Slack(api_url=server.url).deliver(notification(evil), key="k")
    said = server.requests[0].body.decode()
    assert "<!channel>" not in said
    assert "&lt;!channel&gt; &amp; &lt;@U1&gt;" in said
    assert "<http://evil" not in said


def test_slack_shows_the_worst_alerts_and_counts_the_rest(server):
    alerts = [alert(severity="info", pod=str(number)) for number in range(25)]
    Slack(api_url=server.url).deliver(notification(*alerts, alert(severity="emergency", pod="x")), key="k")
    [attachment] = server.requests[-1].json()["attachments"]
    assert len(attachment["fields"]) == 10
    assert "pod=x" in attachment["fields"][0]["value"]
    assert attachment["footer"] == "16 more alerts"


def test_slacks_texts_are_templates(server):
    receiver = Slack(
        api_url=server.url,
        channel="#{{ .CommonLabels.job }}",
        username="bell",
        title='{{ template "slack.default.title" . }}',
        text="{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}",
        color='{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}',
        actions=({"type": "button", "text": "Look", "url": "https://a.example/{{ .CommonLabels.job }}"},),
        link_names=True,
    )
    receiver.deliver(notification(), key="k")
    message = server.requests[-1].json()
    [attachment] = message["attachments"]
    assert (message["channel"], message["username"], message["link_names"]) == ("#shop", "bell", True)
    assert attachment["title"] == "[FIRING:1] HighErrorRatio (shop, critical)"
    assert attachment["text"] == "shop fails 12% of its requests"
    assert (attachment["color"], "fields" in attachment) == ("danger", False)
    assert attachment["actions"][0]["url"] == "https://a.example/shop"


def test_fields_of_ones_own(server):
    fields = ({"title": "Job", "value": "{{ .CommonLabels.job }}"}, {"title": "Long", "value": "x", "short": False})
    Slack(api_url=server.url, fields=fields, short_fields=True).deliver(notification(), key="k")
    assert server.requests[-1].json()["attachments"][0]["fields"] == [
        {"title": "Job", "value": "shop", "short": True},
        {"title": "Long", "value": "x", "short": False},
    ]


def app(server, **settings):
    return SlackApp(app_token="xoxb-1", channel="#ops", app_url=f"{server.url}/chat.postMessage", **settings)


def methods(server):
    return [request.path.rpartition("/")[2] for request in server.requests]


def test_an_app_posts_with_its_token_and_turns_the_message_green_at_the_end(server):
    receiver = app(server)
    receiver.deliver(notification(), key="1")
    receiver.deliver(notification(alert("resolved")), key="2")
    assert methods(server) == ["chat.postMessage", "chat.update"]
    assert server.requests[0].headers["Authorization"] == "Bearer xoxb-1"
    update = server.requests[-1].json()
    assert (update["channel"], update["ts"], update["attachments"][0]["color"]) == ("C1", "17.1", "#2e9e4f")
    receiver.deliver(notification(alert("resolved")), key="3")
    assert methods(server)[-1] == "chat.postMessage"


def test_an_app_updates_at_each_notification_where_that_is_wanted(server):
    messages = {}
    app(server, update_message=True, messages=messages).deliver(notification(), key="1")
    assert messages == {notification().group_key: "C1/17.1"}
    app(server, update_message=True, messages=messages).deliver(notification(), key="2")
    assert methods(server) == ["chat.postMessage", "chat.update"]
    assert messages


@pytest.mark.parametrize(
    ("error", "recoverable"), [("ratelimited", True), ("internal_error", True), ("invalid_auth", False)]
)
def test_slack_says_in_the_body_what_is_wrong(error, recoverable, server):
    server.body = json.dumps({"ok": False, "error": error}).encode()
    with pytest.raises(DeliveryError, match=f"Slack refused: {error}") as caught:
        app(server).deliver(notification(), key="k")
    assert caught.value.recoverable is recoverable


def test_where_the_message_is_gone_a_new_one_is_posted(server):
    receiver = app(server, messages={notification().group_key: "C1/1.1"})
    server.body = b'{"ok": false, "error": "message_not_found"}'
    with pytest.raises(DeliveryError, match="message_not_found"):
        receiver.deliver(notification(alert("resolved")), key="k")
    assert methods(server) == ["chat.update", "chat.postMessage"]


def test_an_app_remembers_the_newest_messages_only(server):
    receiver = app(server, messages={str(number): "C/1" for number in range(REMEMBERED)})
    receiver.deliver(notification(), key="k")
    assert len(receiver.messages) == REMEMBERED
    assert "0" not in receiver.messages


@pytest.mark.parametrize("settings", [{"channel": ""}, {"app_token": ""}])
def test_an_app_needs_a_channel_and_a_token(settings):
    with pytest.raises(ValueError, match="is missing"):
        SlackApp(**{"app_token": "x", "channel": "#ops"} | settings)

"""Teams, Discord and Telegram, each within its limits."""

import pytest

from tocsin.notify import RECEIVERS, Templates
from tocsin.notify.receivers.discord import Discord
from tocsin.notify.receivers.msteams import CARD_SIZE, MSTeams
from tocsin.notify.receivers.telegram import Telegram
from tocsin.testing import alert, notification


def test_a_card_is_small_enough_for_teams(server):
    long = {"summary": "s" * 500, "description": "d" * 3000, "runbook": "r" * 3000}
    alerts = [alert(annotations=long, pod=f"{number}" * 400) for number in range(10)]
    MSTeams(webhook_url=server.url).deliver(notification(*alerts), key="k")
    assert len(server.requests[0].body) <= CARD_SIZE
    assert "more alerts" in server.requests[0].body.decode()


def test_teams_shows_texts_of_ones_own(server):
    templates = Templates({"t": '{{ define "msteams.default.title" }}old {{ .Status }}{{ end }}'})
    MSTeams(webhook_url=server.url, text="**{{ .Status }}**", templates=templates, flavour="msteams").deliver(
        notification(), key="k"
    )
    card = server.requests[-1].json()["attachments"][0]["content"]
    assert [block["text"] for block in card["body"]] == ["🔴 old firing", "**firing**"]


def test_discord_mentions_nobody_that_a_label_names(server):
    Discord(webhook_url=server.url).deliver(notification(alert(annotations={"summary": "@everyone <@1>"})), key="k")
    message = server.requests[-1].json()
    assert message["allowed_mentions"] == {"parse": []}
    assert "@everyone" not in message["embeds"][0]["description"]
    Discord(webhook_url=server.url, content="@here look").deliver(notification(), key="k")
    assert server.requests[-1].json()["content"] == "@here look"


@pytest.mark.parametrize(
    ("kind", "settings", "text", "limit"),
    [
        ("discord", {"webhook_url": ""}, lambda sent: sent["embeds"][0]["description"], 4096),
        ("discord", {"webhook_url": ""}, lambda sent: sent["embeds"][0]["title"], 256),
        ("telegram", {"api_url": "", "bot_token": "x", "chat_id": "1"}, lambda sent: sent["text"], 4096),
        ("opsgenie", {"api_url": "", "api_key": "x"}, lambda sent: sent["message"], 130),
        ("opsgenie", {"api_url": "", "api_key": "x"}, lambda sent: sent["description"], 15_000),
        ("pagerduty", {"url": "", "routing_key": "x"}, lambda sent: sent["payload"]["summary"], 1024),
    ],
)
def test_the_limits_of_the_providers_are_kept(kind, settings, text, limit, server):
    settings = {name: value or server.url for name, value in settings.items()}
    long = {"summary": "<&" * 3000, "description": "d" * 5000}
    told = notification(*(alert(annotations=long, pod=str(number)) for number in range(40)))
    RECEIVERS[kind](**settings).deliver(told, key="k")
    assert 0 < len(text(server.requests[-1].json())) <= limit


def test_telegram_is_silent_about_what_is_not_urgent(server):
    receiver = Telegram(bot_token="x", chat_id="-7", api_url=server.url)
    for told in (notification(), notification(alert(severity="info")), notification(alert("resolved"))):
        receiver.deliver(told, key="k")
    assert [server.requests[number].json()["disable_notification"] for number in range(3)] == [False, True, True]
    assert server.requests[0].path.endswith("/botx/sendMessage")


def test_telegrams_text_is_escaped_for_html(server):
    evil = alert(annotations={"summary": "<b>"})
    Telegram(bot_token="x", chat_id="1", api_url=server.url).deliver(notification(evil), key="k")
    assert "&lt;b&gt;" in server.requests[-1].json()["text"]
    text = "<i>{{ (index .Alerts 0).Annotations.summary }}</i>"
    Telegram(bot_token="x", chat_id="1", api_url=server.url, message=text).deliver(notification(evil), key="k")
    assert server.requests[-1].json()["text"] == "<i>&lt;b&gt;</i>"
    Telegram(bot_token="x", chat_id="1", api_url=server.url, message=text, parse_mode="").deliver(
        notification(evil), key="k"
    )
    assert (server.requests[-1].json()["text"], "parse_mode" in server.requests[-1].json()) == ("<i><b></i>", False)


@pytest.mark.parametrize("settings", [{"parse_mode": "XML"}, {"chat_id": ""}])
def test_senseless_settings_of_telegram(settings):
    with pytest.raises(ValueError, match=r"parse_mode|chat_id"):
        Telegram(**{"bot_token": "x", "chat_id": "1"} | settings)

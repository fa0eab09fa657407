"""What is special about each channel."""

import hashlib
import hmac
import json
import logging
import subprocess
import sys
from urllib.parse import parse_qs

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.notify import RECEIVERS, DeliveryError, Templates, decode
from tocsin.notify.discord import Discord
from tocsin.notify.log import Log
from tocsin.notify.msteams import CARD_SIZE, MSTeams
from tocsin.notify.opsgenie import Opsgenie
from tocsin.notify.pagerduty import EVENT_SIZE, PagerDuty
from tocsin.notify.sendgrid import SendGrid
from tocsin.notify.slack import Slack
from tocsin.notify.slack_app import REMEMBERED, SlackApp
from tocsin.notify.sms import fit, segments
from tocsin.notify.telegram import Telegram
from tocsin.notify.twilio import Twilio
from tocsin.notify.webhook import Webhook
from tocsin.testing import alert, notification

GROUP = hashlib.sha256(notification().group_key.encode()).hexdigest()


def sent(server, number=-1):
    return json.loads(server.requests[number].body)


def acknowledged():
    return msgspec.structs.replace(notification(), status="acknowledged")


def test_a_webhook_is_signed(server):
    Webhook(url=server.url, hmac_secret="s3cret", clock=lambda: 1700000000.9).deliver(notification(), key="k")
    [request] = server.requests
    expected = hmac.new(b"s3cret", b"1700000000." + request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Tocsin-Signature"] == f"t=1700000000,v1={expected}"
    assert decode(request.body) == notification()


def test_a_webhook_without_secret_is_not_signed(server):
    Webhook(url=server.url).deliver(notification(), key="k")
    assert server.requests[0].headers["X-Tocsin-Signature"] is None


@pytest.mark.parametrize(
    ("told", "action"),
    [(notification(), "trigger"), (notification(alert("resolved")), "resolve"), (acknowledged(), "acknowledge")],
)
def test_pagerduty_triggers_acknowledges_and_resolves_one_incident(told, action, server):
    PagerDuty(routing_key="R0UTING", url=server.url).deliver(told, key="k")
    event = sent(server)
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
    assert sent(server)["payload"]["severity"] == theirs


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
    event = sent(server)
    payload = event["payload"]
    assert (event["routing_key"], payload["summary"], payload["severity"]) == ("shop-key", "HighErrorRatio", "warning")
    assert (payload["class"], payload["custom_details"]["who"]) == ("http", "shop")
    assert "none" not in payload["custom_details"]
    assert event["links"] == [{"href": "https://a.example/firing", "text": "A"}]


def test_an_event_too_large_for_pagerduty_loses_its_details(server):
    receiver = PagerDuty(routing_key="x", url=server.url, details={"much": "x" * EVENT_SIZE})
    receiver.deliver(notification(), key="k")
    assert len(server.requests[0].body) < EVENT_SIZE
    assert "too large" in sent(server)["payload"]["custom_details"]["error"]
    assert sent(server)["payload"]["summary"]


def test_opsgenie_creates_an_alert(server):
    receiver = Opsgenie(
        api_key="K3Y",
        api_url=server.url,
        tags="shop, {{ .CommonLabels.severity }}",
        responders=({"type": "teams", "name": "a, b"}, {"type": "user", "username": "{{ .CommonLabels.job }}"}),
    )
    receiver.deliver(notification(), key="k")
    [request] = server.requests
    created = sent(server)
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


def test_opsgenies_alert_follows_ours_where_that_is_wanted(server):
    Opsgenie(api_key="x", api_url=server.url, update_alerts=True).deliver(notification(), key="k")
    assert [(request.method, request.path.rpartition("/")[2]) for request in server.requests] == [
        ("POST", "alerts"),
        ("PUT", "message?identifierType=alias"),
        ("PUT", "description?identifierType=alias"),
    ]


def test_slack_is_coloured_by_severity_and_green_when_all_is_over(server):
    receiver = Slack(api_url=server.url)
    for told in (notification(alert(severity="info")), notification(), notification(alert("resolved"))):
        receiver.deliver(told, key="k")
    colours = [sent(server, number)["attachments"][0]["color"] for number in range(3)]
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
    [attachment] = sent(server)["attachments"]
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
    message = sent(server)
    [attachment] = message["attachments"]
    assert (message["channel"], message["username"], message["link_names"]) == ("#shop", "bell", True)
    assert attachment["title"] == "[FIRING:1] HighErrorRatio (shop, critical)"
    assert attachment["text"] == "shop fails 12% of its requests"
    assert (attachment["color"], "fields" in attachment) == ("danger", False)
    assert attachment["actions"][0]["url"] == "https://a.example/shop"


def test_fields_of_ones_own(server):
    fields = ({"title": "Job", "value": "{{ .CommonLabels.job }}"}, {"title": "Long", "value": "x", "short": False})
    Slack(api_url=server.url, fields=fields, short_fields=True).deliver(notification(), key="k")
    assert sent(server)["attachments"][0]["fields"] == [
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
    update = sent(server)
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
    card = sent(server)["attachments"][0]["content"]
    assert [block["text"] for block in card["body"]] == ["🔴 old firing", "**firing**"]


def test_discord_mentions_nobody_that_a_label_names(server):
    Discord(webhook_url=server.url).deliver(notification(alert(annotations={"summary": "@everyone <@1>"})), key="k")
    message = sent(server)
    assert message["allowed_mentions"] == {"parse": []}
    assert "@everyone" not in message["embeds"][0]["description"]
    Discord(webhook_url=server.url, content="@here look").deliver(notification(), key="k")
    assert sent(server)["content"] == "@here look"


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
    assert 0 < len(text(sent(server))) <= limit


def test_telegram_is_silent_about_what_is_not_urgent(server):
    receiver = Telegram(bot_token="x", chat_id="-7", api_url=server.url)
    for told in (notification(), notification(alert(severity="info")), notification(alert("resolved"))):
        receiver.deliver(told, key="k")
    assert [sent(server, number)["disable_notification"] for number in range(3)] == [False, True, True]
    assert server.requests[0].path.endswith("/botx/sendMessage")


def test_telegrams_text_is_escaped_for_html(server):
    evil = alert(annotations={"summary": "<b>"})
    Telegram(bot_token="x", chat_id="1", api_url=server.url).deliver(notification(evil), key="k")
    assert "&lt;b&gt;" in sent(server)["text"]
    text = "<i>{{ (index .Alerts 0).Annotations.summary }}</i>"
    Telegram(bot_token="x", chat_id="1", api_url=server.url, message=text).deliver(notification(evil), key="k")
    assert sent(server)["text"] == "<i>&lt;b&gt;</i>"
    Telegram(bot_token="x", chat_id="1", api_url=server.url, message=text, parse_mode="").deliver(
        notification(evil), key="k"
    )
    assert (sent(server)["text"], "parse_mode" in sent(server)) == ("<i><b></i>", False)


@pytest.mark.parametrize("settings", [{"parse_mode": "XML"}, {"chat_id": ""}])
def test_senseless_settings_of_telegram(settings):
    with pytest.raises(ValueError, match=r"parse_mode|chat_id"):
        Telegram(**{"bot_token": "x", "chat_id": "1"} | settings)


def sms(server, **settings):
    numbers = {"sender": "+15550001", "to": ("+15550002", "+15550003")}
    return Twilio(account_sid="AC1", auth_token="pass", api_url=server.url, **numbers | settings)


def test_a_text_message_goes_to_each_number(server):
    sms(server).deliver(notification(), key="k")
    forms = [parse_qs(request.body.decode()) for request in server.requests]
    assert [form["To"] for form in forms] == [["+15550002"], ["+15550003"]]
    assert forms[0]["From"] == ["+15550001"]
    assert server.requests[0].path.endswith("/2010-04-01/Accounts/AC1/Messages.json")
    assert server.requests[0].headers["Authorization"] == "Basic QUMxOnBhc3M="
    assert forms[0]["Body"][0].startswith("[FIRING:1] critical: shop fails 12% of its requests")


@pytest.mark.parametrize(
    ("severity", "least", "messages"),
    [
        ("warning", "critical", 0),
        ("error", "critical", 0),
        ("critical", "critical", 2),
        ("emergency", "critical", 2),
        ("warning", "warning", 2),
    ],
)
def test_only_what_is_bad_enough_is_texted(severity, least, messages, server):
    sms(server, severity=least).deliver(notification(alert(severity=severity)), key="k")
    assert len(server.requests) == messages


def test_a_number_that_fails_repeats_nothing_to_the_others(server):
    receiver = sms(server)
    answers = iter([200, 500, 200])
    original = Twilio._form

    def form(self, told, number):
        server.status = next(answers)
        return original(self, told, number)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Twilio, "_form", form)
        with pytest.raises(DeliveryError) as caught:
            receiver.deliver(notification(), key="k")
        assert caught.value.recoverable
        receiver.deliver(notification(), key="k")
    assert [parse_qs(each.body.decode())["To"][0] for each in server.requests] == [
        "+15550002",
        "+15550003",
        "+15550003",
    ]


@pytest.mark.parametrize("settings", [{"severity": "bad"}, {"to": ()}, {"max_segments": 0}])
def test_senseless_settings_of_text_messages(settings, server):
    with pytest.raises(ValueError, match=r"severity|number"):
        sms(server, **settings)


def test_segments_are_counted_as_carriers_do():
    assert [segments("a" * length) for length in (1, 160, 161, 306, 307)] == [1, 1, 2, 2, 3]
    assert [segments("ж" * length) for length in (70, 71, 134, 135)] == [1, 2, 2, 3]
    assert (segments("€" * 80), segments("€" * 81)) == (1, 2)
    assert segments("🔥" * 36) == 2


@given(st.text(), st.integers(min_value=1, max_value=4))
def test_a_text_is_cut_to_what_fits(text, limit):
    kept = fit(text, limit=limit)
    assert segments(kept) <= limit
    assert kept == text or (kept.endswith("...") and text.startswith(kept[:-3].rstrip()))


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
    letter = sent(server)
    assert letter["personalizations"] == [{"to": [{"email": "a@b.example", "name": "A"}, {"email": "c@d.example"}]}]
    assert (letter["from"], letter["subject"]) == (
        {"email": "t@b.example"},
        "[FIRING:1] critical: shop fails 12% of its requests",
    )
    assert [part["type"] for part in letter["content"]] == ["text/plain", "text/html"]
    assert letter["headers"]["Message-ID"] == "<abc.tocsin@b.example>"
    assert not {"to", "from", "subject"} & {name.lower() for name in letter["headers"]}


def test_sentry_gets_an_event_with_one_id_a_key(server):
    pytest.importorskip("sentry_sdk")
    dsn = f"http://k3y@127.0.0.1:{server.port}/7"
    for key in ("1", "1", "2"):
        RECEIVERS["sentry"](dsn=dsn, environment="live").deliver(notification(), key=key)
    events = [json.loads(request.body.split(b"\n")[2]) for request in server.requests]
    assert server.requests[0].path == "/api/7/envelope/"
    assert "sentry_key=k3y" in server.requests[0].headers["X-Sentry-Auth"]
    assert events[0]["event_id"] == events[1]["event_id"] != events[2]["event_id"]
    event = events[0]
    assert (event["level"], event["environment"], event["tags"]["job"]) == ("fatal", "live", "shop")
    assert event["fingerprint"] == ["tocsin", GROUP]
    assert "Look at the newest issues" in event["extra"]["alerts"]


def test_sentry_leaves_the_applications_sentry_alone(server):
    sentry_sdk = pytest.importorskip("sentry_sdk")
    seen = []
    with sentry_sdk.isolation_scope():
        sentry_sdk.set_tag("mine", "yes")
        sentry_sdk.get_isolation_scope().add_event_processor(lambda event, hint: seen.append(event) or event)
        RECEIVERS["sentry"](dsn=f"http://k@127.0.0.1:{server.port}/7").deliver(notification(), key="1")
    assert seen == []
    assert b"mine" not in server.requests[0].body
    assert not sentry_sdk.get_client().is_active()


@pytest.mark.parametrize("dsn", ["", "https://nokey.example/1", "T0SECRET"])
def test_a_dsn_that_is_none_is_refused_and_not_shown(dsn):
    pytest.importorskip("sentry_sdk")
    with pytest.raises(ValueError, match="write one like https://key@host/project") as caught:
        RECEIVERS["sentry"](dsn=dsn)
    assert "T0SECRET" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what apprise imports on older Pythons
def test_apprise_sends_to_every_service(server):
    pytest.importorskip("apprise")
    url = f"json://127.0.0.1:{server.port}"
    RECEIVERS["apprise"](urls=(f"{url}/a", f"{url}/b")).deliver(notification(), key="k")
    assert [request.path for request in server.requests] == ["/a", "/b"]
    assert sent(server)["title"] == "[FIRING:1] critical: shop fails 12% of its requests"
    assert "value: 12% (threshold 5%)" in sent(server)["message"]
    assert sent(server)["type"] == "failure"
    server.status = 500
    with pytest.raises(DeliveryError, match="url 1, 2 did not take the message") as caught:
        RECEIVERS["apprise"](urls=(f"{url}/a", f"{url}/b")).deliver(notification(), key="k")
    assert caught.value.recoverable
    with pytest.raises(DeliveryError, match="url 1 is none that Apprise knows") as caught:
        RECEIVERS["apprise"](urls=("nonsense://T0SECRET",)).deliver(notification(), key="k")
    assert not caught.value.recoverable


@pytest.mark.parametrize(("kind", "module"), [("sentry", "sentry_client"), ("apprise", "apprise")])
def test_an_extra_that_is_missing_is_named(kind, module, monkeypatch):
    monkeypatch.setattr(f"tocsin.notify.{module}.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=rf"pip install 'tocsin\[{kind}\]'"):
        RECEIVERS[kind](**{"sentry": {"dsn": "https://k@h/1"}, "apprise": {"urls": ("json://x",)}}[kind])


def test_extras_are_imported_only_when_they_are_used():
    code = (
        "import sys, tocsin.alerting; from tocsin.notify import RECEIVERS; RECEIVERS['slack'](api_url='http://h/');"
        "print(sorted({'apprise', 'sentry_sdk', 'requests'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

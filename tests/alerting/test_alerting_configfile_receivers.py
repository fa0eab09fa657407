"""The receivers of an alertmanager.yml, with everything that it can say of those that we deliver."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tocsin.alerting import AlertingConfigError, load, receivers
from tocsin.notify import RECEIVERS, Authorization
from tocsin.testing import alert, notification

URL = "https://hooks.example/T0SECRET"
HTTP = {
    "authorization": {"type": "Token", "credentials_file": "token"},
    "tls_config": {"ca_file": "ca.pem", "server_name": "inside.example", "min_version": "TLS13"},
    "proxy_url": "http://proxy.example:3128",
    "no_proxy": "10.0.0.0/8",
    "http_headers": {"X-Scope": {"values": ["a"], "secrets": ["b"], "files": ["c"]}},
    "proxy_connect_header": {"X-Proxy": ["d"]},
    "follow_redirects": False,
    "enable_http2": True,
}
#: Each kind that is delivered: every key of Alertmanager's reference, and what must come of some of them.
FULL = {
    "webhook": {"url": URL, "max_alerts": 3, "send_resolved": False, "timeout": "7s"},
    "discord": {
        "webhook_url": URL,
        "title": "t",
        "message": "m",
        "content": "c",
        "username": "u",
        "avatar_url": "https://a.example/",
    },
    "msteams": {"webhook_url": URL, "title": "t", "summary": "s", "text": "x"},
    "msteamsv2": {"webhook_url": URL, "title": "t", "text": "x"},
    "telegram": {
        "api_url": "https://t.example",
        "bot_token": "x",
        "chat_id": -100123,
        "message_thread_id": 7,
        "message": "m",
        "disable_notifications": True,
        "parse_mode": "MarkdownV2",
    },
    "pagerduty": {
        "routing_key": "k",
        "url": "https://pd.example/",
        "client": "c",
        "client_url": "u",
        "description": "d",
        "severity": "warning",
        "source": "s",
        "component": "o",
        "group": "g",
        "class": "l",
        "details": {"a": "b"},
        "images": [{"href": "h", "src": "s", "alt": "a"}],
        "links": [{"href": "h", "text": "t"}],
    },
    "opsgenie": {
        "api_key": "k",
        "api_url": "https://og.example/",
        "message": "m",
        "description": "d",
        "source": "s",
        "tags": "a,b",
        "note": "n",
        "priority": "P2",
        "entity": "e",
        "actions": "x",
        "update_alerts": True,
        "details": {"a": "b"},
        "responders": [{"name": "ops", "type": "team"}],
    },
    "slack": {
        "api_url": URL,
        "channel": "#c",
        "username": "u",
        "icon_emoji": ":x:",
        "icon_url": "i",
        "link_names": True,
        "callback_id": "k",
        "color": "danger",
        "fallback": "f",
        "footer": "o",
        "pretext": "p",
        "text": "x",
        "title": "t",
        "title_link": "l",
        "image_url": "i",
        "thumb_url": "h",
        "short_fields": True,
        "mrkdwn_in": ["text"],
        "fields": [{"title": "t", "value": "v", "short": True}],
        "actions": [
            {
                "type": "button",
                "text": "t",
                "url": "u",
                "style": "danger",
                "name": "n",
                "value": "v",
                "confirm": {"text": "sure?", "title": "t", "ok_text": "o", "dismiss_text": "d"},
            }
        ],
    },
    "email": {
        "to": "a@b.example",
        "from": "t@b.example",
        "smarthost": "mail.example:587",
        "hello": "me.example",
        "auth_username": "u",
        "auth_password": "p",
        "auth_secret": "s",
        "auth_identity": "i",
        "require_tls": False,
        "html": "h",
        "text": "x",
        "force_implicit_tls": True,
        "headers": {"Subject": "s"},
        "tls_config": {"insecure_skip_verify": True},
        "threading": {"enabled": True, "thread_by_date": "daily"},
    },
}


def config(kind, settings, global_settings=None, **more):
    document = {
        **more,
        "route": {"receiver": "team"},
        "receivers": [{"name": "team", f"{kind}_configs": [settings]}],
        **({"global": global_settings} if global_settings else {}),
    }
    return load(yaml.safe_dump(document), "/etc/am/am.yml")


def settings(*given, **named):
    [integration] = config(*given, **named).receivers[0].integrations
    return integration.settings


@pytest.mark.parametrize("kind", sorted(FULL))
def test_every_key_is_taken(kind):
    http = {} if kind == "email" else {"http_config": HTTP}
    loaded = config(kind, FULL[kind] | http)
    assert (loaded.undelivered, loaded.unapplied) == ((), ())
    [integration] = loaded.receivers[0].integrations
    assert len(receivers(loaded)) == 1
    assert "T0SECRET" not in repr(loaded)
    left_out = {"send_resolved", "timeout", "threading", "tls_config", "force_implicit_tls"}
    if kind != "email":
        taken = {name.rstrip("_") for name in integration.settings}
        assert taken >= FULL[kind].keys() - left_out
        options = integration.settings["http"]
        assert options.authorization == Authorization(scheme="Token", credentials=Path("/etc/am/token"))
        assert (options.tls.ca, options.tls.server_name, options.tls.min_version) == (
            Path("/etc/am/ca.pem"),
            "inside.example",
            "TLS13",
        )
        assert options.headers == {"X-Scope": ("a", "b", Path("/etc/am/c"))}
        assert (options.proxy_url, options.no_proxy) == ("http://proxy.example:3128", "10.0.0.0/8")
        assert options.proxy_headers == {"X-Proxy": ("d",)}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        *(("webhook", True), ("discord", True), ("msteams", True), ("msteamsv2", True), ("telegram", True)),
        *(("pagerduty", True), ("opsgenie", True), ("slack", False), ("email", False)),
    ],
)
def test_resolutions_are_told_where_alertmanager_tells_them(kind, told):
    own = {name: value for name, value in FULL[kind].items() if name != "send_resolved"}
    assert config(kind, own).receivers[0].integrations[0].send_resolved is told


@pytest.mark.parametrize("kind", sorted(FULL))
def test_an_unknown_key_is_refused(kind):
    with pytest.raises(AlertingConfigError, match="is not known here"):
        config(kind, FULL[kind] | {"nonsense": 1})


@pytest.mark.parametrize(
    "http",
    [
        {"nonsense": 1},
        {"tls_config": {"nonsense": 1}},
        {"tls_config": {"min_version": "SSL3"}},
        {"tls_config": {"cert_file": "only"}},
        {"basic_auth": {"password": "a", "password_file": "b"}},
        {"basic_auth": {"username": "a"}, "bearer_token": "b"},
        {"follow_redirects": "maybe"},
    ],
)
def test_a_senseless_http_config_is_refused(http):
    for global_settings, own in (({"http_config": http}, {}), (None, {"http_config": http})):
        with pytest.raises(AlertingConfigError) as caught:
            config("webhook", {"url": URL} | own, global_settings)
        assert len(caught.value.problems) == 1


def test_the_global_http_config_counts_where_there_is_no_other():
    shared = {"http_config": {"bearer_token": "b", "follow_redirects": False}}
    inherited = settings("webhook", {"url": URL, "timeout": "3s"}, shared)["http"]
    assert (inherited.authorization, inherited.timeout) == (Authorization(credentials="b"), 3.0)
    own = settings("webhook", {"url": URL, "http_config": {"basic_auth": {"username": "u", "password": "p"}}}, shared)
    assert own["http"].authorization == Authorization(user="u", credentials="p")


def test_what_of_http_is_not_applied_is_said():
    http = {"oauth2": {"client_id": "a"}, "follow_redirects": True, "proxy_url": "socks5://p.example"}
    assert [
        each.partition(" (line")[0].rpartition(".")[2]
        for each in config("webhook", {"url": URL, "http_config": http}).unapplied
    ] == [
        "follow_redirects",
        "proxy_url",
        "oauth2",
    ]


@pytest.mark.parametrize(
    ("kind", "own", "shared", "name", "value"),
    [
        ("opsgenie", {}, {"opsgenie_api_key": "k"}, "api_key", "k"),
        ("opsgenie", {}, {"opsgenie_api_key_file": "f"}, "api_key", Path("/etc/am/f")),
        ("opsgenie", {"api_key": "k"}, {"opsgenie_api_url": "https://eu.example"}, "api_url", "https://eu.example"),
        ("opsgenie", {"api_key": "own"}, {"opsgenie_api_key": "k"}, "api_key", "own"),
        ("pagerduty", {"routing_key_file": "f"}, {"pagerduty_url": "https://p.example"}, "url", "https://p.example"),
        ("pagerduty", {"routing_key_file": "f"}, {}, "routing_key", Path("/etc/am/f")),
        ("telegram", {"chat_id": 1}, {"telegram_bot_token": "t"}, "bot_token", "t"),
        ("telegram", {"chat_id": 1, "bot_token_file": "f"}, {}, "bot_token", Path("/etc/am/f")),
        (
            "telegram",
            {"chat_id": 1, "bot_token": "t"},
            {"telegram_api_url": "https://t.example"},
            "api_url",
            "https://t.example",
        ),
        ("slack", {}, {"slack_api_url": URL}, "api_url", URL),
        ("slack", {"api_url_file": "f"}, {"slack_api_url": URL}, "api_url", Path("/etc/am/f")),
        ("slack", {"channel": "#a"}, {"slack_app_token": "x"}, "app_token", "x"),
        (
            "slack",
            {"channel": "#a"},
            {"slack_app_token": "x", "slack_app_url": "https://s.example"},
            "app_url",
            "https://s.example",
        ),
        ("discord", {"webhook_url_file": "f"}, {}, "webhook_url", Path("/etc/am/f")),
    ],
)
def test_secrets_and_addresses_may_be_global_or_in_files(kind, own, shared, name, value):
    assert settings(kind, own, shared)[name] == value
    assert receivers(config(kind, own, shared))


def test_slack_with_a_token_is_an_app():
    app = settings("slack", {"channel": "#a", "app_token": "x", "update_message": True})
    assert (app["app_token"], app["update_message"]) == ("x", True)
    workaround = {"api_url": "https://slack.com/api/chat.postMessage", "channel": "#a"}
    workaround |= {"http_config": {"authorization": {"credentials": "xoxb"}}}
    [integration] = config("slack", workaround).receivers[0].integrations
    assert integration.kind == "slack_app"
    assert integration.settings["http"].authorization == Authorization(credentials="xoxb")
    assert receivers(config("slack", workaround))
    with pytest.raises(AlertingConfigError, match="is for apps"):
        config("slack", {"api_url": URL, "update_message": True})


def test_emails_with_everything_of_their_own():
    found = settings("email", FULL["email"])
    server, texts = found["server"], found["texts"]
    assert (found["to"], found["sender"]) == ("a@b.example", "t@b.example")
    assert (server.host, server.port, server.hello, server.username) == ("mail.example", 587, "me.example", "u")
    assert (server.password, server.secret, server.identity) == ("p", "s", "i")
    assert (server.require_tls, server.implicit_tls, server.tls.insecure_skip_verify) == (False, True, True)
    assert (texts.headers, texts.html, texts.text) == ({"Subject": "s"}, "h", "x")
    assert (texts.thread, texts.thread_by_date) == (True, "daily")


def test_emails_with_everything_global():
    shared = {
        "smtp_from": "t@b.example",
        "smtp_smarthost": "mail.example:465",
        "smtp_hello": "me.example",
        "smtp_auth_username": "u",
        "smtp_auth_password_file": "pw",
        "smtp_auth_identity": "i",
        "smtp_require_tls": False,
        "smtp_tls_config": {"server_name": "inside.example"},
    }
    found = settings("email", {"to": "a@b.example"}, shared)
    server = found["server"]
    assert found["sender"] == "t@b.example"
    assert (server.port, server.hello, server.username, server.password) == (465, "me.example", "u", Path("/etc/am/pw"))
    assert (server.require_tls, server.implicit_tls, server.tls.server_name) == (False, None, "inside.example")
    assert found["texts"].thread
    assert not settings("email", {"to": "a@b.example", "threading": {"enabled": False}}, shared)["texts"].thread


def test_what_is_wrong_with_an_email_is_said():
    with pytest.raises(AlertingConfigError, match=r"write one like smtp\.example\.org:587"):
        config("email", {"to": "a@b.example", "from": "t@b.example", "smarthost": "mail"})
    with pytest.raises(AlertingConfigError, match="has 'subject' twice"):
        config("email", FULL["email"] | {"headers": {"Subject": "a", "subject": "b"}})


@pytest.mark.parametrize(
    ("kind", "needed", "instead"),
    [
        ("pushover", {"user_key": "a", "token": "b"}, "pover://"),
        ("sns", {"topic_arn": "a"}, "sns://"),
        ("victorops", {"api_key": "a", "routing_key": "b"}, "splunk://"),
        ("webex", {"room_id": "a"}, "wxteams://"),
        ("wechat", {"api_secret": "a"}, "wecombot://"),
        ("rocketchat", {"token": "a", "token_id": "b"}, "rockets://"),
        ("mattermost", {"webhook_url": URL}, "mmosts://"),
        ("jira", {"project": "a"}, "webhook_configs"),
        ("pagerduty", {"service_key": "a"}, "use routing_key"),
    ],
)
def test_what_is_not_delivered_is_accepted_and_said_with_what_to_do(kind, needed, instead):
    loaded = config(kind, needed)
    assert loaded.receivers[0].integrations == ()
    [said] = loaded.undelivered
    assert said.startswith(f"receivers[0].{kind}_configs[0] (line ")
    assert instead in said


def test_templates_of_files_are_used(tmp_path, monkeypatch):
    (tmp_path / "own.tmpl").write_text(
        '{{ define "slack.default.title" }}mine: {{ .Status }}{{ end }}{{ define "x" }}X{{ end }}'
    )
    text = f"""
templates: ['{tmp_path}/*.tmpl', 'none/*.tmpl']
route: {{receiver: team}}
receivers: [{{name: team, slack_configs: [{{api_url: "{URL}", text: '{{{{ template "x" . }}}}'}}]}}]
"""
    loaded = load(text, str(tmp_path / "am.yml"))
    assert loaded.unapplied == ()
    [receiver] = receivers(loaded).values()
    [attachment] = receiver.payload(notification())["attachments"]
    assert (attachment["title"], attachment["text"]) == ("mine: firing", "X")


def test_a_broken_template_file_is_found(tmp_path):
    (tmp_path / "own.tmpl").write_text("{{ nonsense }}")
    with pytest.raises(AlertingConfigError, match=r"templates: template: own\.tmpl:1"):
        config("webhook", {"url": URL}, templates=[str(tmp_path / "own.tmpl")])


@pytest.mark.parametrize("kind", sorted(FULL))
def test_every_text_of_alertmanagers_defaults_can_be_written_out(kind):
    """People copy Alertmanager's defaults and change one: `title: '{{ template "slack.default.title" . }}'`."""
    names = {
        "slack": ["title", "username", "fallback", "pretext", "text", "footer"],
        "discord": ["title", "message", "content"],
        "telegram": ["message"],
        "opsgenie": ["message", "description", "source"],
        "pagerduty": ["description", "client"],
        "msteams": ["title", "summary", "text"],
        "msteamsv2": ["title", "text"],
        "email": ["html"],
    }.get(kind, [])
    texts = {name: f'{{{{ template "{kind}.default.{name}" . }}}}' for name in names}
    [receiver] = receivers(config(kind, FULL[kind] | texts)).values()
    shown = receiver.preview(notification(alert(), alert("resolved")))
    assert "template" not in shown
    assert not names or "HighErrorRatio" in shown


def test_settings_of_our_own_are_for_notify_only():
    text = yaml.safe_dump(
        {
            "route": {"receiver": "team"},
            "receivers": [{"name": "team", "webhook_configs": [{"url": URL, "hmac_secret": "s"}]}],
        }
    )
    with pytest.raises(AlertingConfigError, match="hmac_secret: is not known here"):
        load(text, "am.yml")
    [integration] = load(text, "notify", own_settings=True).receivers[0].integrations
    assert integration.settings["hmac_secret"] == "s"


def test_private_targets_are_denied_to_all_that_speak_http():
    for kind, own in FULL.items():
        loaded = replace(config(kind, own))
        [receiver] = receivers(loaded, private_targets="deny").values()
        if kind != "email":
            assert receiver.http.private_targets == "deny"
    assert "webhook" in RECEIVERS

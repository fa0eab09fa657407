"""The simple way to say who is told."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import yaml

from tocsin.alerting import Timing, load, receivers, simple
from tocsin.testing import notification

PAGER = "0123456789abcdef0123456789abcdef"


def routed(notify, **labels):
    return [route.receiver for route in simple(notify).config().route.routes_for(labels)]


def sms(http):
    text = {"account_sid": "AC1", "auth_token": "t", "sender": "+1", "to": ["+2"]}
    return {"sms": {"twilio": {**text, "http": http}}}


TEAMS = {
    "oncall": {"pagerduty": PAGER, "severity": ["critical", "emergency"]},
    "database": {"slack": "https://hooks.example/T/S", "matchers": ['team=~"db|sql"', "env!=test"]},
    "default": {"webhook": "https://hook.example/x"},
}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"severity": "critical", "team": "db"}, ["oncall"]),
        ({"severity": "emergency", "issue": "7"}, ["oncall-issues"]),
        ({"severity": "error", "team": "db"}, ["database"]),
        ({"severity": "error", "team": "db", "env": "test"}, ["default"]),
        ({"severity": "error", "issue": "7"}, ["issues"]),
        ({}, ["default"]),
    ],
)
def test_the_first_whose_conditions_hold_is_told(labels, expected):
    assert routed(TEAMS, **labels) == expected


def test_who_continues_is_told_and_so_are_the_others():
    teams = TEAMS | {"oncall": TEAMS["oncall"] | {"continue": True}}
    assert routed(teams, severity="critical") == ["oncall", "default"]
    assert routed(teams, severity="critical", team="db") == ["oncall", "database"]
    assert routed(teams, severity="critical", issue="7") == ["oncall-issues", "issues"]


def test_without_a_rest_nobody_is_told_of_it():
    config = simple({"oncall": {"pagerduty": PAGER, "severity": "critical"}}).config()
    assert [route.receiver for route in config.route.routes_for({})] == ["default"]
    assert config.receiver("default").integrations == ()


def test_resolutions_are_told_but_not_that_an_issue_is_no_longer_new():
    config = simple(TEAMS | {"default": {"webhook": "https://x.example/", "send_resolved": False}}).config()
    told = {each.name: [integration.send_resolved for integration in each.integrations] for each in config.receivers}
    assert told == {
        "oncall": [True],
        "oncall-issues": [False],
        "database": [True],
        "database-issues": [False],
        "default": [False],
        "issues": [False],
    }


def test_timing_is_of_all_groups_but_for_those_that_say_otherwise():
    timing = Timing(group_wait=1.5, group_interval=120, repeat_interval=7200)
    notify = TEAMS | {"oncall": TEAMS["oncall"] | {"group_wait": "0s", "group_by": ["severity"]}}
    root = simple(notify, timing).config().route
    assert (root.group_wait, root.group_interval, root.repeat_interval) == (1.5, 120, 7200)
    oncall = root.routes[0]
    assert (oncall.group_wait, oncall.group_by, oncall.repeat_interval) == (0, ("severity",), 7200)
    assert oncall.routes[0].group_by == ("issue", "severity")


def test_receivers_that_only_tocsin_has(tmp_path, monkeypatch):
    monkeypatch.setenv("TWILIO", "t0ken")
    sms = {"account_sid": "AC1", "auth_token": "${TWILIO}", "sender": "+49", "to": ["+491", "+492"]}
    config = simple(
        {
            "sms": {"twilio": sms, "severity": "emergency"},
            "default": {"file": str(tmp_path / "told"), "console": True, "log": False},
        }
    ).config()
    made = receivers(config)
    assert [integration.kind for integration in config.receiver("default").integrations] == ["file", "console"]
    assert config.receiver("sms").integrations[0].settings["auth_token"] == "t0ken"
    assert config.receiver("sms").integrations[0].settings["to"] == ("+491", "+492")
    assert "t0ken" not in repr(config)
    assert len(made) == 6


@pytest.mark.parametrize(
    ("notify", "problem"),
    [
        ({"a": 7}, "notify.a: must be a mapping such as"),
        ({"a": {"slak": "https://x.example/"}}, "notify.a.slak: is not known here, did you mean slack?"),
        ({"a": {"quux": "https://x.example/"}}, "notify.a.quux: is not known here, known are apprise, "),
        ({"a": {}, "b": {}}, "notify.a and notify.b are both told of everything"),
        ({"a": {"slack": "nonsense"}}, "notify.a.slack.api_url: the URL is not an absolute one"),
        (
            {"a": {"slack": {"api_url": "https://x.example/", "chanel": "x"}}},
            "notify.a.slack.chanel: is not known here",
        ),
        (
            {"a": {"webhook": "https://x.example/", "matchers": "b a"}, "b": {}},
            "notify.a.matchers: 'b a' is no matcher",
        ),
        ({"a": {"webhook": "https://x.example/", "group_wait": "soon"}}, "group_wait: 'soon' is no duration"),
        ({"a": {"file": {"path": "x", "pth": "x"}}}, "notify.a.file.pth: is not known here, did you mean path?"),
        ({"a": {"twilio": "+1"}}, "notify.a.twilio: must be a mapping with http, account_sid, auth_token, "),
        ({"a": {"console": "x"}}, "notify.a.console: must be true"),
        ({"a": {"twilio": {"sender": "+1", "auth_token_file": "x"}}}, "notify.a.twilio: needs account_sid, to"),
        ({"a": {"log": True, "send_resolved": "nope"}}, "a.send_resolved: must be true or false, not 'nope'"),
        ({"a": {"log": True, "group_by": "job"}}, "a.group_by: must be a list of labels, such as [alertname, job]"),
        ({"default": {"log": True, "group_wait": "soon"}}, "notify.default.group_wait: 'soon' is no duration"),
        (
            {"a": {"log": True, "severity": "critcal"}},
            "notify.a.severity: 'critcal' is none of info, warning, error, critical, emergency; did you mean critical?",
        ),
        ({"a": {"log": True, "severity": ["page", "hi"]}}, "notify.a.severity: 'hi' is none of info, warning"),
        ({"a": {"log": True, "severity": []}}, "notify.a.severity: '' is none of info, warning"),
        ({"a": {"log": True, "severity": {"is": "critical"}}}, "notify.a.severity: "),
        ({"a": {"pagerduty": "${TOCSIN_TEST_UNSET}"}}, "environment variable TOCSIN_TEST_UNSET is not set"),
        (sms({"proxy_url": "https://p"}), "notify.sms.twilio.http.proxy_url: proxy_url must begin with http://"),
        (sms({"timeout": 5}), "notify.sms.twilio.http.timeout: '5' is no duration"),
        (
            sms({"proxi_url": "http://p"}),
            "notify.sms.twilio.http.proxi_url: is not known here, did you mean proxy_url?",
        ),
        (sms({"tls_config": {"min_version": "TLS9"}}), "http.tls_config: 'TLS9' is no TLS version, use one of TLS10"),
        (sms({"oauth2": {"client_id": "x"}}), "http.oauth2: is not done by this version, leave it out"),
        (sms("http://p"), "notify.sms.twilio.http: must be a mapping"),
        ({"a": {"log": {"http": {"timeout": "5s"}}}}, "notify.a.log.http: is not known here, "),
    ],
)
def test_what_is_wrong_is_said_in_the_terms_of_the_setting(notify, problem):
    with pytest.raises(ValueError) as caught:
        simple(notify).config()
    assert problem in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(ValueError) as caught:
        simple(
            {
                "oncall": {"pagerdty": "x", "severity": "critcal", "escalate_after": "15m", "escalate_to": "bos"},
                "bad": 7,
                "other": {"slack": {"api_url": "nonsense", "chanel": "#x"}, "group_wait": "soon", "severity": "page"},
                "team": {"webhook": "http://x.example/", "max_per_hour": "many"},
                "default": {"file": {"pth": "x"}, "group_interval": "never"},
            }
        )
    assert {line.partition(": ")[0] for line in str(caught.value).splitlines()} == {
        "notify.oncall.pagerdty",
        "notify.oncall.severity",
        "notify.bad",
        "notify.default.file.pth",
        "notify.default.file",
        "notify.team and notify.default are both told of everything",
        "notify.other.slack.api_url",
        "notify.other.slack.chanel",
        "notify.default.group_interval",
        "notify.other.group_wait",
        "notify.oncall.escalate_to",
        "notify.team.max_per_hour",
    }


def test_receivers_that_only_tocsin_has_take_options_for_http(monkeypatch):
    monkeypatch.setenv("KEY", "k")
    options = {
        "proxy_url": "http://proxy.example:3128",
        "timeout": "3s",
        "tls_config": {"ca_file": "ca.pem", "min_version": "TLS13"},
        "authorization": {"credentials": "${KEY}"},
    }
    for kind, settings in (
        ("twilio", sms({})["sms"]["twilio"]),
        ("sendgrid", {"api_key": "x", "to": "a@example.org", "sender": "b@example.org"}),
        ("sentry", {"dsn": "https://k@sentry.example/1"}),
    ):
        if kind == "sentry":
            pytest.importorskip("sentry_sdk")
        config = simple({"default": {kind: settings | {"http": options}}}).config()
        http = receivers(config, private_targets="deny")["default", 0].http
        assert (http.proxy_url, http.timeout, http.private_targets) == ("http://proxy.example:3128", 3.0, "deny")
        assert (str(http.tls.ca), http.tls.min_version, http.authorization.credentials) == ("ca.pem", "TLS13", "k")


def test_secrets_are_not_shown_and_references_are(monkeypatch):
    monkeypatch.setenv("KEY", PAGER)
    notify = TEAMS | {
        "oncall": {"pagerduty": "${KEY}", "severity": "critical"},
        "mail": {"email": {"to": "a@example.org", "auth_password": "hunter2"}, "severity": "info"},
        "file": {"slack": {"api_url_file": "/run/slack", "channel": "#a"}, "severity": "warning"},
    }
    text = simple(notify).alertmanager_yml()
    written = {each["name"]: each for each in yaml.safe_load(text)["receivers"]}
    assert not any(secret in text for secret in (PAGER, "hooks.example", "hook.example", "hunter2"))
    assert written["oncall"]["pagerduty_configs"][0]["routing_key"] == "${KEY}"
    assert written["database"]["slack_configs"][0]["api_url"] == "<secret>"
    assert written["mail"]["email_configs"][0]["to"] == "a@example.org"
    assert written["file"]["slack_configs"][0]["api_url_file"] == "/run/slack"


def test_variables_stand_in_secrets_and_urls_alone(monkeypatch):
    monkeypatch.setenv("HOST", "hooks.example")
    config = load(
        """
route: {receiver: "${HOST}"}
receivers:
- name: "${HOST}"
  webhook_configs: [{url: "https://${HOST}/$${HOST}/$HOST"}]
  slack_configs: [{api_url: "https://${HOST}/x", channel: "${HOST}"}]
""",
        "am.yml",
    )
    slack, webhook = sorted(config.receivers[0].integrations, key=lambda each: each.kind)
    assert config.route.receiver == "${HOST}"
    assert webhook.settings["url"] == "https://hooks.example/${HOST}/$HOST"
    assert (slack.settings["api_url"], slack.settings["channel"]) == ("https://hooks.example/x", "${HOST}")


def test_a_text_message_goes_through_the_proxy_of_its_options():
    asked = []

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.path)
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            notify = sms({"proxy_url": f"http://127.0.0.1:{server.server_port}", "timeout": "5s"})
            notify["sms"]["twilio"]["api_url"] = "http://twilio.invalid"
            made = receivers(simple(notify).config())["sms", 0]
            made.deliver(notification(), key="k")
        finally:
            server.shutdown()
            thread.join()
    assert asked == ["http://twilio.invalid/2010-04-01/Accounts/AC1/Messages.json"]

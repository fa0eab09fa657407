from pathlib import Path

import pytest

from tocsin.alerting import AlertingConfigError, Sender, load, receivers
from tocsin.notify import Authorization

MINIMAL = """
route: {receiver: team}
receivers: [{name: team}]
"""


def problems(text):
    with pytest.raises(AlertingConfigError) as caught:
        load(text, "am.yml")
    return str(caught.value).splitlines()


def test_everything_that_is_wrong_is_said_at_once():
    assert problems("""
route:
  receiver: nobody
  group_wait: 5 minutes
  group_by: [job, job]
  matchers: [a=b]
  routes:
  - matchers: [foo]
    match_re: {a: ")"}
    reciever: team
    mute_time_intervals: [night]
    group_interval: 0s
    continue: maybe
receivers:
- name: team
  webhook_configs: [{url: http://x/, url_file: y, max_alerts: many}]
- name: team
  slack_configs: [{channel: a}]
""") == [
        "am.yml:3: route.receiver: 'nobody' is not among the receivers: team",
        "am.yml:4: route.group_wait: '5 minutes' is no duration, write one like 30s, 5m or 1h30m",
        "am.yml:5: route.group_by: has 'job' twice",
        "am.yml:6: route.matchers: does not belong to the root of the tree, which takes every alert at any time",
        (
            "am.yml:8: route.routes[0].matchers: 'foo' is no matcher, write one like severity=\"critical\" "
            "(operators: =, !=, =~, !~)"
        ),
        "am.yml:9: route.routes[0].match_re: a: invalid regular expression ')': unbalanced parenthesis at position 0",
        "am.yml:10: route.routes[0].reciever: is not known here, did you mean receiver?",
        "am.yml:11: route.routes[0].mute_time_intervals: 'night' is not among the time intervals",
        "am.yml:12: route.routes[0].group_interval: must be longer than zero",
        "am.yml:13: route.routes[0].continue: must be true or false, not 'maybe'",
        "am.yml:15: receivers[0].name: 'team' is there more than once",
        "am.yml:16: receivers[0].webhook_configs[0].max_alerts: must be a whole number, not 'many'",
        "am.yml:16: receivers[0].webhook_configs[0].url: give either url or url_file, not both",
        "am.yml:17: receivers[1].name: 'team' is there more than once",
        "am.yml:18: receivers[1].slack_configs[0]: needs api_url or app_token, here or globally with the prefix slack_",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "am.yml:1: route: is missing, it says which receiver hears of which alerts"),
        ("[]", "am.yml:1: the file must be a mapping, not a list"),
        ("a: [", "am.yml:2: is not YAML: "),
        ("a: \x00", "am.yml:1: is not YAML: unacceptable character #x0000: "),
        ("receivers: []", "am.yml:1: route: is missing, it says which receiver hears of which alerts"),
        ("route: 7", "am.yml:1: route: must be a mapping"),
        ("route: {receiver: a}\nroute: {receiver: b}", "am.yml:2: route: is set twice, first in line 1"),
        (f"{MINIMAL}templates:\n- [a]\ntemplate: []", "am.yml:6: template: is not known here, did you mean templates?"),
        (f"{MINIMAL}inhibit_rules: [7]", "am.yml:4: inhibit_rules: must be a list of mappings"),
        (f"{MINIMAL}time_intervals: [{{}}]", "am.yml:4: time_intervals[0].name: is missing"),
        ("route: {<<: 7}", "am.yml:1: is not YAML: expected a mapping or list of mappings for merging"),
        ("a: &a [*a]\nroute: *a", "am.yml:1: is not YAML: nested too deeply, or an alias refers to itself"),
        ("route: {receiver: a, group_by: [[b]]}", "am.yml:1: route.group_by: must be a list of texts"),
        ("route: {receiver: a, group_by: ['...', b]}", "am.yml:1: route.group_by: must be either '...' alone"),
        ("route: {receiver: a, continue: true}", "am.yml:1: route.continue: does not belong to the root"),
        (f"{MINIMAL}global: {{smtp_form: a@b.example}}", "am.yml:4: global.smtp_form: is not known here, did you mean"),
    ],
)
def test_each_problem_has_its_line(text, problem):
    assert any(each.startswith(problem) for each in problems(text))


def test_what_is_not_done_is_listed():
    config = load(
        """
global: {slack_api_url: "https://hooks.example/s", smtp_smarthost: "localhost:25", smtp_from: a@example.org}
tracing: {endpoint: "localhost:4317"}
time_intervals: [{name: night, time_intervals: [{times: [{start_time: "22:00", end_time: "24:00"}]}]}]
inhibit_rules: [{source_matchers: [a=b], target_match: {c: d}, equal: [e]}]
route:
  receiver: team
  routes: [{mute_time_intervals: [night]}]
receivers:
- name: team
  pushover_configs: [{user_key: a, token: b}]
  slack_configs: [{channel: "#ops", title: "{{ .CommonLabels.alertname }}"}]
""",
        "am.yml",
    )
    (undelivered,) = config.undelivered
    assert undelivered == (
        "receivers[0].pushover_configs[0] (line 11): not delivered, use a receiver of the kind apprise in tocsin.yml "
        "(pover://…) or webhook_configs"
    )
    assert config.unapplied == ("tracing (line 3)",)
    [integration] = config.receivers[0].integrations
    assert (integration.kind, integration.send_resolved) == ("slack", False)
    assert integration.settings["api_url"] == "https://hooks.example/s"
    assert "hooks.example" not in repr(config)


def test_anchors_and_merges_work():
    config = load(
        """
route: {receiver: team}
receivers:
- name: team
  webhook_configs:
  - &usual {url: "http://a.example/", max_alerts: 5}
  - {<<: *usual, url: "http://b.example/"}
""",
        "am.yml",
    )
    assert [each.settings["url"] for each in config.receivers[0].integrations] == [
        "http://a.example/",
        "http://b.example/",
    ]
    assert config.receivers[0].integrations[1].settings["max_alerts"] == 5


def test_a_senseless_url_is_found_and_not_shown():
    found = problems(
        f"{MINIMAL}global: {{slack_api_url: T0SECRET}}".replace(
            "[{name: team}]",
            """
- name: team
  slack_configs: [{channel: a}]
  webhook_configs: [{url: T1SECRET}]
""",
        )
    )
    assert len(found) == 2
    assert not any("SECRET" in problem for problem in found)


def test_webhooks_with_all_their_settings():
    config = load(
        """
route: {receiver: team}
receivers:
- name: team
  webhook_configs:
  - {url_file: secrets/url, timeout: 3s, max_alerts: 5, send_resolved: false}
  - url: http://me.example/
    http_config: {authorization: {credentials_file: /run/token}, tls_config: {insecure_skip_verify: true}}
  - url: http://me.example/
    http_config: {basic_auth: {username: me, password: pass}}
""",
        "/etc/am/am.yml",
    )
    first, second, third = config.receivers[0].integrations
    assert (first.settings["url"], first.settings["max_alerts"]) == (Path("/etc/am/secrets/url"), 5)
    assert (first.settings["http"].timeout, first.settings["http"].authorization) == (3.0, None)
    assert not first.send_resolved
    assert second.send_resolved
    assert second.settings["http"].authorization == Authorization(credentials=Path("/run/token"))
    assert third.settings["http"].authorization == Authorization(user="me", credentials="pass")
    assert second.settings["http"].tls.insecure_skip_verify
    assert config.unapplied == ()
    assert len(receivers(config)) == 3
    Sender(None, receivers(config)).stop(timeout=0)

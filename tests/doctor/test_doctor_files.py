"""Files told apart by their content, and what is wrong with them."""

import pytest

from tocsin.doctor.file_kind import FileKind, file_kind
from tocsin.doctor.files import Finding, check_file

RULES = "groups: [{name: g, rules: [{alert: A, expr: up}]}]"
ROUTING = "route: {receiver: a}\nreceivers: [{name: a}]\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (RULES, FileKind.RULES),
        (ROUTING, FileKind.ALERTMANAGER),
        ("global: {}\nrules: []", FileKind.ALERTMANAGER),
        ("rules: [a.yml]\nalertmanager: am.yml", FileKind.SETTINGS),
        ("evaluation_interval: 1m", FileKind.SETTINGS),
        ("evaluation_interval: 1m\nrule_files: [a]\ntests: []", FileKind.RULE_TESTS),
        ("groups:\n- name: [", FileKind.RULES),
        ("a: {groups: []}", None),
        ("- groups", None),
        ("groups", None),
        ("", None),
        ("[", None),
    ],
)
def test_kinds(text, kind):
    assert file_kind(text) is kind


@pytest.fixture
def verdict(tmp_path, monkeypatch):
    def verdict(content):
        path = tmp_path / "file.yml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return check_file(path)

    return verdict


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (RULES, "1 rule in 1 group"),
        (ROUTING, "1 receiver"),
        ("rules: [a.yml]\nmask: false", "2 settings"),
        ("tests: []", "0 tests: run with `tocsin rules test`"),
    ],
)
def test_good_files(verdict, text, found):
    assert (verdict(text).problems, verdict(text).found) == ((), found)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("groups:\n- nam: g\n  rules:\n  - {alert: A}\n", [2, 2, 4]),
        ("route: {receiver: b}\nreceivers:\n- nome: a\n", [1, 3, 3]),
        ("mask: perhaps\nrules: []\nflsh_interval: 1s\n", [1, 3]),
        ("mask: [\n", [2]),
        ("tests:\n- nam: a\n", [2]),
        (b"groups:\n\xff", [2]),
        ("groups:\n- [\n", [3]),
    ],
)
def test_every_problem_has_its_line(verdict, text, lines):
    assert [problem.line for problem in verdict(text).problems] == lines


def test_what_is_left_out_is_a_warning(verdict):
    found = verdict(f"{ROUTING}tracing: {{endpoint: 'localhost:4317'}}\n")
    assert found.problems == ()
    assert found.warnings == (Finding(None, "not done by this version: tracing (line 3)"),)


def test_a_file_that_is_not_there(tmp_path):
    assert check_file(tmp_path / "none.yml").problems == (Finding(None, "cannot be read: No such file or directory"),)


ROUTES_OF_SETTINGS = """
notify:
  oncall: {webhook: "http://x/", severity: critical, escalate_after: 15m, escalate_to: bos}
maintenance:
  deploys: {time_intervals: [{weekdays: [tuesdey]}]}
receiver_terms: {nobody: {max_per_hour: 1}}
alertmanagers: [ftp://x]
cooldown: soon
"""


def test_who_is_told_is_checked_in_settings_too(verdict):
    problems = verdict(ROUTES_OF_SETTINGS).problems
    assert [each.line for each in problems] == [3, 5, 7, 8]
    assert problems[0].message == "notify.oncall.escalate_to: 'bos' is no other receiver, there are default"
    assert problems[1].message.startswith("maintenance.deploys.time_intervals[0].weekdays: 'tuesdey' is none of")
    mended = ROUTES_OF_SETTINGS.replace("bos}", "default}").replace("ftp:", "http:").replace("soon", "5m")
    assert [each.message for each in verdict(mended.replace("tuesdey", "tuesday")).problems] == [
        "receiver_terms.nobody: there is no such receiver, there are default, issues, oncall, oncall-issues"
    ]


def test_everything_that_is_wrong_with_notify_is_said_at_once_with_its_line(verdict):
    found = verdict(
        "notify:\n  a: {slak: x, severity: critcal}\n  b:\n    slack: nonsense\n    group_wait: soon\n  default: 7\n"
        "thresholds:\n  T: {metric: x, above: {warning: 1}, severity: sever}\n"
    ).problems
    assert [(each.line, each.message.partition(":")[0].partition(" =")[0]) for each in found] == [
        (2, "notify.a.slak"),
        (2, "notify.a.severity"),
        (4, "notify.b.slack.api_url"),
        (5, "notify.b.group_wait"),
        (6, "notify.default"),
        (8, "thresholds.T.severity"),
    ]


def test_thresholds_and_objectives_are_checked_with_their_lines(verdict):
    found = verdict(
        "packs: none\nthresholds:\n  Many: {metric: queue, abve: 1, above: 2}\nslo:\n  a:\n    window: 1d\n"
    )
    lines = {each.message.partition(" =")[0]: each.line for each in found.problems}
    assert lines["thresholds.Many.abve"] == 3
    assert lines["slo.a.window"] == 6

"""Files that a person writes: what is wrong with one is said, and costs no more than it has to."""

from pathlib import Path

import pytest

from tocsin.evaluator.alerting_config import load_alerting
from tocsin.evaluator.rule_files import rule_groups

GOOD = "groups: [{name: g, rules: [{alert: Always, expr: vector(1)}]}]"
BROKEN = """groups:
  - name: shop
    rules:
      - alert: Wrong
        expr: sum(
"""


def test_a_broken_rule_file_is_said_once_with_its_line_and_the_others_count(scene, said):
    rules = (scene.write("broken.yml", BROKEN), scene.write("good.yml", GOOD))
    for _ in range(2):
        candidate = scene.candidate(rules=rules)
        scene.step(candidate, times=2)
        candidate.leave(timeout=10)
    assert scene.told() == [("firing", "Always")]
    (line,) = said()
    assert line.startswith(f"tocsin: rules of {rules[0]} are off: {rules[0]}:5:")


def test_a_file_that_is_no_text_is_said(scene, said):
    (scene.folder / "rules.yml").write_bytes(b"\xff\xfe")
    assert rule_groups(scene.config(rules=(str(scene.folder / "rules.yml"),))) == []
    assert "are off" in said()[0]


def test_a_pattern_without_files_is_said_once(scene, said):
    pattern = str(scene.folder / "rules" / "*.yml")
    config = scene.config(rules=(pattern, scene.write("good.yml", GOOD)))
    assert [group.name for _ in range(2) for group in rule_groups(config)] == ["g", "g"]
    assert said() == [f"tocsin: rules: no file matches {pattern}"]


def test_patterns_name_files_in_folders_and_below(scene):
    (scene.folder / "a" / "b").mkdir(parents=True)
    for name in ("a/1.yml", "a/b/2.yml", "3.yml"):
        scene.write(name, GOOD)
    found = rule_groups(scene.config(rules=(str(scene.folder / "a" / "**" / "*.yml"),)))
    assert [group.source.removeprefix(str(scene.folder)) for group in found] == ["/a/1.yml", "/a/b/2.yml"]


@pytest.mark.parametrize(
    "content", [b"route: {receiver: nobody}", b"\xff\xfe", b"[", b"receivers: [{name: a, webhook_configs: [{url: x}]}]"]
)
def test_a_broken_routing_file_is_said_and_the_receivers_of_the_settings_are_told(scene, said, content):
    path = scene.folder / "alertmanager.yml"
    path.write_bytes(content)
    rules = (scene.write("good.yml", GOOD),)
    candidate = scene.candidate(rules=rules, alertmanager=path)
    assert scene.step(candidate, times=2) == [True]
    assert scene.told() == [("firing", "Always")]
    assert [line.startswith("tocsin: routing of alerts is off: ") for line in said()] == [True]


def test_the_first_problems_of_a_routing_file_are_told_apart(scene, said):
    wrong = "".join(f"- {{name: {name}, webhook_configs: [{{url: x}}]}}\n" for name in "abcd")
    path = scene.write("alertmanager.yml", f"route: {{receiver: a}}\nreceivers:\n{wrong}")
    load_alerting(scene.config(alertmanager=Path(path)))
    [line] = said()
    assert line.count("; ") == 2
    assert line.endswith(f"; and 2 more: `tocsin check {path}`")


def test_a_missing_routing_file_is_said(scene, said):
    load_alerting(scene.config(alertmanager=scene.folder / "alertmanager.yml"))
    assert str(scene.folder / "alertmanager.yml") in said()[0]


def test_a_url_that_is_none_is_said_without_it_and_the_other_receivers_are_told(scene, said):
    rules = (scene.write("good.yml", GOOD),)
    candidate = scene.candidate(rules=rules, webhook_url="http://token@host:99999/", slack_webhook_url="http://[::1")
    assert scene.step(candidate) == [True]
    assert scene.told() == [("firing", "Always")]
    lines = said()
    assert [line.split(":")[1] for line in lines] == [
        " TOCSIN_WEBHOOK_URL is not used",
        " TOCSIN_SLACK_WEBHOOK_URL is not used",
    ]
    assert "token" not in "".join(lines)


def test_what_this_version_does_not_do_is_said(scene, said):
    path = scene.folder / "alertmanager.yml"
    path.write_text("route: {receiver: team}\nreceivers: [{name: team, pushover_configs: [{user_key: a, token: b}]}]\n")
    load_alerting(scene.config(alertmanager=path))
    (line,) = said()
    assert "receivers[0].pushover_configs[0] (line 2): not delivered, use a receiver of the kind apprise" in line

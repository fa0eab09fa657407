"""Rule files that change while their rules are evaluated."""

import os

import pytest

from tocsin.promql import evaluate, parse

PENDING = """groups:
- name: shop
  rules:
  - {alert: Slow, expr: vector(1), for: 45s}
  - {record: shop:always, expr: vector(7)}
"""


@pytest.fixture
def series(scene):
    """The value of a series in the head of a candidate, None where it is absent."""

    def series(candidate, expr):
        samples = evaluate(parse(expr), candidate._evaluator._head, scene.clock()).samples
        return samples[0].value if samples else None

    return series


@pytest.fixture
def candidate(scene):
    return scene.candidate(rules=(scene.write("rules.yml", PENDING),))


def test_a_changed_rule_keeps_its_state_and_a_new_one_begins(scene, candidate):
    scene.step(candidate, times=2)
    assert scene.states() == {"Slow": "pending"}
    scene.write("rules.yml", PENDING.replace("vector(1)", "vector(2)") + "  - {alert: New, expr: vector(1)}\n")
    scene.step(candidate)
    assert scene.states() == {"Slow": "pending", "New": "firing"}
    scene.step(candidate)
    assert scene.states() == {"Slow": "firing", "New": "firing"}
    assert [alert.value for alert in scene.store().alerts.current() if alert.labels["alertname"] == "Slow"] == [2.0]


def test_a_broken_file_keeps_its_rules_and_is_said_once(scene, candidate, said):
    scene.step(candidate, times=2)
    path = scene.write("rules.yml", PENDING.replace("vector(1)", "vector("))
    scene.step(candidate, times=3)
    assert scene.states() == {"Slow": "firing"}
    (line,) = said()
    assert line.startswith(f"tocsin: rules of {path} stay as they were: {path}:4:")
    scene.write("rules.yml", "groups: []")
    scene.step(candidate)
    assert scene.states() == {"Slow": "inactive"}
    assert said() == []


@pytest.mark.parametrize("change", ["remove the rule", "remove the group", "remove the file"])
def test_series_of_removed_rules_end(scene, candidate, series, change):
    scene.step(candidate, times=2)
    assert series(candidate, "shop:always") == 7
    if change == "remove the rule":
        scene.write("rules.yml", PENDING[: PENDING.index("  - {record")])
    elif change == "remove the group":
        scene.write("rules.yml", "groups: [{name: other}]")
    else:
        (scene.folder / "rules.yml").unlink()
    scene.step(candidate)
    assert series(candidate, "shop:always") is None
    assert (series(candidate, "ALERTS") is None) == (change != "remove the rule")


def test_series_of_rules_that_stay_do_not_end(scene, candidate, series):
    scene.step(candidate, times=2)
    scene.write("rules.yml", PENDING + "- name: more\n")
    scene.step(candidate)
    assert series(candidate, "shop:always") == 7
    scene.write("rules.yml", PENDING.replace("vector(7)", "vector(7) > 8"))
    scene.step(candidate)
    assert series(candidate, "shop:always") is None


def test_a_file_that_did_not_change_is_not_read(scene, candidate, monkeypatch):
    scene.step(candidate)
    path = scene.folder / "rules.yml"
    monkeypatch.setattr(type(path), "read_bytes", pytest.fail)
    scene.step(candidate, times=3)
    assert scene.states() == {"Slow": "firing"}


def test_a_file_that_was_only_touched_keeps_its_groups(scene, candidate):
    scene.step(candidate)
    before = candidate._evaluator._groups.scheduled
    os.utime(scene.folder / "rules.yml", (1, 1))
    scene.step(candidate)
    assert candidate._evaluator._groups.scheduled == before


def test_a_file_that_comes_later_is_evaluated(scene, said):
    candidate = scene.candidate(rules=(str(scene.folder / "*.yml"),))
    scene.step(candidate)
    assert "no file matches" in said()[0]
    scene.write("rules.yml", PENDING)
    scene.step(candidate)
    assert scene.states() == {"Slow": "pending"}

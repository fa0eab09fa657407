from pathlib import Path

import pytest

from tocsin.config import load
from tocsin.evaluator.rule_files import rule_groups
from tocsin.notices import Notices


@pytest.fixture
def groups(monkeypatch, tmp_path):
    """The groups by name, of settings given as arguments."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tocsin.evaluator.rule_files.notices", Notices())

    def groups(environ=None, **arguments):
        settings = load({"packs": "none", **arguments}, environ=environ or {})
        assert settings.problems == ()
        return {group.name: group for group in rule_groups(settings.config)}

    return groups


def test_packs_come_after_the_signals_they_look_at(groups):
    assert list(groups(packs=["host"])) == [
        "tocsin.signals.http_server",
        "tocsin.signals.http_client",
        "tocsin.signals.database",
        "tocsin.signals.host",
        "tocsin.host",
    ]
    assert groups() == {}


def test_every_shipped_rule_is_evaluated_here(groups, capsys):
    assert len(groups(packs=list(load(environ={}).config.packs))) > 8
    assert capsys.readouterr().err == ""


def test_the_environment_changes_a_shipped_threshold(groups):
    changed = groups(environ={"TOCSIN_THRESHOLD_CPU_WARNING": "65"}, packs=["host"])
    assert changed["tocsin.host"].rules[0].query == "host:system_cpu_utilization:ratio_rate5m > 0.65"


def test_thresholds_that_cannot_be_used_are_said_and_the_others_evaluated(groups, capsys):
    found = groups(thresholds={"Queue": {"metric": "queue", "above": 3}, "Bad": {"metric": "queue"}})
    assert list(found) == ["tocsin.thresholds.Queue"]
    assert "not used: thresholds.Bad: needs one of above" in capsys.readouterr().err


def test_thresholds_in_the_environment_are_yaml(groups):
    found = groups(environ={"TOCSIN_THRESHOLDS": "Queue: {metric: queue, above: 3}"})
    assert found["tocsin.thresholds.Queue"].rules[0].query == "max by (job) (queue) > 3"


def test_what_looks_back_too_far_is_said_and_off(groups, capsys):
    Path("own.yml").write_text(
        "groups: [{name: own, rules: [{alert: Day, expr: 'rate(x[1d]) > 1', labels: {severity: info}},"
        " {alert: Hour, expr: 'rate(x[1h]) > 1'}]}]"
    )
    slo = {"objective": "99.9%", "total": {"metric": "x_total"}, "bad": {"metric": "y_total"}}
    found = groups(rules=["own.yml"], slo={"checkout": slo})
    assert [rule.name for rule in found["own"].rules] == ["Hour"]
    said = capsys.readouterr().err
    assert 'off here: Day{severity="info"} of group own in own.yml' in said
    assert "slo:error_budget:remaining_ratio" in said
    assert "tocsin rules export" in said

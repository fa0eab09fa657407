from pathlib import Path

import pytest
import yaml

from tocsin.config import load
from tocsin.evaluator.rule_files import retentions, rule_groups
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


def own(*groups):
    content = [{"name": f"g{number}", **group} for number, group in enumerate(groups)]
    Path("own.yml").write_text(yaml.safe_dump({"groups": content}))
    return ["own.yml"]


def test_what_looks_back_too_far_is_said_and_off(groups, capsys):
    day = {"alert": "Day", "expr": "rate(x[1d]) > 1", "labels": {"severity": "info"}}
    hour = {"alert": "Hour", "expr": "rate(x[1h]) > 1"}
    found = groups(rules=own({"rules": [day, hour]}))
    assert [rule.name for rule in found["g0"].rules] == ["Hour"]
    said = capsys.readouterr().err
    assert 'off here: Day{severity="info"} of group g0 in own.yml (record what they look at, in a group with an' in said
    assert "interval from 1m" in said
    assert "tocsin rules export" in said


def test_objectives_and_anomalies_need_no_prometheus(groups, capsys):
    slo = {"objective": "99.9%", "total": {"metric": "x_total"}, "bad": {"metric": "y_total"}, "window": "90d"}
    odd = {"metric": "queue", "anomaly": "same hour", "above": 4}
    full = {"metric": "disk", "forecast": "30d", "above": "100%"}
    found = groups(slo={"checkout": slo}, thresholds={"Odd": odd, "Full": full})
    assert sum(len(group.rules) for group in found.values()) > 15
    assert capsys.readouterr().err == ""


RECORD = {"record": "a:b", "expr": "sum(x)"}
MONTH = {"alert": "Month", "expr": "avg_over_time(a:b[30d]) > 1"}


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        ([{"interval": "1m", "rules": [RECORD]}, {"rules": [MONTH]}], ["a:b", "Month"]),
        ([{"rules": [MONTH]}, {"interval": "5m", "rules": [RECORD]}], ["Month", "a:b"]),
        ([{"interval": "1m", "rules": [RECORD, MONTH]}], ["a:b", "Month"]),
        ([{"interval": "59s", "rules": [RECORD]}, {"rules": [MONTH]}], ["a:b"]),
        ([{"interval": "1m", "rules": [RECORD]}, {"rules": [MONTH | {"expr": 'max({j="a"} offset 1d)'}]}], ["a:b"]),
        ([{"interval": "1m", "rules": [RECORD]}, {"rules": [MONTH | {"expr": "a:b offset 91d"}]}], ["a:b"]),
        ([{"interval": "1m", "rules": [RECORD]}, {"rules": [MONTH | {"expr": "max_over_time(a:b[5m:1m] offset 2d)"}]}],
         ["a:b", "Month"]),
        ([{"interval": "1m", "rules": [RECORD | {"expr": "sum(x offset 2h)"}]}, {"rules": [MONTH]}], []),
        ([{"interval": "1m", "rules": [RECORD | {"expr": "a:b offset 1d"}]}, {"rules": [MONTH]}], ["a:b", "Month"]),
    ],
)  # fmt: skip
def test_recorded_series_can_be_looked_back_at(groups, rules, names):
    found = groups(rules=own(*rules))
    assert [rule.name for group in found.values() for rule in group.rules] == names


def test_what_is_kept_is_kept_for_the_longest_reach(groups):
    found = groups(
        rules=own(
            {"interval": "1m", "rules": [RECORD, {"record": "near", "expr": "x"}]},
            {"rules": [MONTH, {"alert": "Day", "expr": "a:b offset 1d > near and rate(x[1h]) > 1"}]},
        )
    )
    assert retentions(load({}, environ={}).config, found.values()) == {"a:b": 30 * 86400 + 300}

"""The thresholds of shipped rules, set to something else."""

import pytest

from tocsin.pack_thresholds import PACK_THRESHOLDS
from tocsin.rules import load_pack, pack_groups, pack_names

#: Alerts that compare with nothing that could be set.
WITHOUT = {
    "NewIssue", "RegressedIssue", "CircuitOpen", "WorkerOffline", "HeartbeatMissed", "HeartbeatFailed", "Watchdog",
    "SeriesOverflow",
}  # fmt: skip


def rules(pack, thresholds=None):
    return [rule for group in pack_groups(pack, thresholds) for rule in group["rules"]]


@pytest.mark.parametrize("threshold", PACK_THRESHOLDS, ids=lambda threshold: threshold.name)
def test_each_changes_one_rule_and_what_is_said_of_it(threshold):
    pairs = zip(rules(threshold.pack), rules(threshold.pack, {threshold.name: 37.0}), strict=True)
    ((before, after),) = [(before, after) for before, after in pairs if before != after]
    assert (after["alert"], after["labels"]["severity"]) == (threshold.alert, threshold.severity)
    assert before["expr"] != after["expr"]
    assert threshold.in_words(37.0) in after["annotations"]["description"]
    assert before["for"] == after["for"] if "for" in before else True


def test_every_alert_has_one():
    alerts = {rule["alert"] for pack in pack_names() for rule in rules(pack) if "alert" in rule}
    assert alerts == {threshold.alert for threshold in PACK_THRESHOLDS} | WITHOUT


def test_names_are_unique():
    assert len({threshold.name for threshold in PACK_THRESHOLDS}) == len(PACK_THRESHOLDS)


def test_thresholds_of_other_packs_change_nothing():
    assert rules("host", {"latency_p95_warning": 3.0}) == rules("host")
    assert load_pack("host", {"latency_p95_warning": 3.0}).groups[0].rules[0].query == rules("host")[0]["expr"]


def test_a_lower_threshold_fires_earlier(simulate):
    busy = {
        'system_cpu_time_seconds_total{cpu_mode="user"}': "0+10x60",
        'system_cpu_time_seconds_total{cpu_mode="idle"}': "0+5x60",
    }
    assert simulate("host", busy, at=600) == []
    (alert,) = simulate("host", busy, at=600, thresholds={"cpu_warning": 60.0})
    assert alert.annotations["description"].endswith("60% is much.")

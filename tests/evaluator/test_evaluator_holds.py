"""Alerts that are held back: by inhibition, silences and time intervals, in whichever process evaluates."""

import pytest

from tocsin.store import Silence, SilenceMatcher

RULES = """
groups:
- name: shop
  rules:
  - {alert: Busy, expr: sum(orders) > 5, labels: {severity: warning}}
  - {alert: Overrun, expr: sum(orders) > 50, labels: {severity: critical}}
"""
ROUTING = """
route: {receiver: team, group_by: ["..."], group_wait: 0s, group_interval: 15s}
receivers: [{name: team, webhook_configs: [{url: "http://127.0.0.1:9/"}]}]
inhibit_rules: [{source_matchers: [severity=critical], target_matchers: [severity=warning]}]
"""


@pytest.fixture
def shop(scene):
    process = scene.process("shop")
    gauge = process.meter.create_gauge("orders")

    def orders(value):
        gauge.set(value)
        process.collect()

    return orders


@pytest.fixture
def candidates(scene):
    rules, routing = (scene.write("rules.yml", RULES),), scene.folder / "alertmanager.yml"
    routing.write_text(ROUTING)
    return [scene.candidate(rules=rules, alertmanager=routing) for _ in range(2)]


def decided(scene):
    """The names of the alerts of each notification that was decided."""
    return [entry.group_key.partition('alertname="')[2].partition('"')[0] for entry in _outbox(scene)]


def _outbox(scene):
    return scene.store().notifications.history()


def held(scene):
    names = {alert.fingerprint: alert.labels["alertname"] for alert in scene.store().alerts.current()}
    return [(names[each.fingerprint], each.reason) for each in scene.store().alerts.held()]


def silence(scene, **values):
    now = scene.clock.now
    times = {"starts_at": now, "ends_at": now + 3600, "updated_at": now}
    matchers = (SilenceMatcher("alertname", "Busy"),)
    return Silence(id="s", matchers=matchers, created_by="me", comment="", **times | values)


def test_what_another_alert_inhibits_is_recorded_and_told_when_it_no_longer_does(scene, shop, candidates):
    shop(90)
    scene.step(candidates[0])
    assert decided(scene) == ["Overrun"]
    assert held(scene) == [("Busy", "inhibited")]
    shop(9)
    scene.step(candidates[0], times=2)
    assert decided(scene).count("Busy") == 1
    assert held(scene) == []


def test_a_silence_counts_from_the_next_evaluation_and_until_it_is_over(scene, shop, candidates):
    first, second = candidates
    store = scene.store()
    store.silences.put([silence(scene)])
    shop(9)
    scene.step(first, times=3)
    assert (decided(scene), held(scene)) == ([], [("Busy", "silenced")])
    first.leave(timeout=10)
    scene.step(second, times=3)
    assert (decided(scene), held(scene)) == ([], [("Busy", "silenced")])
    store.silences.put([silence(scene, ends_at=scene.clock.now)])
    scene.step(second, times=2)
    assert (decided(scene), held(scene)) == (["Busy"], [])


def test_silences_that_were_over_for_days_are_forgotten(scene, shop, candidates):
    store = scene.store()
    store.silences.put([silence(scene, ends_at=scene.clock.now - 6 * 86400.0)])
    shop(9)
    scene.step(candidates[0])
    assert store.silences.all() == []


def test_what_was_told_is_read_once(scene, shop, candidates, monkeypatch):
    shop(9)
    scene.step(candidates[0])
    monkeypatch.setattr(candidates[0]._store.notifications, "logged", pytest.fail)
    scene.step(candidates[0], times=5)
    assert decided(scene) == ["Busy"]

"""From metrics to notifications, in whichever process evaluates."""

import pytest

RULES = """
groups:
  - name: shop
    rules:
      - alert: Busy
        expr: sum(orders) > 5
      - alert: LongBusy
        expr: sum(orders) > 5
        for: 1m
"""


@pytest.fixture
def rules(scene):
    return (scene.write("rules.yml", RULES),)


@pytest.fixture
def shop(scene):
    """A process of the application whose gauge is what `orders` says."""
    process = scene.process("shop")
    gauge = process.meter.create_gauge("orders")

    def orders(value):
        gauge.set(value)
        process.collect()

    return orders


def test_a_condition_is_told_when_it_begins_and_when_it_ends(scene, shop, rules):
    candidate = scene.candidate(rules=rules)
    shop(1)
    scene.step(candidate)
    assert scene.states() == {}
    shop(9)
    scene.step(candidate)
    assert scene.states() == {"Busy": "firing", "LongBusy": "pending"}
    scene.step(candidate, times=4)
    assert scene.states() == {"Busy": "firing", "LongBusy": "firing"}
    assert scene.told() == [("firing", "Busy"), ("firing", "LongBusy")]
    shop(1)
    scene.step(candidate, times=3)
    assert scene.states() == {"Busy": "inactive", "LongBusy": "inactive"}
    assert sorted(scene.told()[2:]) == [("resolved", "Busy"), ("resolved", "LongBusy")]
    steps = [(step.labels["alertname"], step.state) for step in scene.store().alerts.history()]
    assert sorted(steps[:2]) == [("Busy", "firing"), ("LongBusy", "pending")]
    assert steps[2:] == [("LongBusy", "firing"), ("Busy", "inactive"), ("LongBusy", "inactive")]


def test_a_step_sees_what_its_own_process_measured_just_now(scene, rules):
    candidate = scene.candidate(rules=rules)
    candidate._meter.create_gauge("orders").set(9)
    scene.step(candidate)
    assert scene.states()["Busy"] == "firing"


def test_how_long_a_condition_has_held_survives_a_change_of_evaluator(scene, shop, rules):
    first, second = scene.candidate(rules=rules), scene.candidate(rules=rules)
    shop(9)
    assert scene.step(first, second, times=3) == [True, False]
    first.leave()
    assert scene.step(second, first, times=2) == [True, False]
    assert scene.states()["LongBusy"] == "firing"


def test_time_in_which_nobody_evaluated_does_not_count(scene, shop, rules):
    first, second = scene.candidate(rules=rules), scene.candidate(rules=rules)
    shop(9)
    scene.step(first, times=3)
    first.leave()
    scene.clock.advance(120)
    scene.step(second)
    assert scene.states()["LongBusy"] == "pending"
    scene.step(second, times=2)
    assert scene.states()["LongBusy"] == "firing"


def test_what_fires_is_not_told_again_by_another_evaluator(scene, shop, rules):
    first, second = scene.candidate(rules=rules), scene.candidate(rules=rules)
    shop(9)
    scene.step(first, times=5)
    told = scene.told()
    first.leave(timeout=10)
    scene.step(second, times=8)
    assert scene.told() == told == [("firing", "Busy"), ("firing", "LongBusy")]


def test_what_ended_while_nobody_evaluated_is_told(scene, shop, rules):
    first, second = scene.candidate(rules=rules), scene.candidate(rules=rules)
    shop(9)
    scene.step(first)
    first.leave(timeout=10)
    shop(1)
    scene.clock.advance(240)
    scene.step(second)
    assert scene.told() == [("firing", "Busy"), ("resolved", "Busy")]


def test_an_evaluator_that_had_let_go_knows_what_happened_since(scene, shop, rules):
    first, second = scene.candidate(rules=rules), scene.candidate(rules=rules)
    shop(9)
    scene.step(first)
    first.leave(timeout=10)
    shop(1)
    scene.step(second, times=3)
    second.leave(timeout=10)
    scene.step(first, times=3)
    assert scene.states()["Busy"] == "inactive"
    assert scene.told() == [("firing", "Busy"), ("resolved", "Busy")]


def test_the_end_of_an_alert_is_told_though_the_group_waits_longer_than_rules_remember(scene, shop, rules):
    candidate = scene.candidate(rules=rules, group_interval=3600.0)
    shop(9)
    scene.step(candidate)
    shop(1)
    scene.step(candidate, times=3600 // 15 + 1)
    assert scene.told() == [("firing", "Busy"), ("resolved", "Busy")]


@pytest.mark.parametrize(
    "left", ["groups: []", "groups: [{name: shop, limit: 1, rules: [{alert: Busy, expr: orders}]}]"]
)
def test_an_alert_whose_rule_is_gone_or_silenced_by_its_limit_is_resolved(scene, shop, rules, left):
    first = scene.candidate(rules=rules)
    shop(9)
    scene.step(first)
    first.leave(timeout=10)
    other = scene.process("other")
    other.meter.create_gauge("orders").set(9)
    other.collect()
    scene.write("rules.yml", left)
    second = scene.candidate(rules=rules)
    scene.step(second, times=3)
    assert scene.told() == [("firing", "Busy"), ("resolved", "Busy")]


def test_two_rules_with_one_name_and_the_same_labels_fire_while_either_does(scene, shop):
    twice = "groups: [{name: g, rules: [{alert: A, expr: sum(orders) > 5}, {alert: A, expr: sum(orders) > 7}]}]"
    candidate = scene.candidate(rules=(scene.write("rules.yml", twice),))
    for orders in (9, 6, 6):
        shop(orders)
        scene.step(candidate)
    assert scene.states() == {"A": "firing"}
    candidate.leave(timeout=10)
    scene.step(other := scene.candidate(rules=(str(scene.folder / "rules.yml"),)), times=4)
    assert scene.states() == {"A": "firing"}
    assert scene.told() == [("firing", "A")]
    assert other.step()


def test_a_receiver_that_is_down_is_told_later_and_once(scene, shop, rules):
    blocked = scene.folder / "told.jsonl"
    blocked.mkdir()
    candidate = scene.candidate(rules=rules)
    shop(9)
    scene.step(candidate)
    store = scene.store()
    scene.wait_until(lambda: store.notifications.history()[0].attempts == 1)
    (entry,) = store.notifications.history()
    assert (entry.state, "told.jsonl" in entry.last_error) == ("pending", True)
    blocked.rmdir()
    store.notifications.retry(entry.key, at=0.0, error=entry.last_error)
    candidate.leave(timeout=10)
    scene.step(scene.candidate(rules=rules))
    assert scene.told() == [("firing", "Busy")]


def test_a_clock_that_jumps_forward_tells_once(scene, shop, rules):
    candidate = scene.candidate(rules=rules)
    shop(9)
    scene.step(candidate)
    scene.clock.advance(1800)
    shop(9)
    scene.step(candidate, times=3)
    assert scene.told().count(("firing", "Busy")) == 1


def test_a_clock_that_is_set_back_does_not_stop_evaluation(scene, shop, rules):
    candidate = scene.candidate(rules=rules)
    scene.clock.advance(3600)
    shop(9)
    scene.step(candidate, times=2)
    scene.clock.advance(-3600)
    shop(9)
    scene.step(candidate)
    assert scene.states() == {"Busy": "firing", "LongBusy": "pending"}
    shop(1)
    scene.step(candidate)
    assert scene.states()["Busy"] == "inactive"
    shop(9)
    scene.step(candidate, times=6)
    assert scene.states() == {"Busy": "firing", "LongBusy": "firing"}


def test_groups_keep_their_own_interval(scene, shop):
    rules = "groups: [{name: slow, interval: 1m, rules: [{record: slow, expr: sum(orders)}]}]"
    candidate = scene.candidate(rules=(scene.write("rules.yml", rules),))
    shop(9)
    evaluations = []
    for _ in range(9):
        scene.step(candidate)
        evaluations.append(candidate._evaluator._groups.scheduled[0].evaluator.statuses[0].evaluated_at)
    assert len(set(evaluations)) == 3

"""Verdicts on two sets of alerts, for any of them."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tocsin.evaluator.changes import by_key, changes, outlasting
from tocsin.store import Alert

NOW = 10_000.0
RETENTION = 900.0


def build(name, state, age):
    ended = state == "inactive"
    return Alert(
        group="g",
        rule=name,
        fingerprint="00",
        labels={"alertname": name},
        annotations={},
        state=state,
        value=1.0,
        active_at=NOW - age - 60,
        fired_at=None if state == "pending" else NOW - age - 30,
        resolved_at=NOW - age if ended else None,
    )


alerts = st.builds(
    build, st.sampled_from("abcd"), st.sampled_from(["pending", "firing", "inactive"]), st.floats(0, 2 * RETENTION)
)
sets = st.lists(alerts).map(by_key)


@given(sets, sets)
def test_what_is_written_and_forgotten_makes_the_one_set_the_other(before, after):
    changed = changes(before, after, at=NOW)
    gone = by_key(changed.gone)
    assert {key: alert for key, alert in (before | by_key(changed.written)).items() if key not in gone} == after
    assert not by_key(changed.written).keys() & gone.keys()


@given(sets)
def test_nothing_changes_where_nothing_differs(before):
    changed = changes(before, dict(before), at=NOW)
    assert (changed.written, changed.gone, changed.transitions) == ((), (), ())


@given(sets, sets)
def test_the_history_has_every_change_of_state_once(before, after):
    steps = {step.rule: step.state for step in changes(before, after, at=NOW).transitions}
    assert len(steps) == len(changes(before, after, at=NOW).transitions)
    for key in before.keys() | after.keys():
        was = before[key].state if key in before else None
        now = after[key].state if key in after else ("inactive" if was == "pending" else was)
        assert (key[1] in steps) == (was != now)
        assert steps.get(key[1], now) == now


@given(sets, sets)
def test_what_fired_is_resolved_before_it_is_forgotten(before, after):
    kept = outlasting(before, after, at=NOW, retention=RETENTION)
    assert not kept.keys() & after.keys()
    for key, alert in before.items():
        if key in after:
            continue
        if alert.state == "firing":
            assert kept[key] == replace(alert, state="inactive", resolved_at=NOW)
        else:
            recent = alert.resolved_at is not None and NOW - alert.resolved_at <= RETENTION
            assert kept.get(key) == (alert if recent else None)


@given(st.lists(alerts))
def test_of_one_key_the_most_urgent_counts(found):
    urgency = ["inactive", "pending", "firing"]
    for key, alert in by_key(found).items():
        same = [each for each in found if each.rule == key[1]]
        assert alert.state == max((each.state for each in same), key=urgency.index)

"""The life of an alert."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.promql import parse
from tocsin.rules import ActiveAlert, AlertingRule, AlertState, DuplicateAlertError, Expander, next_alerts, resume
from tocsin.series.labels import from_mapping

INACTIVE, PENDING, FIRING = AlertState.INACTIVE, AlertState.PENDING, AlertState.FIRING
SERIES = from_mapping({"__name__": "errors", "job": "shop"})


def a_rule(**fields):
    return AlertingRule(name="A", expr=parse("up"), query="up", **fields)


def step(rule, previous, at, *values):
    samples = [(SERIES, value) for value in values]
    return next_alerts(rule, previous, samples, expander=Expander(at=at))


def live(rule, presence, *, start=1000.0, interval=15.0):
    """The only alert after each evaluation; the sample is there where `presence` says so."""
    alerts, states = {}, []
    for index, there in enumerate(presence):
        alerts = step(rule, alerts, start + index * interval, *([float(index)] if there else []))
        states.append(next(iter(alerts.values()), None))
    return states


def states(alerts):
    return [alert and alert.state.value for alert in alerts]


def test_without_hold_it_fires_at_once():
    (alert,) = live(a_rule(), [True])
    assert alert == ActiveAlert(
        labels=(("alertname", "A"), ("job", "shop")), value=0.0, state=FIRING, active_at=1000.0, fired_at=1000.0
    )


def test_it_is_pending_until_the_condition_has_held():
    alerts = live(a_rule(hold=30.0), [True] * 4)
    assert states(alerts) == ["pending", "pending", "firing", "firing"]
    assert [alert.active_at for alert in alerts] == [1000.0] * 4
    assert [alert.fired_at for alert in alerts] == [None, None, 1030.0, 1030.0]
    assert [alert.value for alert in alerts] == [0.0, 1.0, 2.0, 3.0]


def test_a_gap_while_pending_starts_anew():
    alerts = live(a_rule(hold=30.0), [True, True, False, True, True, True])
    assert states(alerts) == ["pending", "pending", None, "pending", "pending", "firing"]
    assert alerts[-1].active_at == 1045.0


def test_it_is_resolved_and_kept_for_a_quarter_of_an_hour():
    alerts = live(a_rule(), [True] + [False] * 62)
    assert states(alerts)[:3] == ["firing", "inactive", "inactive"]
    assert alerts[1].resolved_at == 1015.0
    assert alerts[1].active_at == 1000.0
    assert [alert is None for alert in alerts[-3:]] == [False, False, True]
    assert alerts[-2].resolved_at == 1015.0


def test_after_its_resolution_it_begins_anew():
    alerts = live(a_rule(hold=15.0), [True, True, False, True, True])
    assert states(alerts) == ["pending", "firing", "inactive", "pending", "firing"]
    assert alerts[3] == dataclasses.replace(alerts[0], active_at=1045.0, value=3.0)


def test_it_fires_on_for_a_while():
    alerts = live(a_rule(keep_firing_for=30.0), [True, False, False, False, True])
    assert states(alerts) == ["firing", "firing", "firing", "inactive", "firing"]
    assert [alert.keep_firing_since for alert in alerts[:3]] == [None, 1015.0, 1015.0]


def test_a_return_ends_the_grace():
    alerts = live(a_rule(keep_firing_for=30.0), [True, False, True, False, False, False])
    assert states(alerts) == ["firing"] * 5 + ["inactive"]
    assert [alert.keep_firing_since for alert in alerts[:5]] == [None, 1015.0, None, 1045.0, 1045.0]


def test_a_firing_alert_waits_again_where_the_hold_was_raised():
    fired = step(a_rule(), {}, 1000.0, 1.0)
    (alert,) = step(a_rule(hold=60.0), fired, 1015.0, 1.0).values()
    assert (alert.state, alert.active_at, alert.fired_at) == (PENDING, 1000.0, None)


def test_labels_are_those_of_the_series_then_of_the_rule_then_the_name():
    rule = a_rule(
        labels={"job": "{{ $labels.job }}-x", "alertname": "B", "empty": "{{ $labels.no }}", "v": "{{ $value }}"}
    )
    ((labels, alert),) = step(rule, {}, 0.0, 2.5).items()
    assert labels == alert.labels == (("alertname", "A"), ("job", "shop-x"), ("v", "2.5"))


def test_annotations_follow_the_value_but_the_labels_are_the_identity():
    rule = a_rule(annotations={"summary": "now {{ $value }}"})
    first = step(rule, {}, 0.0, 1.0)
    second = step(rule, first, 15.0, 2.0)
    assert first.keys() == second.keys()
    assert [alert.annotations["summary"] for alerts in (first, second) for alert in alerts.values()] == [
        "now 1",
        "now 2",
    ]


def test_two_series_may_not_become_one_alert():
    with pytest.raises(DuplicateAlertError, match="same labelset after applying alert labels"):
        step(a_rule(), {}, 0.0, 1.0, 2.0)


def test_nothing_is_changed_in_place():
    before = step(a_rule(hold=60.0), {}, 0.0, 1.0)
    copy = dict(before)
    step(a_rule(hold=60.0), before, 60.0, 2.0)
    assert before == copy


presences = st.lists(st.booleans(), min_size=1, max_size=40)
holds = st.sampled_from([0.0, 15.0, 40.0])


@given(presences, holds, holds)
def test_properties_of_every_life(presence, hold, keep):
    lives = live(a_rule(hold=hold, keep_firing_for=keep), presence)
    for there, alert, previous in zip(presence, lives, [None, *lives], strict=False):
        assert not there or alert.state in {PENDING, FIRING}
        if alert is None:
            continue
        assert (alert.fired_at is None) == (alert.state is PENDING)
        assert (alert.resolved_at is None) == (alert.state is not INACTIVE)
        assert alert.state is not FIRING or alert.fired_at - alert.active_at >= hold
        if alert.state is FIRING and (previous is None or previous.state is not FIRING):
            assert there
        if alert.state is PENDING:
            assert there
            assert previous is None or previous.state is not FIRING


@given(presences, holds, holds, st.integers(0, 39))
def test_another_process_carries_on_without_a_trace(presence, hold, keep, cut):
    rule = a_rule(hold=hold, keep_firing_for=keep)
    alerts = {}
    for index, there in enumerate(presence):
        at = 1000.0 + 15 * index
        if index == cut:
            taken_over = resume(alerts.values(), stopped_at=at - 15, at=at, interval=15.0)
            alerts = {alert.labels: alert for alert in taken_over}
        alerts = step(rule, alerts, at, *([float(index)] if there else []))
    assert next(iter(alerts.values()), None) == live(rule, presence)[-1]


def an_alert(state):
    return ActiveAlert(labels=(), value=1.0, state=state, active_at=1000.0)


def test_time_without_evaluation_does_not_count_towards_the_hold():
    (pending,) = resume([an_alert(PENDING)], stopped_at=1015.0, at=1130.0, interval=15.0)
    assert pending.active_at == 1100.0


def test_after_a_long_outage_pending_alerts_start_anew_and_firing_ones_stay():
    alerts = [an_alert(PENDING), an_alert(FIRING), an_alert(INACTIVE)]
    assert resume(alerts, stopped_at=1015.0, at=5000.0, interval=15.0) == alerts[1:]

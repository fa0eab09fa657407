import math

import pytest

from tocsin.store import Alert, AlertTransition, LoggedNotification, OutboxEntry, Store
from tocsin.store.metrics import AHEAD, RETENTION


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "tocsin.db")
    yield store
    store.close()


def alert(**changes):
    values = {
        "group": "rules.yml;app",
        "rule": "HighErrorRatio",
        "fingerprint": "00ff",
        "labels": {"alertname": "HighErrorRatio"},
        "annotations": {"summary": "many"},
        "state": "pending",
        "value": 0.5,
        "active_at": 10.0,
    }
    return Alert(**values | changes)


def test_metric_batches_are_tailed_in_order(store):
    for number in range(3):
        store.metric_batches.append(b"batch %d" % number, at=float(number))
    first = store.metric_batches.after(0, limit=2)
    assert [batch.payload for batch in first] == [b"batch 0", b"batch 1"]
    assert [batch.payload for batch in store.metric_batches.after(first[-1].id)] == [b"batch 2"]


def test_old_batches_expire_and_ids_are_not_used_again(store):
    store.metric_batches.append(b"old", at=1.0)
    (old,) = store.metric_batches.after(0)
    store.metric_batches.append(b"new", at=RETENTION + 2.0)
    (new,) = store.metric_batches.after(0)
    assert (new.payload, new.id > old.id) == (b"new", True)


def test_batches_are_bounded_though_nobody_evaluates(store):
    for at in range(0, 10_000, 15):
        store.metric_batches.append(b"{}", at=float(at))
    assert len(store.metric_batches.after(0, limit=1_000)) == RETENTION // 15 + 1


def test_what_a_clock_wrote_that_was_ahead_is_dropped(store):
    store.metric_batches.append(b"ahead", at=100.0 + AHEAD + 1)
    store.metric_batches.append(b"a little ahead", at=100.0 + AHEAD)
    store.metric_batches.append(b"right", at=100.0)
    assert [batch.payload for batch in store.metric_batches.after(0)] == [b"a little ahead", b"right"]


def test_the_time_of_the_last_evaluation_survives(store):
    assert store.alerts.evaluated_at() is None
    for at in (1.0, 2.0):
        store.alerts.set_evaluated(at=at)
    assert store.alerts.evaluated_at() == 2.0


def test_alerts_survive_as_they_are(store):
    firing = alert(state="firing", fired_at=20.0)
    store.alerts.replace([alert(), alert(fingerprint="01", labels={"job": "shop"})])
    store.alerts.replace([firing], gone=[alert(fingerprint="01")])
    assert store.alerts.current() == [firing]


def test_a_value_that_is_no_number_survives(store):
    store.alerts.replace([alert(value=math.nan)])
    assert math.isnan(store.alerts.current()[0].value)


def test_history_is_in_order(store):
    steps = [
        AlertTransition(at=t, group="g", rule="r", fingerprint="f", labels={"a": "b"}, state=state, value=1.0)
        for t, state in ((1.0, "pending"), (2.0, "firing"), (3.0, "inactive"))
    ]
    store.alerts.log(steps)
    assert store.alerts.history(since=2.0) == steps[1:]


def entry(key, **changes):
    values = {
        "key": key,
        "receiver": "default",
        "integration": 0,
        "group_key": "{}:{}",
        "payload": b"{}",
        "created_at": 1.0,
    }
    return OutboxEntry(**values | changes)


def logged(at=1.0):
    return LoggedNotification(
        group_key="{}:{}", receiver="default", integration=0, at=at, firing=("00ff",), resolved=()
    )


def test_a_decision_is_queued_once_whatever_is_repeated(store):
    store.notifications.enqueue([(entry("k"), logged())])
    store.notifications.enqueue([(entry("k", payload=b"other"), logged(at=2.0))])
    assert store.notifications.due("default", 0, at=5.0) == [entry("k")]
    assert store.notifications.logged() == [logged(at=2.0)]


def test_the_life_of_an_entry(store):
    store.notifications.enqueue([(entry("a"), logged()), (entry("b"), logged()), (entry("c"), logged())])
    store.notifications.retry("a", at=60.0, error="503")
    store.notifications.sent("b", at=3.0)
    store.notifications.park("c", error="404")
    assert store.notifications.due("default", 0, at=59.0) == []
    assert [e.key for e in store.notifications.due("default", 0, at=60.0)] == ["a"]
    states = {e.key: (e.state, e.attempts, e.last_error, e.sent_at) for e in store.notifications.history()}
    assert states == {"a": ("pending", 1, "503", None), "b": ("sent", 1, "", 3.0), "c": ("parked", 1, "404", None)}
    store.notifications.expire(before=10.0)
    assert [e.key for e in store.notifications.history()] == ["a"]

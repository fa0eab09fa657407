from contextlib import closing

import pytest

from tocsin.store import HeldAlert, LoggedNotification, OutboxEntry, Silence, SilenceMatcher, Store


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "tocsin.db")) as store:
        yield store


def silence(name, *, ends_at=100.0, **values):
    common = {"matchers": (SilenceMatcher("job", "api"), SilenceMatcher("env", "x|ü", is_regex=True, is_equal=False))}
    common |= {"starts_at": 1.0, "created_by": "me", "comment": "known", "updated_at": 1.0, "annotations": {"a": "b"}}
    return Silence(id=name, ends_at=ends_at, **common | values)


def test_silences_come_back_as_they_were_in_the_order_of_their_ends(store):
    store.silences.put([silence("later", ends_at=200.0), silence("sooner")])
    assert store.silences.all() == [silence("sooner"), silence("later", ends_at=200.0)]
    assert store.silences.all(not_over_before=150.0) == [silence("later", ends_at=200.0)]
    assert store.silences.get("later") == silence("later", ends_at=200.0)
    assert store.silences.get("other") is None


def test_a_silence_takes_the_place_of_the_one_with_its_id(store):
    store.silences.put([silence("a")])
    store.silences.put([silence("a", ends_at=50.0, comment="shorter")])
    assert store.silences.all() == [silence("a", ends_at=50.0, comment="shorter")]


def test_what_is_long_over_is_forgotten(store):
    store.silences.put([silence("a", ends_at=10.0), silence("b", ends_at=20.0)])
    store.silences.forget(before=20.0)
    assert [each.id for each in store.silences.all()] == ["b"]


def test_what_is_held_back_is_replaced_and_released(store):
    first = HeldAlert("f", "g", "team", "silenced", ("s1",))
    second = HeldAlert("f", "g", "team", "inhibited", ("a", "b"))
    store.alerts.hold([first, second])
    assert store.alerts.held() == [second, first]
    changed = first._replace(by=("s1", "s2"))
    store.alerts.hold([changed], released=[first])
    assert store.alerts.held() == [second, changed]
    store.alerts.hold([], released=[second, changed])
    assert store.alerts.held() == []


def decision(key, group_key, receiver="team", integration=0, **values):
    common = {"group_key": group_key, "receiver": receiver, "integration": integration}
    entry = OutboxEntry(key=key, payload=b"{}", created_at=1.0, **common, **values)
    return entry, LoggedNotification(at=1.0, firing=(), resolved=(), **common)


def test_an_integration_is_given_the_oldest_of_each_group(store):
    store.notifications.enqueue(
        [decision("a1", "a"), decision("a2", "a"), decision("b1", "b"), decision("x", "a", integration=1)]
    )
    assert store.notifications.waiting() == [("team", 0), ("team", 1)]
    assert [entry.key for entry in store.notifications.due("team", 0, at=5.0)] == ["a1", "b1"]
    store.notifications.retry("a1", at=60.0, error="down")
    store.notifications.sent("b1", at=2.0)
    assert store.notifications.due("team", 0, at=5.0) == []
    assert store.notifications.next_attempt_at("team", 0) == 60.0
    store.notifications.sent("a1", at=60.0)
    assert [entry.key for entry in store.notifications.due("team", 0, at=60.0)] == ["a2"]
    store.notifications.sent("a2", at=60.0)
    assert store.notifications.next_attempt_at("team", 0) is None
    assert store.notifications.waiting() == [("team", 1)]


def test_what_somebody_knows_without_being_told_is_logged_alone(store):
    _, logged = decision("a", "a")
    store.notifications.enqueue([(None, logged)])
    assert store.notifications.logged() == [logged]
    assert store.notifications.history() == []

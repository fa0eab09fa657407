import threading

import pytest
from msgspec.structs import replace

from tocsin.alerting import Address, Dispatcher, Known, Sender, Timing, receivers, simple
from tocsin.alerting.retry import FIRST_WAIT, LIFETIME, LONGEST_RETRY_AFTER, LONGEST_WAIT, next_attempt
from tocsin.guard import guard
from tocsin.notices import Notices
from tocsin.notify import DeliveryError
from tocsin.store import OutboxEntry, Store, StoreError

NOW = 10_000.0
DOWN = DeliveryError("host did not answer within 10 s", recoverable=True)
REFUSED = DeliveryError("host answered 400", recoverable=False)


class Inbox:
    """A receiver that fails as it is told and remembers the rest."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.taken = []

    def deliver(self, notification, *, key):
        if self.failures and (failure := self.failures.pop(0)):
            raise failure
        self.taken.append((key, notification))

    @property
    def keys(self):
        return [key for key, _ in self.taken]


class Dead:
    """A receiver that hangs until it is released."""

    def __init__(self):
        self.entered = threading.Event()
        self.released = threading.Event()

    def deliver(self, notification, *, key):
        self.entered.set()
        assert self.released.wait(10)
        raise DOWN


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tocsin.db"


@pytest.fixture
def store(path):
    store = Store(path)
    yield store
    store.close()


@pytest.fixture
def decide(store, make_alert):
    """Decide and enqueue, as the evaluator does; the entries."""

    def decide(*fingerprints, now=NOW, console=False, **labels):
        config = simple({"default": {"webhook": "http://x/", "console": console}}, Timing(group_wait=0)).config()
        alerts = [make_alert(fingerprint, at=now - 1, **labels) for fingerprint in fingerprints or ["a"]]
        decisions = Dispatcher(config).dispatch(Known(alerts=alerts), now=now).decisions
        store.notifications.enqueue(decisions)
        return [entry for entry, _ in decisions]

    return decide


@pytest.fixture
def sender(store):
    def sender(*inboxes, **given):
        fixed = {"jitter": lambda: 0.0, "notices": Notices()}
        addressed = {Address("default", position): inbox for position, inbox in enumerate(inboxes)}
        return Sender(store.notifications, addressed, **(fixed | given))

    return sender


def states(store):
    return [(entry.state, entry.attempts) for entry in store.notifications.history()]


def test_what_was_decided_is_delivered_once(store, decide, sender):
    [entry] = decide()
    inbox = Inbox()
    assert sender(inbox).run_once(NOW) is None
    assert inbox.keys == [entry.key]
    assert inbox.taken[0][1].alerts[0].fingerprint == "a"
    assert states(store) == [("sent", 1)]
    sender(inbox).run_once(NOW)
    assert len(inbox.taken) == 1


def test_a_crash_between_decision_and_delivery_loses_nothing(path, decide):
    [entry] = decide()
    inbox = Inbox()
    reopened = Store(path)
    Sender(reopened.notifications, {Address("default", 0): inbox}).run_once(NOW)
    reopened.close()
    assert inbox.keys == [entry.key]


def test_a_crash_between_delivery_and_mark_delivers_again_with_the_same_key(store, decide, sender, monkeypatch):
    [entry] = decide()
    inbox = Inbox()

    def crash(*_, **__):
        raise StoreError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(store.notifications, "sent", crash)
        with pytest.raises(StoreError):
            sender(inbox).run_once(NOW)
    sender(inbox).run_once(NOW)
    assert inbox.keys == [entry.key] * 2
    assert states(store) == [("sent", 1)]


def test_a_failed_delivery_is_tried_again(store, decide, sender, capsys):
    decide()
    inbox = Inbox(DOWN, DOWN)
    trying = sender(inbox)
    assert trying.run_once(NOW) == NOW + FIRST_WAIT
    assert trying.run_once(NOW + FIRST_WAIT - 1) == NOW + FIRST_WAIT
    assert trying.run_once(NOW + FIRST_WAIT) == NOW + 3 * FIRST_WAIT
    assert trying.run_once(NOW + 3 * FIRST_WAIT) is None
    assert states(store) == [("sent", 3)]
    assert capsys.readouterr().err == (
        "tocsin: receiver default[0] cannot be told of alerts: host did not answer within 10 s. "
        "Tocsin keeps trying for a day.\n"
    )


def test_a_refusal_is_parked_and_said(store, decide, sender, capsys):
    decide()
    decide("b", alertname="Other")
    assert sender(Inbox(REFUSED, REFUSED)).run_once(NOW) is None
    assert states(store) == [("parked", 1)] * 2
    assert store.notifications.history()[0].last_error == "host answered 400"
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "tocsin: receiver default[0] was not told of an alert: host answered 400. What it missed is kept in the store."
    ]


def test_a_receiver_that_is_gone_is_parked(store, decide, sender, capsys):
    decide(console=True)
    inbox = Inbox()
    sender(inbox).run_once(NOW)
    assert states(store) == [("sent", 1), ("parked", 1)]
    assert "receiver default[1]" in capsys.readouterr().err


def test_a_day_later_it_is_given_up(store, decide, sender):
    decide()
    trying = sender(Inbox(*[DOWN] * 1000))
    now = NOW
    while (following := trying.run_once(now)) is not None:
        assert 0 < following - now <= LONGEST_WAIT
        now = following
    assert NOW + LIFETIME - LONGEST_WAIT <= now < NOW + LIFETIME
    assert states(store)[0][0] == "parked"


def test_order_is_kept_within_a_group_only(store, decide, sender):
    [first] = decide("a", now=NOW)
    [second] = decide("a", "b", now=NOW + 1)
    [other] = decide("c", now=NOW + 2, alertname="Other")
    inbox = Inbox(DOWN)
    trying = sender(inbox)
    trying.run_once(NOW + 2)
    assert inbox.keys == [other.key]
    trying.run_once(NOW + 2 + FIRST_WAIT)
    assert inbox.keys == [other.key, first.key, second.key]


def test_a_receiver_that_breaks_is_tried_again(store, decide, sender):
    guard.strict = False
    decide()
    inbox = Inbox(ZeroDivisionError("their bug"))
    assert sender(inbox).run_once(NOW) == NOW + FIRST_WAIT
    assert store.notifications.history()[0].last_error == "the receiver failed unexpectedly"
    assert sender(inbox).run_once(NOW + FIRST_WAIT) is None


def test_a_dead_receiver_holds_up_no_other(store, decide, sender):
    decide(console=True)
    dead, taken = Dead(), threading.Event()
    inbox = Inbox()
    inbox.deliver = lambda notification, *, key: taken.set()
    background = sender(dead, inbox, clock=lambda: NOW)
    background.wake()
    assert dead.entered.wait(10)
    assert taken.wait(10)
    assert all(thread.daemon for thread in lanes())
    dead.released.set()
    background.stop(timeout=10)
    assert sorted(states(store)) == [("pending", 1), ("sent", 1)]


def test_no_thread_without_work_and_none_after_stop(store, decide, sender):
    background = sender(Inbox(), clock=lambda: NOW)
    background.wake()
    assert not lanes()
    decide()
    background.wake()
    assert len(lanes()) == 1
    background.stop(timeout=10)
    assert not lanes()
    assert states(store) in ([("sent", 1)], [("pending", 0)])


def lanes():
    return [thread for thread in threading.enumerate() if thread.name.startswith("tocsin-receiver")]


def test_stop_waits_no_longer_than_allowed(decide, sender):
    decide()
    dead = Dead()
    background = sender(dead, clock=lambda: NOW)
    background.wake()
    assert dead.entered.wait(10)
    [thread] = lanes()
    background.stop(timeout=0)
    assert thread.is_alive()
    dead.released.set()
    thread.join(10)


def test_the_whole_way_to_a_file(store, decide, tmp_path):
    decide()
    config = simple({"default": {"file": str(tmp_path / "alerts.jsonl")}}).config()
    Sender(store.notifications, receivers(config)).run_once(NOW)
    assert '"groupKey":"{}:{alertname=\\"HighLatency\\"}"' in (tmp_path / "alerts.jsonl").read_text()


def test_senseless_settings_are_refused_before_anything_is_sent():
    with pytest.raises(ValueError, match="not an absolute one"):
        simple({"default": {"webhook": "ftp://x"}}).config()


ENTRY = OutboxEntry(key="k", receiver="r", integration=0, group_key="g", payload=b"", created_at=NOW)


@pytest.mark.parametrize(
    ("attempts", "retry_after", "jitter", "wait"),
    [
        (0, None, 0.0, FIRST_WAIT),
        (0, None, 0.5, FIRST_WAIT * 0.75),
        (3, None, 0.0, FIRST_WAIT * 8),
        (1000, None, 0.0, LONGEST_WAIT),
        (0, 60.0, 0.9, 60.0),
        (0, 1.0, 0.0, FIRST_WAIT),
        (0, 1e9, 0.0, LONGEST_RETRY_AFTER),
    ],
)
def test_waits_grow_and_respect_the_receiver(attempts, retry_after, jitter, wait):
    failure = DeliveryError("", recoverable=True, retry_after=retry_after)
    assert next_attempt(replace(ENTRY, attempts=attempts), failure, now=NOW, jitter=jitter) == NOW + wait

"""Receivers that are told too much, and receivers that are down."""

from datetime import datetime, timezone

import pytest

from tocsin.alerting import Address, Dispatcher, Known, Sender, Timing, caps, simple, told_key
from tocsin.alerting.breaker import FAILURES, Breaker
from tocsin.alerting.cap import CAPS, HOUR, Cap
from tocsin.alerting.life import acknowledged
from tocsin.alerting.retry import FIRST_WAIT, LONGEST_WAIT
from tocsin.notices import Notices
from tocsin.notify import DeliveryError, Notification, NotifiedAlert, encode
from tocsin.store import LoggedNotification, OutboxEntry, Store

NOW = 10_000.0
DOWN = DeliveryError("host did not answer within 10 s", recoverable=True)
BUSY = DeliveryError("host answered 429", recoverable=True, retry_after=600.0)
REFUSED = DeliveryError("host answered 400", recoverable=False)


class Inbox:
    """A receiver that fails as it is told and remembers the rest."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.attempts = 0
        self.taken = []

    def deliver(self, notification, *, key):
        self.attempts += 1
        if self.failures and (failure := self.failures.pop(0)):
            raise failure
        self.taken.append(notification)

    @property
    def names(self):
        return [notification.alerts[0].name for notification in self.taken]


class Choosy(Inbox):
    def wants(self, notification):
        return notification.common_labels.get("severity") == "critical"


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "tocsin.db")
    yield store
    store.close()


@pytest.fixture
def decide(store, make_alert):
    """Decide about alerts of so many groups, as the evaluator does."""

    def decide(*names, now=NOW, **labels):
        config = simple({"default": {"webhook": "http://x/"}}, Timing(group_wait=0)).config()
        alerts = [make_alert(name, at=now - 1, alertname=name, **labels) for name in names]
        store.notifications.enqueue(Dispatcher(config).dispatch(Known(alerts=alerts), now=now).decisions)

    return decide


@pytest.fixture
def sender(store):
    def sender(inbox, *, limit=0):
        found = {("default", 0): Cap(limit, ("default", "issues"))} if limit else {}
        given = {"jitter": lambda: 0.0, "notices": Notices(), "caps": found}
        return Sender(store.notifications, {Address("default", 0): inbox}, **given)

    return sender


def states(store):
    return [entry.state for entry in store.notifications.history()]


def test_beyond_the_cap_one_message_says_how_many_there_were(store, decide, sender):
    inbox = Inbox()
    sending = sender(inbox, limit=3)
    decide("A", "B", "C", "D", "E", severity="warning")
    assert sending.run_once(NOW) == NOW + HOUR
    decide("F", now=NOW + 60, severity="critical")
    assert sending.run_once(NOW + 60) == NOW + HOUR
    assert inbox.names == ["A", "B", "C"]
    assert states(store) == ["sent"] * 3 + ["suppressed"] * 3
    sending.run_once(NOW + HOUR)
    summary = inbox.taken[-1]
    assert summary.alerts[0].labels == {"alertname": "NotificationsSuppressed", "severity": "critical"}
    assert summary.common_annotations["summary"] == "3 more notifications suppressed"
    assert "about D, E, F" in summary.common_annotations["description"]
    assert sending.run_once(NOW + HOUR + 1) is None
    assert len(inbox.taken) == 4


@pytest.fixture
def tell(store, make_notification_entry):
    """Put a notification into the outbox: each alert of its group, and whether it fires."""

    def tell(group, at, status="", **alerts):
        store.notifications.enqueue([make_notification_entry(group, at, status, alerts)])

    return tell


@pytest.fixture
def make_notification_entry():
    def make(group, at, status, alerts):
        told = tuple(
            NotifiedAlert(
                status="firing" if fires else "resolved",
                labels={"alertname": name},
                annotations={},
                starts_at=datetime.fromtimestamp(NOW, tz=timezone.utc),
                fingerprint=f"{group}/{name}",
            )
            for name, fires in alerts.items()
        )
        notification = Notification(
            receiver="default",
            status=status or ("firing" if any(alerts.values()) else "resolved"),
            alerts=told,
            group_labels={},
            common_labels={},
            common_annotations={},
            group_key=group,
        )
        entry = OutboxEntry(
            key=f"{group} {at} {status}",
            receiver="default",
            integration=0,
            group_key=group,
            payload=encode(notification),
            created_at=at,
        )
        logged = LoggedNotification(group_key=group, receiver="default", integration=0, at=at, firing=(), resolved=())
        return entry, logged

    return make


def heard(inbox):
    return [(each.group_key, each.status, [alert.name for alert in each.alerts]) for each in inbox.taken]


def test_ends_and_acknowledgements_are_told_of_what_was_told_alone(store, tell, sender):
    inbox = Inbox()
    sending = sender(inbox, limit=2)
    tell("g", NOW, A=True)
    tell("h", NOW, A=True)
    tell("k", NOW, A=True)
    tell("g", NOW + 1, A=True, B=True)
    sending.run_once(NOW + 1)
    tell("k", NOW + 2, "acknowledged", A=True)
    tell("g", NOW + 2, "acknowledged", A=True, B=True)
    sending.run_once(NOW + 2)
    tell("k", NOW + 3, A=False)
    tell("h", NOW + 3, A=False)
    tell("g", NOW + 3, A=False, B=False)
    sending.run_once(NOW + 3)
    assert heard(inbox) == [
        ("g", "firing", ["A"]),
        ("h", "firing", ["A"]),
        ("g", "acknowledged", ["A"]),
        ("h", "resolved", ["A"]),
        ("g", "resolved", ["A"]),
    ]
    assert states(store).count("left out") == 2


def test_what_fires_again_and_is_told_then_is_told_to_its_end(store, tell, sender):
    inbox = Inbox()
    sending = sender(inbox, limit=1)
    tell("x", NOW, A=True)
    tell("g", NOW + 1, A=True)
    tell("g", NOW + 2, A=False)
    sending.run_once(NOW + 2)
    for at, fires in ((HOUR, False), (HOUR + 1, True), (HOUR + 2, False), (3 * HOUR, True), (3 * HOUR + 1, False)):
        tell("g", NOW + at, A=fires)
        sender(inbox, limit=9).run_once(NOW + at)
    told = [each for each in heard(inbox) if each[0] == "g"]
    assert told == [("g", "firing", ["A"]), ("g", "resolved", ["A"])] * 2


def test_there_are_never_more_in_any_hour(store, decide, sender):
    inbox, sending, taken = Inbox(), None, []
    sending = sender(inbox, limit=3)
    for minute in range(0, 300, 5):
        now = NOW + 60.0 * minute
        decide(f"A{minute}", now=now)
        sending.run_once(now)
        taken += [now] * (len(inbox.taken) - len(taken))
    assert all(sum(1 for at in taken if begin <= at < begin + HOUR) <= 3 for begin in taken)
    assert len(taken) >= 12


def test_the_cap_survives_a_restart(store, decide, sender):
    decide("A", "B")
    sender(Inbox(), limit=1).run_once(NOW)
    decide("C", now=NOW + 1)
    inbox = Inbox()
    sender(inbox, limit=1).run_once(NOW + 1)
    assert inbox.taken == []
    assert store.notifications.waiting() == [("default", 0)]
    sender(inbox, limit=1).run_once(NOW + HOUR)
    assert inbox.names == ["NotificationsSuppressed"]


def test_what_a_receiver_has_no_use_for_does_not_count(store, decide, sender):
    inbox = Choosy()
    decide("A", "B", severity="warning")
    decide("C", now=NOW + 1, severity="critical")
    sender(inbox, limit=1).run_once(NOW + 1)
    assert inbox.names == ["C"]
    assert states(store) == ["left out", "left out", "sent"]


def test_text_messages_have_a_cap_unless_somebody_says_otherwise():
    text = {"account_sid": "AC1", "auth_token": "t", "sender": "+1", "to": ["+2"]}
    found = caps(simple({"sms": {"twilio": text, "severity": "critical"}}).config())
    assert found["sms", 0] == (CAPS["twilio"], ("sms", "sms-issues"))
    assert found["sms-issues", 0] == (CAPS["twilio"], ("sms-issues", "sms"))
    assert caps(simple({"sms": {"twilio": text, "severity": "critical", "max_per_hour": 0}}).config()) == {}
    assert caps(simple({"default": {"webhook": "http://x/", "max_per_hour": 7}}).config())["default", 0].limit == 7


def test_a_receiver_that_is_down_is_left_alone(store, decide, sender):
    names = [f"A{number}" for number in range(50)]
    decide(*names)
    inbox = Inbox(*[DOWN] * 6)
    sending = sender(inbox)
    at = sending.run_once(NOW)
    assert (inbox.attempts, at) == (FAILURES, NOW + FIRST_WAIT)
    for wait in (2, 4, 8):
        again = sending.run_once(at)
        assert again == at + wait * FIRST_WAIT
        at = again
    assert inbox.attempts == FAILURES + 3
    while sending.run_once(at) is not None:
        at += FIRST_WAIT
    assert sorted(inbox.names) == sorted(names)


def test_who_says_when_to_come_again_is_obeyed_for_all(store, decide, sender):
    decide("A", "B", "C")
    inbox = Inbox(BUSY)
    sending = sender(inbox)
    assert sending.run_once(NOW) == NOW + 600
    assert inbox.attempts == 1
    sending.run_once(NOW + 600)
    assert len(inbox.taken) == 3


def test_a_poison_message_is_parked_and_the_others_are_delivered(store, decide, sender):
    decide("A", "B", "C", "D", "E")
    inbox = Inbox(None, REFUSED, None, REFUSED)
    assert sender(inbox).run_once(NOW) is None
    assert states(store) == ["sent", "parked", "sent", "parked", "sent"]
    parked = [entry.key for entry in store.notifications.unsent()]
    assert store.notifications.release(parked, at=NOW + 100) == 2
    sender(inbox).run_once(NOW + 100)
    assert states(store) == ["sent"] * 5


def test_the_wait_of_a_breaker_grows_to_a_bound_and_is_shortened_at_random():
    breaker, waits = Breaker(), []
    for _ in range(15):
        breaker = breaker.after(DOWN, now=NOW, jitter=0.0)
        waits.append(breaker.open_until - NOW)
    assert waits[: FAILURES + 1] == [0.0] * (FAILURES - 1) + [FIRST_WAIT, 2 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT
    assert breaker.after(DOWN, now=NOW, jitter=0.5).open_until == NOW + 0.75 * LONGEST_WAIT
    assert breaker.after(None, now=NOW, jitter=0.0) == Breaker()
    assert breaker.after(REFUSED, now=NOW, jitter=0.0) == Breaker()


def test_a_clock_that_was_set_back_keeps_nothing_waiting(store, decide, sender):
    decide("A")
    sending = sender(inbox := Inbox(*[DOWN] * FAILURES))
    at = NOW
    for _ in range(FAILURES):
        at = sending.run_once(at)
    store.notifications.hasten(latest=NOW - 5000 + LONGEST_WAIT)
    sending.run_once(NOW - 5000 + LONGEST_WAIT)
    assert inbox.names == ["A"]


def test_an_end_and_an_acknowledgement_are_told_beyond_the_cap_and_count(store, sender, make_alert, resolve):
    config = simple({"default": {"pagerduty": "0123456789abcdef0123456789abcdef"}}, Timing(group_wait=0)).config()
    inbox, alert = Inbox(), make_alert("a", at=NOW - 1)
    sending = sender(inbox, limit=1)

    def look(now, *alerts, **given):
        told = {told_key(logged): logged for logged in store.notifications.logged()}
        known = Known(alerts=alerts, told=told, **given)
        store.notifications.enqueue(Dispatcher(config).dispatch(known, now=now).decisions)
        sending.run_once(now)

    look(NOW, alert)
    look(NOW + 15, alert, standings={"a": acknowledged(alert, at=NOW + 10, actor="me")})
    look(NOW + 600, resolve(alert, NOW + 500))
    assert [told.status for told in inbox.taken] == ["firing", "acknowledged", "resolved"]
    assert states(store) == ["sent"] * 3
    look(NOW + HOUR + 1, make_alert("b", at=NOW + HOUR, alertname="Other"))
    assert states(store)[-1] == "suppressed"

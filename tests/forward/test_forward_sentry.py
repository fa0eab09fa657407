import sys
from contextlib import closing

import pytest

import tocsin
from tocsin import plugin
from tocsin.capture.inbox import Inbox
from tocsin.capture.recorder import Recorder
from tocsin.config import load
from tocsin.errors import InApp, status_after
from tocsin.evaluator.forwarding import forwarder_to
from tocsin.forward import Forwarder, event_of
from tocsin.notices import notices
from tocsin.notify.delivery import DeliveryError
from tocsin.notify.transport.sentry_client import SentryClient
from tocsin.store import Occurrence, Sighting, Store

sentry_sdk = pytest.importorskip("sentry_sdk")

AT = 1_800_000_000.0
STACKTRACE = """Traceback (most recent call last):
  File "/srv/shop/orders.py", line 12, in create
    return price(row)
  File "/usr/lib/python3.11/json/decoder.py", line 355, in raw_decode
    raise JSONDecodeError("Expecting value", s, err.value) from None
json.decoder.JSONDecodeError: Expecting value: line 1 column {column}

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/shop/orders.py", line 14, in create
    raise OrderError(number) from error
shop.orders.OrderError: order {number} cannot be read
"""


def sighting(fingerprint, *numbers, error_type="shop.orders.OrderError", stacktrace=STACKTRACE):
    samples = tuple(
        Occurrence(
            at=AT + number,
            message=f"order {number} cannot be read",
            stacktrace=stacktrace.format(column=number, number=number),
            release="2.1",
            trace_id="ab" * 16,
            span_id="cd" * 8,
            attributes={"http.route": "/orders", "user.id": f"u{number}", "http.request.method": "POST"},
        )
        for number in numbers
    )
    return Sighting(
        service="shop",
        fingerprint=fingerprint,
        title="OrderError: order cannot be read",
        culprit="shop.orders in create",
        error_type=error_type,
        category="serialization",
        severity="critical",
        handled=False,
        release="2.1",
        count=len(numbers),
        first_at=AT,
        last_at=AT,
        samples=samples,
    )


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "tocsin.db")) as store:
        store.issues.position("sentry")
        yield store


@pytest.fixture
def record(store):
    return lambda *sightings: store.issues.record(sightings, status_after=status_after)


class Tracker:
    def __init__(self):
        self.events, self.refusal = [], None

    def send(self, event):
        if self.refusal:
            raise self.refusal
        self.events.append(event)


@pytest.fixture
def tracker():
    return Tracker()


@pytest.fixture
def clock():
    class Clock:
        now = AT

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def forwarder(store, tracker, clock):
    return Forwarder(store, tracker, in_app=InApp(), clock=clock)


def test_one_issue_here_is_one_issue_there(bugsink, store, record, tmp_path):
    config = load({"sentry_dsn": bugsink.dsn, "store": tmp_path / "tocsin.db"}).config
    record(sighting("v1:aa", 1, 2), sighting("v1:bb", 3))
    forwarder = forwarder_to(config, store)
    forwarder.step()
    record(sighting("v1:aa", 4))
    forwarder.step()
    forwarder_to(config, store).step()  # another process, which has nothing left to do
    issues = [issue for issue in bugsink.read.issues() if issue["calculated_type"] == "OrderError"]
    assert sorted(issue["digested_event_count"] for issue in issues) == [1, 3]
    (issue,) = (issue for issue in issues if issue["digested_event_count"] == 1)
    (event,) = bugsink.read.events(issue)
    data = event["data"]
    assert data["fingerprint"] == ["shop", "v1:bb"]
    assert (data["release"], data["level"], data["transaction"]) == ("2.1", "fatal", "/orders")
    assert data["contexts"]["trace"]["trace_id"] == "ab" * 16
    assert data["user"]["id"] == "u3"
    cause, error = data["exception"]["values"]
    assert (cause["type"], error["type"], error["module"]) == ("JSONDecodeError", "OrderError", "shop.orders")
    assert [frame["in_app"] for frame in cause["stacktrace"]["frames"]] == [True, False]
    assert cause["stacktrace"]["frames"][0]["context_line"] == "return price(row)"


def look_up(number):
    try:
        raise LookupError(f"customer {number}")  # noqa: TRY301  what the test is about
    except LookupError:
        return sys.exc_info()


def test_the_applications_own_events_get_our_fingerprint(bugsink, monkeypatch):
    recorder = Recorder(Inbox(10), in_app=InApp(), service="app")
    monkeypatch.setattr(plugin, "_runtime", type("Runtime", (), {"capture": type("C", (), {"recorder": recorder})}))
    client = sentry_sdk.Client(bugsink.dsn, before_send=tocsin.sentry_before_send, default_integrations=False)
    scope = sentry_sdk.Scope()
    for number in range(2):
        error = look_up(number)
        event, hint = sentry_sdk.utils.event_from_exception(error, client_options=client.options)
        client.capture_event(event, hint, scope)
    client.close()
    (issue,) = (issue for issue in bugsink.read.issues() if issue["calculated_type"] == "LookupError")
    assert issue["digested_event_count"] == 2
    assert bugsink.read.events(issue)[0]["data"]["fingerprint"] == ["app", recorder.identity_of(error[1]).fingerprint]
    assert not recorder.inbox.drafts


def test_events_go_unchanged_where_tocsin_is_not_installed():
    event = {"message": "x"}
    assert tocsin.sentry_before_send(event, {}) is event


def test_every_sample_is_sent_once_and_in_order(record, forwarder, tracker):
    record(sighting("v1:aa", 1, 2), sighting("v1:bb", 3))
    forwarder.step()
    forwarder.step()
    assert [event["exception"]["values"][-1]["value"] for event in tracker.events] == [
        f"order {number} cannot be read" for number in (1, 2, 3)
    ]
    assert len({event["event_id"] for event in tracker.events}) == 3


def test_what_was_there_before_stays_where_it_is(tmp_path, tracker, clock):
    with closing(Store(tmp_path / "tocsin.db")) as store:
        store.issues.record([sighting("v1:aa", 1)], status_after=status_after)
        forwarder = Forwarder(store, tracker, in_app=InApp(), clock=clock)
        forwarder.step()
        store.issues.record([sighting("v1:aa", 2)], status_after=status_after)
        forwarder.step()
    assert [event["user"]["id"] for event in tracker.events] == ["u2"]


def test_a_tracker_that_is_down_gets_everything_later(record, forwarder, tracker, clock, capsys):
    record(sighting("v1:aa", 1))
    tracker.refusal = DeliveryError("tracker.example answered 429", recoverable=True, retry_after=60.0)
    forwarder.step()
    tracker.refusal = None
    clock.now += 59
    forwarder.step()
    assert tracker.events == []
    clock.now += 1
    forwarder.step()
    assert len(tracker.events) == 1
    assert "they wait: tracker.example answered 429" in capsys.readouterr().err


def test_an_event_that_is_refused_for_good_stops_nothing(record, forwarder, tracker):
    record(sighting("v1:aa", 1))
    tracker.refusal = DeliveryError("tracker.example answered 400", recoverable=False)
    forwarder.step()
    tracker.refusal = None
    record(sighting("v1:aa", 2))
    forwarder.step()
    assert [event["user"]["id"] for event in tracker.events] == ["u2"]


def test_a_merged_issue_is_one_there_too(record, store, forwarder, tracker):
    record(sighting("v1:aa", 1), sighting("v1:bb", 2))
    store.issues.merge([2], into=1, at=AT, actor="")
    forwarder.step()
    assert {tuple(event["fingerprint"]) for event in tracker.events} == {("shop", "v1:aa")}


def test_a_logged_message_is_a_message(record, store):
    record(sighting("v1:aa", 1, error_type="", stacktrace=""))
    ((_, issue, sample),) = store.issues.samples_after(0, limit=10)
    event = event_of(issue, sample, in_app=InApp(), key="k")
    assert event["message"] == {"formatted": "order 1 cannot be read"}
    assert "exception" not in event


def test_a_dsn_that_is_none_is_said_without_it(store, capsys):
    config = load({"sentry_dsn": "http://127.0.0.1/secret-key"}).config
    assert forwarder_to(config, store) is None
    told = capsys.readouterr().err
    assert "TOCSIN_SENTRY_DSN is not used: the DSN cannot be parsed" in told
    assert "secret" not in told


def test_nobody_listens(record, forwarder, store, clock):
    record(sighting("v1:aa", 1))
    dead = Forwarder(store, SentryClient("http://key@127.0.0.1:9/1"), in_app=InApp(), clock=clock)
    dead.step()
    assert store.issues.position("sentry") == 0


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    monkeypatch.setattr(notices, "_said", set())

"""Many failures at once: all are counted, some are kept, and nothing grows with their number."""

import contextlib
import itertools
import sqlite3
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.capture import backlog as backlog_module
from tocsin.capture import inbox as inbox_module
from tocsin.capture import recorder as recorder_module
from tocsin.capture import tally as tally_module
from tocsin.capture import writer as writer_module
from tocsin.capture.backlog import Backlog
from tocsin.capture.draft import Draft
from tocsin.capture.inbox import Inbox
from tocsin.errors import Failure, identify
from tocsin.notices import notices
from tocsin.store import StoreError
from tocsin.ticker import Ticker

FAILURES, MESSAGES = 5_000, 1_000


def fail_by_one(message):
    raise ValueError(message)


def fail_by_two(message):
    raise KeyError(message)


def fail_by_three(message):
    return int(message)


WAYS = (fail_by_one, fail_by_two, fail_by_three)


def storm(host, failures=FAILURES):
    for number in range(failures):
        with pytest.raises(LookupError if number % 3 == 1 else ValueError) as caught:
            WAYS[number % 3](f"order {number % MESSAGES} failed")
        host.capture.recorder.see(caught.value, handled=False)


def test_counts_are_exact_where_the_writer_does_not_come(host):
    storm(host)
    assert len(host.inbox.drafts) <= inbox_module.WAITING_DRAFTS
    assert sum(host.counts().values()) == FAILURES
    assert host.inbox.dropped == 0


def test_threads_that_fail_at_once_sum_up_what_they_hand_over(host, monkeypatch):
    monkeypatch.setattr(inbox_module, "WAITING_DRAFTS", 50)
    threads = [threading.Thread(target=storm, args=(host, 1_000)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(host.inbox.drafts) <= 50 + len(threads)
    assert (sum(host.counts().values()), host.inbox.dropped) == (8_000, 0)


def test_whoever_interrupts_the_summing_up_does_not_wait_for_it(host, raised, monkeypatch):
    monkeypatch.setattr(inbox_module, "WAITING_DRAFTS", 1)
    add = Backlog._add

    def interrupted(backlog, draft):
        monkeypatch.setattr(Backlog, "_add", add)
        host.capture.recorder.see(raised(fail_by_two, "by a finalizer"), handled=True)
        add(backlog, draft)

    monkeypatch.setattr(Backlog, "_add", interrupted)
    storm(host, 6)
    assert sum(host.counts().values()) == 7


def test_the_writer_is_hurried_once_until_it_comes_for_durations(start):
    host = start(queue_size=10)
    hurried = []
    host.inbox.hurry = lambda: hurried.append(len(host.inbox.observations))
    for _ in range(20):
        host.inbox.observe(("checkout", 1.0, None))
    assert (hurried, host.inbox.dropped, len(host.inbox.observations)) == ([6], 10, 10)
    host.capture.writer.flush()
    for _ in range(6):
        host.inbox.observe(("checkout", 1.0, None))
    assert hurried == [6, 6]


def test_what_is_kept_of_a_storm_is_bounded(start, monkeypatch):
    monkeypatch.setattr(recorder_module, "WAITING_SAMPLES", 4)
    host = start()
    storm(host, 60)
    assert [draft.message is not None for draft in host.inbox.drafts].count(True) == 4
    host.capture.writer.flush()
    storm(host, 60)
    assert [draft.message is not None for draft in host.inbox.drafts].count(True) == 4
    assert sum(host.counts().values()) == 120


def test_samples_that_wait_for_the_store_are_bounded_together(start, monkeypatch):
    monkeypatch.setattr(backlog_module, "ALL_WAITING_SAMPLES", 5)
    host = start()
    storm(host, 24)
    assert sum(host.counts().values()) == 24
    issues = host.store.issues.recent()
    assert sum(len(host.store.issues.occurrences(issue.id)) for issue in issues) == 5
    storm(host, 3)
    host.capture.writer.flush()
    assert sum(len(host.store.issues.occurrences(issue.id)) for issue in issues) == 8


def test_what_is_known_is_bounded_and_then_nothing_is_called_new(start, monkeypatch):
    monkeypatch.setattr(recorder_module, "KNOWN", 2)
    monkeypatch.setattr(writer_module, "KNOWN", 2)
    host = start()
    host.capture.writer.flush()
    storm(host, 6)
    assert [draft.new for draft in host.inbox.drafts] == [True, True, None, False, False, None]
    host.capture.recorder.known = None
    host.capture.writer.flush()
    assert len(host.capture.recorder.known) == 2


#: Words that make a thousand functions, as an application of this size has them.
VERBS = ("book", "cancel", "check", "count", "find", "load", "price", "reserve", "save", "ship")
THINGS = ("address", "basket", "coupon", "invoice", "order", "parcel", "payment", "product", "refund", "voucher")
PLACES = ("archive", "branch", "depot", "fair", "gallery", "harbour", "kiosk", "market", "office", "warehouse")


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    """A thousand functions that fail, each with a stack of its own."""
    names = ["_".join(words) for words in itertools.product(VERBS, THINGS, PLACES)]
    source = "".join(f"def {name}(number):\n    raise LookupError(f'{{number}} is lost')\n\n\n" for name in names)
    path = tmp_path_factory.mktemp("application") / "shop.py"
    path.write_text(source)
    module = {}
    exec(compile(source, str(path), "exec"), module)
    return [module[name] for name in names]


def blow(host, application, numbers, messages=2_000):
    for number in numbers:
        try:
            application[number % len(application)](f"order {number % messages}")
        except LookupError as error:
            host.capture.recorder.see(error, handled=False)


def test_a_storm_is_counted_to_the_last_failure_though_the_store_is_locked_meanwhile(
    start, application, monkeypatch, capsys
):
    monkeypatch.setattr("tocsin.store.database.BUSY_TIMEOUT", 0.01)
    monkeypatch.setattr(notices, "_said", set())
    host = start()
    host.issues()
    writer = Ticker("writer", host.capture.write, interval=0.05)
    writer.start()
    try:
        blow(host, application, range(8_000))
        with contextlib.closing(sqlite3.connect(host.store.path, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            blow(host, application, range(8_000, 14_000))
            until(lambda: "nothing is saved" in capsys.readouterr().err, writer)
            other.rollback()
        blow(host, application, range(14_000, 20_000))
        assert len(host.inbox.drafts) <= inbox_module.WAITING_DRAFTS
        assert sum(len(tally.samples) for tally in waiting(host)) <= backlog_module.ALL_WAITING_SAMPLES
        until(lambda: not (host.inbox.drafts or waiting(host)), writer)
    finally:
        writer.stop(30)
    # Who got no sample in the storm gets one as soon as it is over.
    for begin in (20_000, 20_500):
        blow(host, application, range(begin, begin + 500))
        host.capture.writer.flush()
    issues = host.store.issues.recent(limit=2_000)
    assert {issue.count for issue in issues} == {21}
    assert len(issues) == 1_000
    kept = [len(host.store.issues.occurrences(issue.id)) for issue in issues]
    assert 1 <= min(kept) <= max(kept) <= recorder_module.FIRST_SAMPLES
    assert host.inbox.dropped == 0
    assert sum(point.value for point in host.metrics("tocsin.errors")) == 21_000


def until(is_so, writer):
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        writer.hurry()
        threading.Event().wait(0.01)


def waiting(host):
    """The tallies that are not in the store."""
    backlog = host.capture.writer._backlog
    return [*backlog._tallies.values(), *backlog._taken.values()]


def test_each_failure_of_a_storm_has_a_sample_before_any_has_many(host, application, monkeypatch):
    monkeypatch.setattr(recorder_module, "REPEATED_SAMPLES", 20)
    blow(host, application[:100], range(300))
    issues = host.issues()
    assert {len(host.store.issues.occurrences(issue.id)) for issue in issues} == {1}


def test_users_of_a_storm_are_counted(start, application):
    host = start()
    for number in range(300):
        with (
            contextlib.suppress(LookupError),
            host.tracer.start_as_current_span("work", attributes={"user.id": f"user {number % 7}"}),
        ):
            application[number % 3](number)
    assert {issue.users for issue in host.issues()} == {7}


IDENTITIES = [identify(Failure(type=name, message="")) for name in ("KeyError", "OSError", "ValueError")]
#: What happens: a failure is seen (of which kind, handled or not), a handled one escapes, it is summed up, it is saved,
#: it cannot be saved.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("seen"), st.integers(0, 2), st.booleans()),
        st.tuples(st.just("escapes"), st.integers(0, 50)),
        st.tuples(st.sampled_from(["summed_up", "saved_all", "refused"])),
    ),
    max_size=80,
)


class Life:
    """Failures on their way from being seen to being saved, step by step."""

    def __init__(self):
        self.inbox = Inbox(10)
        self.backlog = Backlog(self.inbox)
        self.drafts, self.saved, self.escaped = [], [0, 0, 0], set()

    def seen(self, kind, handled):
        draft = Draft(IDENTITIES[kind], type_name="x", at=1.0 + len(self.drafts), handled=handled)
        self.drafts.append(draft)
        self.inbox.put(draft)

    def escapes(self, number):
        for draft in self.drafts[number : number + 1]:
            if draft.handled:
                draft.handled = False
                if draft.is_written:
                    self.inbox.put(draft)

    def summed_up(self):
        return self.backlog.gather()

    def saved_all(self):
        for tally in self.backlog.take().values():
            kind = IDENTITIES.index(tally.latest.identity)
            self.saved[kind] += tally.count
            self.escaped |= set() if tally.handled else {kind}
        self.backlog.settle()

    def refused(self):
        self.backlog.take()
        self.backlog.gather()
        self.backlog.give_back()


@settings(deadline=None)
@given(STEPS)
def test_whatever_the_order_the_counts_are_those_of_the_failures(steps):
    life = Life()
    for name, *arguments in steps:
        getattr(life, name)(*arguments)
    life.summed_up()
    life.saved_all()
    kinds = [IDENTITIES.index(draft.identity) for draft in life.drafts]
    assert life.saved == [kinds.count(kind) for kind in range(3)]
    assert sum(life.backlog.take_counts().failures.values()) == len(life.drafts)
    assert life.escaped == {kind for kind, draft in zip(kinds, life.drafts, strict=True) if not draft.handled}


def test_what_cannot_be_saved_is_put_before_what_came_meanwhile(host, monkeypatch):
    record = host.store.issues.record

    def meanwhile(sightings, **_):
        storm(host, 30)
        host.capture.writer._backlog.gather()
        raise StoreError("later")

    storm(host, 30)
    monkeypatch.setattr(host.store.issues, "record", meanwhile)
    monkeypatch.setattr(notices, "say", lambda *_, **__: None)
    host.capture.writer.flush()
    monkeypatch.setattr(host.store.issues, "record", record)
    assert sorted(host.counts().values()) == [20, 20, 20]
    for issue in host.store.issues.recent():
        assert 1 < len(host.store.issues.occurrences(issue.id)) <= tally_module.WAITING_SAMPLES


def test_a_sighting_that_cannot_be_made_costs_no_count(host, monkeypatch):
    storm(host, 3)
    monkeypatch.setattr(host.capture.writer, "_sighting", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        host.capture.writer.flush()
    monkeypatch.undo()
    assert sum(host.counts().values()) == 3

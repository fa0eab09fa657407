import multiprocessing
import os
import sqlite3
import threading
import time

import pytest
from msgspec.structs import replace

from tocsin.store import Occurrence, Retention, Sighting, Store, StoreError
from tocsin.store.samples import OCCURRENCES_PER_ISSUE


def sighting(**changes):
    base = Sighting(
        service="shop",
        fingerprint="v1:0123456789abcdef",
        title="ValueError: bad price",
        culprit="shop.pricing.parse_row",
        error_type="ValueError",
        category="validation",
        severity="error",
        handled=False,
        release="1.0",
        count=1,
        first_at=100.0,
        last_at=100.0,
    )
    return replace(base, **changes)


def keep(issue, _sighting, _past):
    return issue.status


PATIENCE = 10.0


@pytest.fixture
def wait_for():
    """Polls, because the other side is another process."""

    def wait_for(condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    return wait_for


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "new" / "tocsin.db")
    yield store
    store.close()


def test_first_sighting_makes_a_new_issue(store):
    store.issues.record([sighting(count=3, first_at=90.0)], status_after=keep)
    (issue,) = store.issues.recent()
    assert (issue.status, issue.count, issue.first_seen, issue.last_seen) == ("new", 3, 90.0, 100.0)
    assert issue.first_release == issue.last_release == "1.0"


def test_later_sightings_add_up_on_the_same_issue(store):
    store.issues.record([sighting()], status_after=keep)
    store.issues.record([sighting(count=2, first_at=200.0, last_at=210.0, release="1.1")], status_after=keep)
    (issue,) = store.issues.recent()
    assert (issue.count, issue.first_seen, issue.last_seen) == (3, 100.0, 210.0)
    assert (issue.first_release, issue.last_release) == ("1.0", "1.1")


def test_the_same_fingerprint_in_another_service_is_another_issue(store):
    store.issues.record([sighting(), sighting(service="worker")], status_after=keep)
    assert {issue.service for issue in store.issues.recent()} == {"shop", "worker"}
    assert store.issues.fingerprints("worker") == {"v1:0123456789abcdef"}


def test_an_issue_is_unhandled_once_it_escaped(store):
    store.issues.record([sighting(handled=True)], status_after=keep)
    store.issues.record([sighting(handled=False)], status_after=keep)
    store.issues.record([sighting(handled=True)], status_after=keep)
    assert not store.issues.recent()[0].handled


def test_a_regression_is_dated_when_it_happens_and_not_again(store):
    store.issues.record([sighting()], status_after=keep)
    assert store.issues.decide(1, {"status": "resolved"}, at=150.0, actor="jane")
    regress = lambda *_: "regressed"  # noqa: E731  a verdict, as the workflow gives it
    store.issues.record([sighting(first_at=200.0, last_at=200.0)], status_after=regress)
    store.issues.record([sighting(first_at=300.0, last_at=300.0)], status_after=regress)
    issue = store.issues.get(1)
    assert (issue.status, issue.resolved_at, issue.regressed_at) == ("regressed", 150.0, 200.0)


def test_samples_are_kept_newest_first_and_bounded(store):
    for number in range(OCCURRENCES_PER_ISSUE + 5):
        sample = Occurrence(at=float(number), message=f"m{number}", attributes={"http.route": "/x"})
        store.issues.record([sighting(samples=(sample,))], status_after=keep)
    kept = store.issues.occurrences(1)
    assert len(kept) == OCCURRENCES_PER_ISSUE
    assert kept[0] == Occurrence(
        at=OCCURRENCES_PER_ISSUE + 4.0, message=f"m{OCCURRENCES_PER_ISSUE + 4}", attributes={"http.route": "/x"}
    )


def test_an_issue_is_found_by_the_beginning_of_its_fingerprint(store):
    store.issues.record([sighting(), sighting(fingerprint="v1:ffff")], status_after=keep)
    assert [issue.fingerprint for issue in store.issues.find("v1:0123")] == ["v1:0123456789abcdef"]
    assert store.issues.find("v1:%") == []


def _count_many(path, times):
    store = Store(path)
    for _ in range(times):
        store.issues.record([sighting()], status_after=keep)


def test_processes_that_start_together_lose_no_count(tmp_path):
    path = tmp_path / "tocsin.db"
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=_count_many, args=(path, 50)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert Store(path).issues.recent()[0].count == 200


def test_a_connection_is_not_used_across_a_fork(store):
    store.issues.record([sighting()], status_after=keep)
    child = multiprocessing.get_context("fork").Process(
        target=store.issues.record, args=([sighting()],), kwargs={"status_after": keep}
    )
    child.start()
    child.join()
    store.issues.record([sighting()], status_after=keep)
    assert child.exitcode == 0
    assert store.issues.recent()[0].count == 3


FORKS = 30


def test_children_of_a_process_that_writes_all_the_time_can_write(store):
    """SQLite's locks and notes on them do not survive a fork."""
    stopped = threading.Event()

    def write():
        while not stopped.wait(0.0005):
            store.issues.record([sighting()], status_after=keep)
            store.close()

    writer = threading.Thread(target=write)
    writer.start()
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=_count_many, args=(store.path, 1), daemon=True) for _ in range(FORKS)]
    for child in children:
        child.start()
    for child in children:
        child.join(10)
    stopped.set()
    writer.join()
    assert [child.exitcode for child in children] == [0] * FORKS


def _write_as_a_daemon(path, orphaned, read):
    """As a daemon does: its parent, which had the store open, is gone."""
    store = Store(path)
    store.issues.record([sighting()], status_after=keep)
    if os.fork():
        os._exit(0)
    orphaned.wait(10)
    store.issues.record([sighting()], status_after=keep)
    read.wait(10)
    store.issues.record([sighting()], status_after=keep)
    os._exit(0)


def test_an_orphan_and_a_reader_that_comes_and_goes_lose_nothing(tmp_path, wait_for):
    path = tmp_path / "tocsin.db"
    fork = multiprocessing.get_context("fork")
    orphaned, read = fork.Event(), fork.Event()
    parent = fork.Process(target=_write_as_a_daemon, args=(path, orphaned, read))
    parent.start()
    parent.join()

    def count():
        reader = Store(path)
        (issue,) = reader.issues.recent()
        reader.close()
        return issue.count

    orphaned.set()
    wait_for(lambda: count() == 2)
    read.set()
    wait_for(lambda: count() == 3)


def test_new_issues_and_those_that_came_back_are_the_newest(store):
    for number in range(4):
        seen = {"fingerprint": f"v1:{number}", "first_at": 10.0 * number, "last_at": 1000.0 - number}
        store.issues.record([sighting(**seen)], status_after=keep)
    store.issues.decide(1, {"status": "resolved"}, at=50.0, actor="jane")
    store.issues.record([sighting(fingerprint="v1:0", first_at=100.0)], status_after=lambda *_: "regressed")
    assert [issue.id for issue in store.issues.newest(seen_since=900.0, limit=2)] == [1, 4]


def test_issues_are_bounded_and_those_seen_last_stay(tmp_path):
    store = Store(tmp_path / "tocsin.db", retention=Retention(issues=3))
    for number in range(6):
        sample = Occurrence(at=float(number), message="m")
        seen = sighting(fingerprint=f"v1:{number}", last_at=200.0 + number, samples=(sample,))
        store.issues.record([seen, sighting(last_at=300.0)], status_after=keep)
    assert [issue.fingerprint for issue in store.issues.recent()] == ["v1:0123456789abcdef", "v1:5", "v1:4"]
    assert len(store.issues.fingerprints("shop")) == 3
    assert store.issues.occurrences(2) == []


def test_a_store_that_cannot_be_written_names_the_file_and_the_setting(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/tocsin.db.*TOCSIN_STORE"):
        Store(tmp_path / "file" / "tocsin.db").issues.recent()


def test_a_file_from_a_newer_version_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "tocsin.db") as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(StoreError, match="schema version 99"):
        Store(tmp_path / "tocsin.db").issues.recent()


def test_a_transaction_is_all_or_nothing(store):
    def fail_half_way():
        with store.transaction():
            store.issues.record([sighting()], status_after=keep)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert store.issues.recent() == []

"""Many failures at once: all are counted, some are kept, and nothing grows with their number."""

import pytest

from tocsin.capture import recorder as recorder_module
from tocsin.capture import writer as writer_module

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


def test_counts_are_exact_where_the_writer_is_hurried(start):
    host = start(queue_size=100)
    flushes = []

    def flush():
        flushes.append(len(host.inbox.drafts))
        host.capture.writer.flush()

    host.inbox.hurry = flush
    storm(host)
    assert sum(host.counts().values()) == FAILURES
    assert (host.inbox.dropped, max(flushes)) == (0, 51)


def test_the_writer_is_hurried_once_until_it_comes(start):
    host = start(queue_size=10)
    hurried = []
    host.inbox.hurry = lambda: hurried.append(len(host.inbox.drafts))
    storm(host, 20)
    assert (hurried, host.inbox.dropped, len(host.inbox.drafts)) == ([6], 10, 10)
    host.capture.writer.flush()
    storm(host, 6)
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
    monkeypatch.setattr(writer_module, "ALL_WAITING_SAMPLES", 5)
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

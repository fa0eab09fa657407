"""From the inbox to the store and the metrics: exact, bounded, once."""

import os
import threading
import traceback

import pytest

from tocsin.capture import backlog as backlog_module
from tocsin.capture import inbox as inbox_module
from tocsin.capture import recorder as recorder_module
from tocsin.capture import tally as tally_module
from tocsin.notices import notices
from tocsin.store import StoreError


def see(host, error=None, *, handled=True):
    with pytest.raises(Exception) as caught:
        throw(error or ValueError("x"))
    return host.capture.recorder.see(caught.value, handled=handled)


def throw(error):
    raise error


@pytest.fixture
def broken(monkeypatch):
    """Makes a host's store unwritable until it is mended."""
    monkeypatch.setattr(notices, "_said", set())

    def broken(host):
        def refuse(*_, **__):
            raise StoreError("store x: disk full")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(host.store.issues, "record", refuse)
            patch.setattr(host.store.issues, "fingerprints", refuse)
            host.capture.writer.flush()

    return broken


def test_an_inbox_that_nobody_empties_drops_and_counts(host, monkeypatch):
    monkeypatch.setattr(inbox_module, "WAITING_DRAFTS", 3)
    monkeypatch.setattr(host.inbox, "gather", lambda: False)
    for _ in range(8):
        see(host)
    host.capture.writer.flush()
    assert host.counts() == {"ValueError: x": 6}
    assert [point.value for point in host.metrics("tocsin.self.dropped")] == [2]
    see(host)
    assert host.counts() == {"ValueError: x": 7}


def test_counts_survive_a_store_that_cannot_be_written(host, broken, capsys):
    for _ in range(3):
        see(host)
        broken(host)
    assert capsys.readouterr().err == "tocsin: nothing is saved and nobody is alerted: store x: disk full\n"
    see(host, handled=False)
    (issue,) = host.issues()
    assert (issue.count, issue.handled) == (4, False)
    assert len(host.store.issues.occurrences(issue.id)) == 4
    assert host.issues()[0].count == 4


def test_what_waits_for_the_store_is_bounded(host, broken, monkeypatch):
    monkeypatch.setattr(backlog_module, "WAITING_FINGERPRINTS", 2)
    monkeypatch.setattr(tally_module, "WAITING_SAMPLES", 3)
    kinds = [type(f"Error{number}", (Exception,), {}) for number in range(4)]
    for kind in kinds:
        for _ in range(5):
            see(host, kind("x"))
        broken(host)
    assert host.inbox.dropped == 10
    issues = host.issues()
    assert sorted(issue.count for issue in issues) == [5, 5]
    assert [len(host.store.issues.occurrences(issue.id)) for issue in issues] == [3, 3]


def test_the_first_occurrences_are_sampled_and_then_one_each_interval(host, monkeypatch):
    for _ in range(recorder_module.FIRST_SAMPLES + 5):
        draft = see(host)
    assert draft.message is None
    monkeypatch.setattr(host.capture.recorder, "_clock", lambda: draft.at + recorder_module.SAMPLE_INTERVAL)
    assert see(host).message == "x"
    (issue,) = host.issues()
    assert issue.count == recorder_module.FIRST_SAMPLES + 6
    assert len(host.store.issues.occurrences(issue.id)) == recorder_module.FIRST_SAMPLES


def test_series_are_bounded(host, monkeypatch):
    monkeypatch.setattr(backlog_module, "COUNTED_FINGERPRINTS", 1)
    see(host)
    see(host, KeyError("other"))
    see(host, IndexError("other"))
    host.capture.writer.flush()
    counted = {vars(point)["error.type"]: point.value for point in host.metrics("tocsin.errors")}
    assert counted == {"ValueError": 1, "other": 2}


def test_many_threads_lose_nothing(host):
    def work():
        for _ in range(200):
            see(host)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        host.capture.writer.flush()
    assert host.counts() == {"ValueError: x": 1600}


def test_flushed_by_two_threads_nothing_is_written_twice(host):
    begun, go_on = threading.Event(), threading.Event()
    record = host.store.issues.record

    def slowly(sightings, **options):
        begun.set()
        go_on.wait(10)
        record(sightings, **options)

    see(host)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(host.store.issues, "record", slowly)
        first = threading.Thread(target=host.capture.writer.flush)
        first.start()
        begun.wait(10)
        second = threading.Thread(target=host.capture.writer.flush)
        see(host, KeyError("y"))
        second.start()
        go_on.set()
        first.join()
        second.join()
    assert host.counts() == {"ValueError: x": 1, "KeyError: 'y'": 1}


def in_child(work):
    """Do something in a forked child; the exit status."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001  nothing of the tests goes on in a child
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_does_not_write_again_what_its_parent_saw(host, broken):
    see(host, KeyError("waiting"))
    broken(host)
    see(host, ValueError("in the inbox"))
    host.inbox.dropped = 3

    def work():
        assert host.inbox.dropped == 0
        see(host, IndexError("in the child"))
        host.capture.writer.flush()

    assert in_child(work) == 0
    expected = {"KeyError: 'waiting'": 1, "ValueError: in the inbox": 1, "IndexError: in the child": 1}
    assert host.counts() == expected


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_during_a_flush_leaves_the_child_able_to_flush(host):
    begun, go_on = threading.Event(), threading.Event()

    def slowly(sightings, **_):
        begun.set()
        go_on.wait(10)
        raise StoreError("later")

    see(host)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(host.store.issues, "record", slowly)
        patch.setattr(notices, "say", lambda *_, **__: None)
        flushing = threading.Thread(target=host.capture.writer.flush)
        flushing.start()
        begun.wait(10)
        patch.undo()

        def work():
            see(host, IndexError("in the child"))
            host.capture.writer.flush()

        status = in_child(work)
        go_on.set()
        flushing.join()
    assert status == 0
    assert host.counts() == {"ValueError: x": 1, "IndexError: in the child": 1}


@pytest.mark.parametrize("how", ["seen again", "the request failed"])
def test_what_escapes_after_it_was_written_is_no_longer_handled_and_is_not_counted_again(host, how):
    with pytest.raises(ValueError, match="x") as caught:
        throw(ValueError("x"))
    draft = host.capture.recorder.see(caught.value, handled=True)
    (before,) = host.issues()
    (sample,) = host.store.issues.occurrences(before.id)
    assert sample.handled
    if how == "seen again":
        host.capture.recorder.see(caught.value, handled=False)
    else:
        host.capture.recorder.escalate(draft)
    (after,) = host.issues()
    assert (before.handled, before.severity, before.count) == (True, "warning", 1)
    assert (after.handled, after.severity, after.count) == (False, "error", 1)
    assert [point.value for point in host.metrics("tocsin.errors")] == [1]
    (minute,) = host.store.issues.trend(after.id, grain=60, since=0)
    assert minute.occurrences == 1
    (sample,) = host.store.issues.occurrences(after.id)
    assert not sample.handled


def test_what_escapes_after_its_issue_was_forgotten_makes_no_issue(host):
    with pytest.raises(ValueError, match="x") as caught:
        throw(ValueError("x"))
    host.capture.recorder.see(caught.value, handled=True)
    host.capture.writer.flush()
    with host.store.issues._database.transaction() as connection:
        connection.execute("DELETE FROM fingerprints")
        connection.execute("DELETE FROM issues")
    host.capture.recorder.see(caught.value, handled=False)
    assert host.issues() == []

import gc
import os
import threading
import weakref

import pytest
from opentelemetry import context
from opentelemetry.instrumentation.utils import is_instrumentation_enabled

from tocsin.guard import guard
from tocsin.ticker import Ticker

PATIENCE = 10
FAST = 0.001


@pytest.fixture
def ticker_of():
    """Makes tickers that stop with the test."""
    made = []

    def make(work, *, interval=FAST):
        ticker = Ticker("test", work, interval=interval)
        made.append(ticker)
        return ticker

    yield make
    for ticker in made:
        ticker.stop(PATIENCE)


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "tocsin-test"]


def test_nothing_runs_before_the_start(ticker_of):
    ticker = ticker_of(pytest.fail)
    assert threads() == []
    assert not ticker.running


def test_the_work_is_done_again_and_again_on_one_daemon_thread(ticker_of):
    calls = threading.Semaphore(0)
    ticker = ticker_of(calls.release)
    for _ in range(5):
        ticker.start()
    assert all(calls.acquire(timeout=PATIENCE) for _ in range(3))
    (thread,) = threads()
    assert thread.daemon
    assert ticker.running


def test_an_error_is_the_guards_and_does_not_end_the_thread(ticker_of, monkeypatch):
    monkeypatch.setattr(guard, "strict", False)
    calls = threading.Semaphore(0)

    def work():
        calls.release()
        raise ZeroDivisionError

    ticker_of(work).start()
    assert all(calls.acquire(timeout=PATIENCE) for _ in range(3))
    assert guard.failures["test thread"] >= 2


def test_the_context_is_fresh_and_instrumentation_is_suppressed(ticker_of):
    seen, done = [], threading.Event()

    def look():
        seen.append((context.get_value("request"), is_instrumentation_enabled()))
        done.set()

    token = context.attach(context.set_value("request", "of the application"))
    ticker_of(look).start()
    assert done.wait(PATIENCE)
    context.detach(token)
    assert seen[0] == (None, False)


def test_stop_waits_for_the_call_that_is_under_way_and_a_start_begins_anew(ticker_of):
    begun, may_end, ended = threading.Event(), threading.Event(), []

    def work():
        begun.set()
        may_end.wait(PATIENCE)
        ended.append(True)

    ticker = ticker_of(work)
    ticker.start()
    assert begun.wait(PATIENCE)
    may_end.set()
    ticker.stop(PATIENCE)
    assert ended
    assert threads() == []
    begun.clear()
    ticker.start()
    assert begun.wait(PATIENCE)


def test_stop_waits_no_longer_than_told(ticker_of):
    begun, may_end = threading.Event(), threading.Event()
    ticker = ticker_of(lambda: (begun.set(), may_end.wait(PATIENCE)))
    ticker.start()
    assert begun.wait(PATIENCE)
    ticker.stop(FAST)
    assert threads() != []
    may_end.set()


def test_the_work_may_stop_its_own_ticker(ticker_of):
    done = threading.Event()

    def work():
        ticker.stop()
        done.set()

    ticker = ticker_of(work)
    ticker.start()
    assert done.wait(PATIENCE)
    assert not ticker.running


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("running", [True, False])
def test_a_forked_child_runs_what_ran(ticker_of, running):
    reading, writing = os.pipe()
    calls = threading.Semaphore(0)
    parent = os.getpid()

    def work():
        calls.release()
        if os.getpid() != parent:
            os.write(writing, b"tick")

    ticker = ticker_of(work)
    if running:
        ticker.start()
        assert calls.acquire(timeout=PATIENCE)
    with ticker._lock:
        child = os.fork()
        if child == 0:
            if running:
                threading.Event().wait(PATIENCE)
            os._exit(0 if running == ticker.running else 1)
    os.close(writing)
    assert os.read(reading, 4) == (b"tick" if running else b"")
    os.close(reading)
    if running:
        os.kill(child, 9)
    assert os.waitpid(child, 0)[1] == (9 if running else 0)


def test_a_ticker_that_is_not_running_can_be_forgotten():
    ticker = Ticker("test", print, interval=FAST)
    gone = weakref.ref(ticker)
    del ticker
    gc.collect()
    assert gone() is None

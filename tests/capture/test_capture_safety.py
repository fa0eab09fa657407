"""Whatever an application raises, logs and attaches, it behaves as without us; what we lose is counted and said."""

import contextlib
import gc
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import pytest
from opentelemetry.trace import SpanKind

from tocsin.guard import guard


@pytest.fixture
def quiet(host, monkeypatch):
    """A logger of the application that formats nothing, so that only we look at what is logged."""
    made = logging.getLogger("shop.quiet")
    monkeypatch.setattr(made, "propagate", False)
    made.addHandler(handler := logging.NullHandler())
    yield made
    made.removeHandler(handler)


def throw(error):
    raise error


class TestExhaustion:
    def test_recursion(self, host, quiet, lenient):
        def dive(depth):
            return dive(depth + 1)

        with pytest.raises(RecursionError), host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER):
            dive(0)
        assert [issue.count for issue in host.issues()] == [1]

    def test_no_room_left_for_us(self, host, quiet, lenient):
        """Failures that are logged at the very end of the stack: logging itself may not work there."""
        reached = []

        def dive(depth):
            try:
                dive(depth + 1)
            except RecursionError as error:
                reached.append(depth)
                if len(reached) < 60:
                    with contextlib.suppress(RecursionError):
                        quiet.error("too deep", exc_info=error)
                raise

        with pytest.raises(RecursionError):
            dive(0)
        assert reached[-1] == 0
        assert sum(issue.count for issue in host.issues()) <= 1

    @pytest.mark.parametrize("error", [MemoryError, RecursionError, OSError, RuntimeError, UnicodeError])
    @pytest.mark.parametrize("place", ["identify", "sample", "claim", "put"])
    def test_whatever_fails_in_us_is_counted_and_said(self, host, quiet, lenient, monkeypatch, capsys, error, place):
        def fail(*_, **__):
            raise error("ours")

        recorder = host.capture.recorder
        owner, name = {
            "identify": (recorder.recognizer(), "identify"),
            "sample": (recorder, "_sample"),
            "claim": (sys.modules[type(recorder).__module__], "claim"),
            "put": (sys.modules[type(recorder).__module__].Inbox, "put"),
        }[place]
        monkeypatch.setattr(owner, name, fail)

        def work():
            try:
                throw(LookupError("theirs"))
            except LookupError:
                quiet.exception("failed")
                raise

        entry = host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER)
        with pytest.raises(LookupError, match="theirs"), entry:
            work()
        assert sum(guard.failures.values()) >= 1
        assert "The application goes on without it." in capsys.readouterr().err

    def test_a_deep_traceback(self, host, lenient):
        def dive(depth):
            if depth == 0:
                raise LookupError("at the bottom")
            dive(depth - 1)

        with pytest.raises(LookupError), host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER):
            dive(500)
        assert host.counts() == {"LookupError: at the bottom": 1}

    def test_a_storm_of_causes(self, host):
        error = LookupError("first")
        for number in range(5_000):
            error, error.__cause__ = LookupError(number), error
        begun = time.process_time()
        host.capture.recorder.see(error, handled=True)
        assert time.process_time() - begun < 2
        assert [issue.count for issue in host.issues()] == [1]


def in_child(host):
    """Fail and write in a forked child; its status."""
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1]
    try:
        signal.alarm(20)
        host.capture.recorder.see(ValueError("in the child"), handled=False)
        host.capture.finish()
    except BaseException:  # noqa: BLE001  nothing of the tests goes on in a child
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


class TestInterruption:
    def test_signal_handlers(self, host, quiet):
        """They interrupt us anywhere, and fail themselves."""
        told, inside = [], []

        def handler(*_):
            if inside:
                return
            inside.append(True)
            try:
                throw(ValueError("in the handler"))
            except ValueError:
                quiet.exception("interrupted")
            told.append(inside.pop())

        before = signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        count, deadline = 0, time.monotonic() + 20
        try:
            while (count < 500 or len(told) < 20) and time.monotonic() < deadline:
                try:
                    throw(LookupError("in the program"))
                except LookupError:
                    quiet.exception("failed")
                count += 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert host.counts() == {"LookupError: in the program": count, "ValueError: in the handler": len(told)}

    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
    def test_forks_from_threads(self, host, quiet):
        """While others fail and write."""
        stop, statuses = threading.Event(), []

        def keep_failing():
            while not stop.is_set():
                quiet.error("in the parent")
                host.capture.writer.flush()

        def fork():
            statuses.extend(in_child(host) for _ in range(5))

        failing, *forking = (threading.Thread(target=each) for each in (keep_failing, fork, fork))
        for thread in (failing, *forking):
            thread.start()
        for thread in forking:
            thread.join()
        stop.set()
        failing.join()
        assert statuses == [0] * 10
        assert host.counts()["ValueError: in the child"] == 10

    def test_garbage_collection_anywhere(self, host, quiet):
        """Futures that nobody asks for are told of wherever the collector runs: within us as well."""
        from concurrent.futures import Future

        threshold = gc.get_threshold()
        gc.set_threshold(1)
        try:
            for _ in range(50):
                future = Future()
                future.itself = future
                future.set_exception(LookupError("never asked"))
                del future
                quiet.error("something else")
        finally:
            gc.set_threshold(*threshold)
        gc.collect()
        assert host.counts() == {"LookupError: never asked": 50, "something else": 50}


class TestLoss:
    def test_a_full_queue_is_said(self, start, lenient, capsys):
        host = start(queue_size=2)
        for _ in range(5):
            host.inbox.observe(("checkout", 1.0, None))
        host.capture.writer.flush()
        assert [point.value for point in host.metrics("tocsin.self.dropped")] == [3]
        host.capture.writer.flush()
        assert capsys.readouterr().err.count("are lost") == 1

    def test_a_store_that_is_locked_for_minutes(self, start, lenient, capsys, monkeypatch):
        monkeypatch.setattr("tocsin.store.database.BUSY_TIMEOUT", 0.01)
        host = start()
        host.issues()
        clock = [1_000_000.0]
        monkeypatch.setattr(host.capture.recorder, "_clock", lambda: clock[0])
        with contextlib.closing(sqlite3.connect(host.store.path)) as other:
            other.execute("BEGIN EXCLUSIVE")
            for _ in range(300):
                clock[0] += 1
                host.capture.recorder.see(LookupError("while it is locked"), handled=True)
                if clock[0] % 30 == 0:
                    begun = time.monotonic()
                    host.capture.recorder.see(ValueError("now and then"), handled=True)
                    assert time.monotonic() - begun < 1
                    host.capture.writer.flush()
            other.rollback()
        assert host.counts() == {"LookupError: while it is locked": 300, "ValueError: now and then": 10}
        assert "nothing is saved and nobody is alerted" in capsys.readouterr().err


LEAVING = """
import atexit, logging, sys, threading

class Careless:
    def __del__(self):
        logging.getLogger("shop").error("gone")
        raise LookupError("while the interpreter ends")

careless = Careless()
careless.itself = careless
kept = Careless()
sys.modules["kept"] = kept

def late():
    try:
        raise ValueError("late")
    except ValueError:
        logging.getLogger("shop").exception("at exit")

def endless():
    while True:
        try:
            raise ValueError("meanwhile")
        except ValueError:
            pass

atexit.register(late)
threading.Thread(target=endless, daemon=True).start()
print("done")
sys.exit(7)
"""


def test_the_end_of_the_interpreter(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(LEAVING)
    environment = os.environ | {
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "TOCSIN_STORE": str(tmp_path / "tocsin.db"),
        "TOCSIN_EVALUATE": "false",
    }
    launcher = str(Path(sys.executable).parent / "opentelemetry-instrument")

    def run(**more):
        command = [launcher, sys.executable, str(script)]
        return subprocess.run(command, env=environment | more, capture_output=True, text=True, timeout=60, check=False)

    alone, together = run(TOCSIN_ENABLED="false"), run()
    assert (together.stdout, together.returncode) == (alone.stdout, alone.returncode) == ("done\n", 7)

    def others(process):
        return sorted(line for line in process.stderr.splitlines() if line.startswith(("LookupError", "Exception")))

    assert others(together) == others(alone)
    assert "failed with" not in together.stderr

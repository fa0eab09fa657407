"""The exit waits no longer than it was told, whatever hangs; on every version of Python, and after a fork."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from tocsin.guard import guard
from tocsin.notices import notices
from tocsin.shutdown import BoundedShutdown

PATIENCE = 30.0


@pytest.fixture
def hanging():
    """Work that does not end before the test does."""
    go_on = threading.Event()
    yield lambda: go_on.wait(PATIENCE)
    go_on.set()


def test_all_work_is_done():
    done = []
    shutdown = BoundedShutdown(PATIENCE)
    for name in ("traces", "logs", "metrics"):
        shutdown.add(name, lambda name=name: done.append(name))
    assert shutdown.run() == ()
    assert sorted(done) == ["logs", "metrics", "traces"]


def test_work_that_hangs_is_left_behind_and_named(hanging):
    done = threading.Event()
    shutdown = BoundedShutdown(0.1)
    shutdown.add("traces", hanging)
    shutdown.add("issues", done.set)
    shutdown.add("logs", hanging)
    begun = time.monotonic()
    assert shutdown.run() == ("traces", "logs")
    assert time.monotonic() - begun < PATIENCE / 2
    assert done.is_set()


def test_work_is_done_side_by_side():
    met = threading.Barrier(3, timeout=PATIENCE)
    shutdown = BoundedShutdown(PATIENCE)
    for name in "abc":
        shutdown.add(name, met.wait)
    assert shutdown.run() == ()


def test_a_second_call_does_nothing(hanging):
    done = []
    shutdown = BoundedShutdown(0.05)
    shutdown.add("issues", lambda: done.append(1))
    shutdown.add("traces", hanging)
    assert shutdown.run() == ("traces",)
    assert shutdown.run() == ()
    assert done == [1]


def test_work_that_fails_is_not_waited_for(monkeypatch, capsys):
    monkeypatch.setattr(guard, "strict", False)
    monkeypatch.setattr(notices, "_said", set())

    def fail():
        raise OSError("refused")

    shutdown = BoundedShutdown(PATIENCE)
    shutdown.add("traces", fail)
    begun = time.monotonic()
    assert shutdown.run() == ()
    assert time.monotonic() - begun < PATIENCE / 2
    assert "traces at exit failed with OSError: refused" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_its_own(hanging):
    read, write = os.pipe()
    shutdown = BoundedShutdown(PATIENCE)
    shutdown.add("issues", lambda: os.write(write, f"{os.getpid()}\n".encode()))
    pid = os.fork()
    if pid == 0:
        late = shutdown.run()
        os._exit(len(late))
    assert os.waitpid(pid, 0)[1] == 0
    assert shutdown.run() == ()
    os.close(write)
    with os.fdopen(read) as lines:
        assert [int(line) for line in lines] == [pid, os.getpid()]


def test_it_is_forgotten_with_its_owner():
    shutdown = BoundedShutdown(PATIENCE)
    del shutdown
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


SCRIPT = """
import atexit, sys, threading
from tocsin.shutdown import BoundedShutdown

def work():
    # As exporters do; a thread may no longer be started here from Python 3.12 on.
    threading.Event().wait(0.01)
    print("sent", flush=True)

shutdown = BoundedShutdown({timeout})
shutdown.add("issues", work)
shutdown.add("traces", {traces})
atexit.register(lambda: print("late:", *shutdown.run(), flush=True))
{end}
"""


@pytest.mark.parametrize(
    ("end", "code"),
    [("", 0), ("sys.exit(3)", 3), ("raise LookupError('x')", 1)],
    ids=["end", "exit", "exception"],
)
@pytest.mark.parametrize("traces", ["lambda: None", "threading.Event().wait"], ids=["in time", "hanging"])
def test_at_exit(end, code, traces):
    timeout = 0.2 if "wait" in traces else PATIENCE
    script = textwrap.dedent(SCRIPT.format(timeout=timeout, traces=traces, end=end))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert sorted(done.stdout.splitlines()) == ["late: traces" if "wait" in traces else "late:", "sent"]
    assert done.returncode == code
    assert "cannot schedule" not in done.stderr
    assert "can't" not in done.stderr


def test_a_termination_in_the_middle_is_not_held_up():
    script = SCRIPT.format(timeout=PATIENCE, traces="threading.Event().wait", end="")
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "sent\n"  # it is waiting for the other one now
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE / 2) == -signal.SIGTERM
    process.stdout.close()


def test_what_is_not_parked_is_not_done_until_it_is_parked_again():
    done = []
    shutdown = BoundedShutdown(PATIENCE)
    shutdown.add("traces", lambda: done.append(1))
    threads = {thread for thread in threading.enumerate() if thread.name == "tocsin-exit-traces"}
    shutdown.unpark()
    for thread in threads:
        thread.join(PATIENCE)
    assert shutdown.run() == ()
    assert not done
    shutdown.park_again()
    assert shutdown.run() == ()
    assert done == [1]

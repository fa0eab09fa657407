"""What ends a thread or the program reaches the interpreter's hooks, and Tocsin before them."""

import sys
import threading

import pytest


@pytest.fixture
def told(monkeypatch):
    """What the hooks of the host were told."""
    told = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: told.append(error))
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_value))
    return told


def test_an_exception_that_ends_a_thread(told, start):
    host = start()

    def work():
        raise LookupError("no work")

    thread = threading.Thread(target=work, name="worker-1")
    thread.start()
    thread.join()
    assert [str(error) for error in told] == ["no work"]
    (issue,) = host.issues()
    assert (issue.title, issue.count, issue.handled) == ("LookupError: no work", 1, False)
    assert host.occurrence().attributes == {"thread.name": "worker-1"}


def test_the_same_exception_raised_again_in_another_thread(told, start, raised):
    host = start()

    def fail():
        raise LookupError("no work")

    error = raised(fail)

    def again():
        raise error

    for _ in range(2):
        thread = threading.Thread(target=again)
        thread.start()
        thread.join()
    assert told == [error, error]
    assert host.counts() == {"LookupError: no work": 1}


def test_an_exception_that_ends_the_program(told, start, raised):
    host = start()

    def fail():
        raise LookupError("no work")

    error = raised(fail)
    sys.excepthook(type(error), error, error.__traceback__)
    assert told == [error]
    assert [(issue.count, issue.handled) for issue in host.issues()] == [(1, False)]


@pytest.mark.parametrize("orderly", [SystemExit, KeyboardInterrupt])
def test_what_ends_a_program_in_order_is_passed_on(told, start, orderly):
    host = start()
    error = orderly()
    sys.excepthook(orderly, error, None)
    assert told == [error]
    assert host.issues() == []


def test_hooks_are_given_back(told, start):
    before = sys.excepthook, threading.excepthook
    host = start()
    assert (sys.excepthook, threading.excepthook) != before
    host.capture.unhook()
    assert (sys.excepthook, threading.excepthook) == before

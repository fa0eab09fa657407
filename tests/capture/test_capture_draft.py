"""The mark on an exception: whatever its class does, and nothing more than text."""

import contextlib
import copy
import pickle
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from tocsin.capture.draft import MARK, Draft, find, mark
from tocsin.errors import identify
from tocsin.errors.failure import Failure
from tocsin.guard import guard


class SlottedError(Exception):
    __slots__ = ("code",)


class FrozenError(Exception):
    def __setattr__(self, name, value):
        raise RuntimeError("frozen")


class HiddenError(Exception):
    @property
    def __dict__(self):
        raise RuntimeError("no looking inside")


class EmptyError(Exception):
    __dict__ = None


class AnsweringError(Exception):
    """Has every attribute."""

    def __getattr__(self, name):
        return lambda *_: "whatever"


class UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class CarelessError(Exception):
    """Has a property under the name that libraries use for what they wrap."""

    @property
    def orig(self):
        raise RuntimeError("no origin")


ODD = [SlottedError, FrozenError, HiddenError, EmptyError, AnsweringError, CarelessError]


@pytest.fixture
def draft():
    return Draft(identify(Failure.of_message("x")), type_name="ValueError", at=1.0, handled=True)


def throw(error):
    raise error


@pytest.mark.parametrize("kind", [ValueError, OSError, KeyError, *ODD])
def test_any_exception_is_marked_and_found(kind, draft):
    error = kind("x")
    assert find(error) is None
    mark(error, draft)
    assert find(error) is draft


@pytest.mark.parametrize("kind", [*ODD, UnprintableError])
def test_an_odd_exception_is_one_occurrence(host, logger, kind, monkeypatch):
    # What our parts cannot read of it is suppressed; the failure is counted all the same.
    monkeypatch.setattr(guard, "strict", False)
    error = kind("x")
    with contextlib.suppress(kind):
        throw(error)
    host.capture.recorder.see(error, handled=True)
    host.capture.recorder.see(error, handled=False)
    assert [(issue.count, issue.handled) for issue in host.issues()] == [(1, False)]


def test_one_megabyte_of_message_is_cut(host, raised):
    host.capture.recorder.see(raised(throw, ValueError("x" * 1_000_000)), handled=True)
    occurrence = host.occurrence()
    assert len(occurrence.message) <= 8192
    assert len(occurrence.stacktrace) < 40_000
    assert occurrence.stacktrace.startswith("Traceback")
    assert "in throw" in occurrence.stacktrace


def test_what_is_no_character_is_saved_all_the_same(host, raised):
    host.capture.recorder.see(raised(throw, OSError("cannot open caf\udce9.txt")), handled=True)
    assert host.occurrence().message == "cannot open caf\\udce9.txt"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_marked_exception_is_pickled_as_if_it_were_not(draft, protocol):
    error = ValueError("x")
    error.code = 17
    mark(error, draft)
    again = pickle.loads(pickle.dumps(error, protocol))
    assert (again.args, again.code, getattr(again, MARK)) == (("x",), 17, None)
    assert find(again) is None


def test_it_is_unpickled_where_there_is_no_tocsin(draft):
    error = ValueError("x")
    mark(error, draft)
    script = "import pickle, sys; e = pickle.load(sys.stdin.buffer); print(e, vars(e), 'tocsin' in sys.modules)"
    command = [sys.executable, "-IS", "-c", script]
    done = subprocess.run(command, input=pickle.dumps(error), capture_output=True, check=False)
    assert (done.stdout.decode(), done.stderr.decode()) == ("x {'__tocsin__': None} False\n", "")


def test_copies(draft):
    error = ValueError(["x"])
    mark(error, draft)
    assert find(copy.copy(error)) is draft
    deep = copy.deepcopy(error)
    assert (deep.args, find(deep)) == (error.args, None)


def test_it_comes_back_from_another_process_and_is_seen_again(host, raised):
    error = raised(throw, ValueError("x"))
    host.capture.recorder.see(error, handled=True)
    host.capture.recorder.see(pickle.loads(pickle.dumps(error)), handled=True)
    assert sum(issue.count for issue in host.issues()) == 2


def test_raised_again_by_a_future_in_another_thread_it_is_the_same(host, logger):
    def work():
        try:
            throw(ValueError("x"))
        except ValueError:
            logger.exception("in the thread")
            raise

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
    for _ in range(2):
        try:
            future.result()
        except ValueError:
            logger.exception("outside")
    assert host.counts() == {"ValueError: x": 1}


class TestChain:
    """What is the same failure as one that was seen."""

    def test_what_was_raised_from_it(self, draft, raised):
        def translate():
            try:
                throw(KeyError("x"))
            except KeyError as error:
                mark(error, draft)
                throw_from(error)

        def throw_from(error):
            raise ValueError("y") from error

        assert find(raised(translate)) is draft

    @pytest.mark.parametrize("source", ["raise ValueError('y')", "raise ValueError('y') from None"])
    def test_what_was_raised_where_it_was_caught(self, draft, raised, source):
        namespace = {"throw": throw, "mark": mark, "draft": draft}
        exec(
            "def translate():\n    try:\n        throw(KeyError('x'))\n"
            f"    except KeyError as error:\n        mark(error, draft)\n        {source}\n",
            namespace,
        )
        assert find(raised(namespace["translate"])) is draft

    def test_not_what_failed_while_it_was_dealt_with(self, draft, raised):
        def clean_up_in_a_call():
            try:
                throw(KeyError("x"))
            except KeyError as error:
                mark(error, draft)
                throw(ValueError("y"))

        def clean_up_here():
            try:
                throw(KeyError("x"))
            except KeyError as error:
                mark(error, draft)
                int("y")

        assert find(raised(clean_up_in_a_call)) is None
        assert find(raised(clean_up_here)) is None

    @pytest.mark.parametrize("name", ["orig", "original_exception", "exc"])
    def test_what_wraps_it_without_being_raised_from_it(self, draft, name):
        inner, outer = KeyError("x"), ValueError("y")
        mark(inner, draft)
        setattr(outer, name, inner)
        assert find(outer) is draft

    def test_a_circle_ends(self):
        first, second = KeyError("x"), ValueError("y")
        first.__cause__, second.__cause__ = second, first
        assert find(first) is None

    def test_a_long_chain_ends(self, draft):
        error = last = ValueError("last")
        for number in range(10_000):
            error, previous = ValueError(number), error
            error.__cause__ = previous
        mark(last, draft)
        assert find(error) is None


class Local:
    """Stands for whatever an application has in its frames."""


def test_nothing_keeps_the_exception_or_its_frames(host, logger, monkeypatch):
    monkeypatch.setattr(logger, "propagate", False)  # pytest keeps the records
    kept = []

    def work():
        local = Local()
        kept.append(weakref.ref(local))
        raise ValueError("x")

    with host.tracer.start_as_current_span("outer"):
        try:
            with host.tracer.start_as_current_span("inner"):
                work()
        except ValueError:
            logger.exception("failed")
    assert kept[0]() is None


def test_nothing_keeps_the_frames_of_a_chain(host, logger, monkeypatch):
    monkeypatch.setattr(logger, "propagate", False)  # pytest keeps the records
    kept = []

    def work():
        local = Local()
        kept.append(weakref.ref(local))
        try:
            {}["x"]
        except KeyError as error:
            raise ValueError("y") from error

    try:
        work()
    except ValueError:
        logger.exception("failed")
    assert kept[0]() is None

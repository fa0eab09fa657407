import gc
import multiprocessing
import weakref

import pytest

from tocsin.errors import failure_of, identify
from tocsin.errors.failure import MAX_CHAIN, MAX_FRAMES, MAX_MESSAGE


class SilentError(Exception):
    def __str__(self):
        raise ValueError("no")


class SlyError(Exception):
    def __str__(self):
        return None  # noqa: PLE0307  exceptions of applications do this


@pytest.mark.parametrize(
    "error", [SilentError(), SlyError(), ValueError("x" * 1_000_000), SyntaxError(), KeyError(), OSError(28, "full")]
)
def test_nothing_an_exception_does_is_raised(error, raised):
    def fail():
        raise error

    failure = failure_of(raised(fail))
    assert len(failure.message) <= MAX_MESSAGE
    assert identify(failure).fingerprint


def test_an_exception_that_was_never_raised_has_no_frames():
    failure = failure_of(ValueError("x"))
    assert failure.frames == ()
    assert identify(failure).culprit == ""


def test_no_exception_is_kept_alive(raised):
    class HeldError(Exception):
        pass

    def fail_inside():
        raise HeldError("inner")

    def fail():
        try:
            fail_inside()
        except HeldError as inner:
            raise HeldError("outer") from inner

    error = raised(fail)
    gone = weakref.ref(error.__cause__)
    failure = failure_of(error)
    del error
    gc.collect()
    assert gone() is None
    assert failure.cause.message == "inner"


def test_circles_end():
    one, other = ValueError("1"), ValueError("2")
    one.__context__, other.__context__ = other, one
    assert [link.message for link in failure_of(one).chain()] == ["1", "2"]


def test_long_chains_and_deep_stacks_are_bounded(raised):
    def descend(n):
        if n:
            descend(n - 1) if n % 2 else also(n - 1)
        else:
            raise ValueError

    def also(n):
        descend(n)

    assert len(failure_of(raised(descend, 400)).frames) == MAX_FRAMES

    error = ValueError("0")
    for n in range(100):
        last, error = error, ValueError(str(n))
        error.__cause__ = last
    assert len(list(failure_of(error).chain())) == MAX_CHAIN


def test_codes_on_the_object_tell_the_category_and_not_the_identity(raised):
    class AnswerError(Exception):
        def __init__(self, status):
            self.status_code = status

    def fail(status):
        raise AnswerError(status)

    slow, busy = (identify(failure_of(raised(fail, status))) for status in (504, 429))
    assert (slow.category, busy.category) == ("timeout", "rate_limit")
    assert slow.fingerprint == busy.fingerprint


def test_a_process_pool_sends_the_stack_trace_along(raised):
    with multiprocessing.get_context("fork").Pool(1) as pool:
        error = raised(pool.apply, int, ("x",))
    assert failure_of(error).cause.type == "ValueError"

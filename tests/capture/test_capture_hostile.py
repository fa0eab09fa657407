"""Whatever an application raises, logs and attaches, it is one bounded occurrence."""

import contextlib
import logging
import sys
import traceback

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.trace import SpanKind

from tocsin.capture.recorder import MAX_STACKTRACE
from tocsin.errors.failure import MAX_MESSAGE
from tocsin.guard import guard


def refuse(*_, **__):
    raise RuntimeError("on purpose")


def hostile(name, value):
    return type(f"Hostile{name.strip('_').title()}Error", (Exception,), {name: value})


class Meta(type):
    def __getattribute__(cls, name):
        if name in {"__module__", "__qualname__", "__name__"}:
            raise RuntimeError("on purpose")
        return super().__getattribute__(name)


class NamelessError(Exception, metaclass=Meta):
    pass


class SlottedError(Exception):
    __slots__ = ("code",)


class DictlessError(Exception):
    __slots__ = ()


class HugeError(Exception):
    def __str__(self):
        return "x" * 1_000_000


class NoTextError(Exception):
    def __str__(self):
        return 7  # noqa: PLE0307  that is the point


class TextError(str):
    """Not an exception: what `__str__` may return."""

    __slots__ = ()

    def __len__(self):
        raise RuntimeError("on purpose")


class OddTextError(Exception):
    def __str__(self):
        return TextError("odd")


class EndlessError(Exception):
    def __str__(self):
        return str(self)


HOSTILE = [
    *(
        hostile(name, refuse)
        for name in (
            "__str__",
            "__repr__",
            "__eq__",
            "__hash__",
            "__bool__",
            "__len__",
            "__iter__",
            "__getattribute__",
            "__setattr__",
            "__reduce__",
            "__format__",
            "__dir__",
            "__sizeof__",
        )
    ),
    *(
        hostile(name, property(refuse))
        for name in (
            "__traceback__",
            "__cause__",
            "__context__",
            "__suppress_context__",
            "__dict__",
            "__class__",
            "__notes__",
            "args",
            "orig",
            "original_exception",
            "exceptions",
            "response",
            "errno",
            "status_code",
            "exc",
        )
    ),
    hostile("__module__", None),
    hostile("__module__", 7),
    hostile("__qualname__", "x" * 100_000),
    hostile("__notes__", 7),
    hostile("__notes__", ["x" * 100_000] * 100),
    hostile("exceptions", [1, 2]),
    NamelessError,
    SlottedError,
    DictlessError,
    HugeError,
    NoTextError,
    OddTextError,
    EndlessError,
    MemoryError,
    RecursionError,
    UnicodeError,
    SyntaxError,
]

MESSAGES = ["", "x" * 1_000_000, "\ud800 caf\udce9", "a\0b", "\n" * 100_000, "{}%s%d", "\x1b[31mred", "ß" * 50_000]


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


def identity(error):
    """Which object it is, whatever it makes of being looked at."""
    return id(error)


def application(host, logger, raise_it):
    """Catches, logs, raises again: what it came to."""
    seen = []
    try:
        try:
            raise_it()
        except Exception as error:
            seen.append(identity(error))
            logger.error("failed", exc_info=(Exception, error, None))  # noqa: TRY400  without looking at it
            raise
    except Exception as error:  # noqa: BLE001  whatever it is
        seen.append(identity(error))
        see = guard("test")(host.capture.recorder.see)  # as every hook does
        see(error, handled=False)
        see(error, handled=False)
    return seen


def behaviour(host, logger, kind):
    """In words: the test runner could not bear to look at the exception."""
    error = kind("out of stock")

    def raise_it():
        raise error

    try:
        seen = application(host, logger, raise_it)
    except BaseException:  # noqa: BLE001  whatever it is
        stack = traceback.extract_tb(sys.exc_info()[2])
        return f"raised into it: {stack[-3:]}"
    return "as without us" if seen == [identity(error)] * 2 else "another exception"


@pytest.mark.parametrize("kind", HOSTILE, ids=lambda kind: type.__getattribute__(kind, "__name__"))
def test_a_hostile_exception_is_one_occurrence(host, quiet, lenient, capsys, kind):
    outcome = behaviour(host, quiet, kind)
    assert outcome == "as without us"
    counted = sum(issue.count for issue in host.issues())
    assert counted == 1, (guard.failures, capsys.readouterr().err)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: f"{message[:5]!r}*{len(message)}")
@pytest.mark.parametrize("carrier", ["exception", "message", "argument"])
def test_a_hostile_message_is_one_bounded_occurrence(host, quiet, message, carrier):
    if carrier == "exception":
        with contextlib.suppress(ValueError):
            raise ValueError(message)
        host.capture.recorder.see(ValueError(message), handled=True)
    elif carrier == "message":
        quiet.error(message)
    else:
        quiet.error("order %s is lost", message)
    (issue,) = host.issues()
    assert issue.count == 1
    occurrence = host.occurrence()
    assert len(occurrence.message) <= MAX_MESSAGE * 8
    assert len(occurrence.stacktrace) <= MAX_STACKTRACE * 8
    assert len(issue.title) <= 256 * 8


class Unprintable:
    def __str__(self):
        raise RuntimeError("on purpose")

    __repr__ = __format__ = __str__


@pytest.mark.parametrize("arguments", [(Unprintable(),), ({"a": Unprintable()},), (1, 2, 3), ()])
def test_a_hostile_argument_of_a_record(host, quiet, lenient, arguments):
    quiet.error("order %s is lost", *arguments)
    assert host.counts() == {"order %s is lost": 1}


def test_a_hostile_message_object(host, quiet, lenient, capsys):
    quiet.error(Unprintable())
    assert host.counts() == {"Unprintable": 1}
    assert "log record failed" in capsys.readouterr().err


ATTRIBUTES = st.dictionaries(
    st.text(max_size=20),
    st.one_of(
        st.text(),
        st.binary(),
        st.integers(),
        st.floats(),
        st.booleans(),
        st.none(),
        st.lists(st.text(), max_size=3),
        st.just(Unprintable()),
        st.just({"nested": {"deep": [1]}}),
        st.just("x" * 100_000),
        st.just("\ud800"),
    ),
    max_size=5,
)
NAMED = ["exception.type", "exception.message", "exception.stacktrace", "http.status_code", "db.statement", "db.system"]


@pytest.mark.filterwarnings("ignore")
@given(attributes=ATTRIBUTES, named=st.dictionaries(st.sampled_from(NAMED), st.text() | st.integers() | st.none()))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hostile_attributes(host, attributes, named):
    logging.disable(logging.CRITICAL)
    before = sum(issue.count for issue in host.issues())
    try:
        for kind in (SpanKind.SERVER, SpanKind.CLIENT):
            with contextlib.suppress(LookupError), host.tracer.start_as_current_span("work", kind=kind) as span:
                for values in (attributes, named):
                    with contextlib.suppress(Exception):  # the SDK's own opinion
                        span.set_attributes(values)
                with contextlib.suppress(Exception):  # same
                    span.add_event("exception", {**attributes, **named})
                throw(LookupError("out of stock"))
    finally:
        logging.disable(logging.NOTSET)
    after = sum(issue.count for issue in host.issues())
    answered = str(named.get("http.status_code", "")).isdigit() and 400 <= int(named["http.status_code"]) < 500
    assert after - before == (1 if answered else 2)


@given(
    text=st.text(),
    args=st.lists(st.text() | st.integers() | st.none() | st.binary(), max_size=3),
    depth=st.integers(0, 40),
    cause=st.booleans(),
)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_exception_is_one_occurrence(host, text, args, depth, cause):
    def nest(left):
        if left:
            nest(left - 1)
        elif cause:
            try:
                throw(ValueError(*args))
            except ValueError as error:
                raise LookupError(text) from error
        else:
            raise LookupError(text, *args)

    before = sum(issue.count for issue in host.issues())
    with (
        contextlib.suppress(LookupError),
        host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER),
        host.tracer.start_as_current_span("inner"),
    ):
        nest(depth)
    assert sum(issue.count for issue in host.issues()) - before == 1

"""However often a failure is seen, and however it is wrapped, it is one occurrence."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind

pytest.importorskip("opentelemetry.instrumentation.logging")

from opentelemetry.instrumentation.logging.handler import LoggingHandler

if sys.version_info < (3, 11):
    ExceptionGroup = pytest.importorskip("exceptiongroup").ExceptionGroup


class PaymentError(Exception):
    pass


def fail(message="out of stock"):
    raise LookupError(message)


def caught(message="out of stock"):
    try:
        fail(message)
    except LookupError as error:
        return error


SAMPLERS = {"on": None, "off": ALWAYS_OFF, "ratio": ParentBased(TraceIdRatioBased(0.3))}


@pytest.fixture(params=SAMPLERS.values(), ids=SAMPLERS)
def host(request, start):
    return start(sampler=request.param)


@pytest.fixture
def entry(host):
    """Runs work the way a server does: within spans and a log of what escaped."""
    import logging

    server = logging.getLogger("shop.server")
    server.addHandler(handler := LoggingHandler(logger_provider=host.logger_provider))

    def entry(work):
        try:
            with (
                host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER),
                host.tracer.start_as_current_span("inner"),
                host.tracer.start_as_current_span("GET", kind=SpanKind.CLIENT),
            ):
                work()
        except Exception as error:  # noqa: BLE001  as a server does
            host.capture.recorder.see(error, handled=False)
            server.error("request failed", exc_info=error)
            server.error("again: %s", error)
        return [(issue.count, issue.handled) for issue in host.issues()]

    yield entry
    server.removeHandler(handler)


def from_cause():
    raise PaymentError("no") from caught()


def from_cause_elsewhere():
    error = caught()

    def translate():
        raise PaymentError("no") from error

    translate()


def from_context():
    try:
        fail()
    except LookupError:
        raise PaymentError("no")  # noqa: B904  that is the point


def from_none():
    try:
        fail()
    except LookupError:
        raise PaymentError("no") from None


def chain_of_three():
    try:
        from_cause()
    except PaymentError as error:
        raise RuntimeError("request failed") from error


def group():
    raise ExceptionGroup("several", [caught(), caught("other")])


def nested_group():
    raise ExceptionGroup("several", [ExceptionGroup("inner", [caught()]), ValueError("raised by nobody")])


def group_from_cause():
    raise PaymentError("no") from ExceptionGroup("several", [caught()])


def raised_again():
    error = caught()
    for _ in range(3):
        try:
            raise error
        except LookupError as again:
            error = again
    raise error


def raised_again_in_another_thread():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(fail).result()


def with_notes():
    error = caught()
    if hasattr(error, "add_note"):
        error.add_note("while paying")
    raise error


def raised_with_another_traceback():
    raise caught().with_traceback(None)


WAYS = [
    fail,
    from_cause,
    from_cause_elsewhere,
    from_context,
    from_none,
    chain_of_three,
    group,
    nested_group,
    group_from_cause,
    raised_again,
    raised_again_in_another_thread,
    with_notes,
    raised_with_another_traceback,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_escapes_is_one_occurrence(entry, way):
    assert entry(way) == [(1, False)]


@pytest.mark.parametrize("wrap", [from_cause, group], ids=lambda wrap: wrap.__name__)
def test_seen_before_it_was_wrapped(host, entry, wrap, monkeypatch):
    error = caught()
    host.capture.recorder.see(error, handled=True)
    monkeypatch.setitem(wrap.__globals__, "caught", lambda *_: error)
    assert entry(wrap) == [(1, False)]


def test_a_group_of_what_was_seen_escapes_with_all_that_is_in_it(host, entry):
    errors = [caught(), ValueError("other")]
    for error in errors:
        host.capture.recorder.see(error, handled=True)

    def work():
        raise ExceptionGroup("several", errors)

    assert entry(work) == [(1, False), (1, False)]


def test_the_same_object_in_two_threads(host, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    error, told = caught(), []
    host.capture.unhook()
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_value))
    host.capture.hook(finish=lambda: None)

    def work():
        raise error

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [error, error]
    assert host.counts() == {"LookupError: out of stock": 1}


def test_the_same_class_at_the_same_line_is_another_occurrence(host):
    for _ in range(3):
        host.capture.recorder.see(caught(), handled=False)
    assert host.counts() == {"LookupError: out of stock": 3}


def test_what_fails_again_at_the_same_line_while_it_is_dealt_with(host, entry):
    def retried(times):
        try:
            fail()
        except LookupError:
            if not times:
                raise
            retried(times - 1)

    assert entry(lambda: retried(2)) == [(1, False)]


class TestLogged:
    @pytest.fixture
    def logger(self, host):
        import logging

        made = logging.getLogger("shop.cart")
        made.addHandler(handler := LoggingHandler(logger_provider=host.logger_provider))
        yield made
        made.removeHandler(handler)

    def logged(self, report, *, raising=False):
        try:
            fail()
        except LookupError as error:
            report(error)
            if raising:
                raise

    @pytest.mark.parametrize("how", ["exception", "exc_info", "twice"])
    def test_caught(self, host, logger, how):
        def report(error):
            if how == "exception":
                logger.exception("failed")  # noqa: LOG004  it is called in one
            else:
                logger.error("failed", exc_info=True)  # noqa: LOG014  same
            if how == "twice":
                logger.exception("really")  # noqa: LOG004  same

        with host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER):
            self.logged(report)
        assert [(issue.title, issue.count, issue.handled) for issue in host.issues()] == [
            ("LookupError: out of stock", 1, True)
        ]

    def test_and_raised_again(self, host, entry, logger):
        def report(error):
            logger.error("failed", exc_info=error)

        assert entry(lambda: self.logged(report, raising=True)) == [(1, False)]

    def test_a_message_alone_is_an_issue_of_its_own_kind(self, host, logger):
        logger.error("order %s is lost", 7)
        assert [(issue.title, issue.error_type, issue.count, issue.handled) for issue in host.issues()] == [
            ("order %s is lost", "", 1, True)
        ]

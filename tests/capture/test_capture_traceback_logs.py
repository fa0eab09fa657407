"""With the texts of tracebacks provided, spans and log records say what they say without, to the byte."""

import io
import logging
import traceback

import pytest
from opentelemetry.sdk.trace import Span

from tocsin.capture.traceback_text import TracebackText

STOCK = Span.record_exception


class Shouting(logging.Formatter):
    def formatException(self, ei):  # noqa: N802  logging's name
        return super().formatException(ei).upper()


class Json(logging.Formatter):
    def format(self, record):
        return repr((record.getMessage(), record.exc_text, self.formatException(record.exc_info)))


class Discreet(logging.StreamHandler):
    def emit(self, record):
        self.stream.write(f"{record.getMessage()} {record.exc_text}\n")


class Never(logging.Filter):
    def filter(self, record):
        return record.exc_text == "never"


def stream(formatter=None, *, kind=logging.StreamHandler, only=None):
    handler = kind(io.StringIO())
    handler.setFormatter(formatter)
    if only:
        handler.addFilter(only)
    return handler


#: Handlers of one logger, in their order.
HANDLERS = {
    "stock": lambda: [stream()],
    "stock twice": lambda: [stream(logging.Formatter("%(levelname)s %(message)s")), stream()],
    "own formatter": lambda: [stream(Shouting())],
    "own formatter first": lambda: [stream(Shouting()), stream()],
    "own formatter last": lambda: [stream(), stream(Shouting())],
    "own format": lambda: [stream(Json()), stream()],
    "own handler": lambda: [stream(kind=Discreet), stream(), stream(kind=Discreet)],
    "filtered": lambda: [stream(only=Never()), stream(Shouting())],
    "silent": lambda: [logging.NullHandler(), stream()],
}


def fail():
    raise ValueError("no price for jane")


def group():
    raise type("ShopExceptionGroup", (Exception,), {"exceptions": ()})("several")


def mute():
    raise type("Mute", (Exception,), {"__str__": lambda self: 1 / 0})


def chained():
    try:
        fail()
    except ValueError as error:
        raise RuntimeError("no cart") from error


FAILURES = (fail, group, mute, chained)


def log(logger, failure):
    try:
        failure()
    except Exception as error:
        logger.exception("not %s", "sold")
        logger.warning("again", exc_info=error)
        logger.info("without")
        logger.critical("of nothing", exc_info=(ValueError, ValueError("x"), None))
        logger.critical("of a part", exc_info=(type(error), error, error.__traceback__.tb_next))


@pytest.fixture
def say(start, tmp_path):
    """What handlers wrote, and what was exported, with the texts provided or not."""

    def say(failure, make, *, traceback_cache):
        handlers = pytest.importorskip("opentelemetry.instrumentation.logging.handler")
        host = start(traceback_cache=traceback_cache)
        logger = logging.getLogger(f"shop.{failure.__name__}")
        logger.propagate = False
        logger.setLevel(logging.DEBUG)
        otel = [handlers.LoggingHandler(logger_provider=host.logger_provider) for _ in range(2)]
        otel[1].setFormatter(Shouting())
        logger.handlers = [otel[0], *make(), otel[1]]
        log(logger, failure)
        host.capture.unhook()
        assert not any("_get_attributes" in vars(handler) for handler in otel)
        written = [each.stream.getvalue() for each in logger.handlers if hasattr(each, "stream")]
        logger.handlers = []
        exported = [(record.body, record.severity_text, texts_of(record)) for record in host.logs()]
        return written, exported

    return say


def texts_of(carrier):
    return {key: value for key, value in carrier.attributes.items() if not key.startswith("tocsin.")}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("make", HANDLERS.values(), ids=HANDLERS)
def test_log_records(say, failure, make, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    assert say(failure, make, traceback_cache=True) == say(failure, make, traceback_cache=False)


@pytest.mark.parametrize("failure", [fail, group, chained])
@pytest.mark.parametrize(
    "options", [{}, {"attributes": {"a": 1, "exception.message": "mine"}, "timestamp": 7, "escaped": True}]
)
def test_span_events(host, failure, options):
    with host.tracer.start_as_current_span("sell") as span:
        try:
            failure()
        except Exception as error:  # noqa: BLE001  whatever it is
            span.record_exception(error, **options)
            STOCK(span, error, **options)
    provided, stock = host.spans()["sell"].events
    assert (provided.name, dict(provided.attributes)) == (stock.name, dict(stock.attributes))
    assert "timestamp" not in options or provided.timestamp == stock.timestamp == 7


def test_texts_are_not_formatted_anew(host, logger, monkeypatch):
    formatted = []

    class Counting(traceback.TracebackException):
        def __init__(self, *args, **options):
            formatted.append(args)
            super().__init__(*args, **options)

    handler = stream()
    logger.addHandler(handler)
    for _ in range(2):
        formatted.clear()
        with monkeypatch.context() as patch:
            patch.setattr(traceback, "TracebackException", Counting)
            with host.tracer.start_as_current_span("sell") as span:
                try:
                    fail()
                except ValueError as error:
                    span.record_exception(error)
                    logger.exception("not sold")
    logger.removeHandler(handler)
    assert formatted == []
    assert handler.stream.getvalue().count("ValueError: no price for jane\n") == 2


def test_an_sdk_that_records_something_else_does_so(monkeypatch, start):
    original = Span.record_exception

    def record_exception(self, exception, *args, **kwargs):
        original(self, exception, *args, **kwargs)
        self.add_event("noted")

    monkeypatch.setattr(Span, "record_exception", record_exception)
    host = start()
    with host.tracer.start_as_current_span("sell") as span:
        span.record_exception(ValueError("x"))
    assert [event.name for event in host.spans()["sell"].events] == ["exception", "noted"]


@pytest.mark.parametrize("cached", [True, False])
def test_the_switch(start, cached):
    host = start(traceback_cache=cached)
    assert isinstance(host.capture.recorder.traceback_text, TracebackText) is cached

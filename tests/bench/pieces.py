"""What the parts of Tocsin that run in a request cost, one by one, in microseconds."""

import time
import traceback
from functools import partial
from itertools import cycle, islice

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

from tocsin.capture.inbox import Inbox
from tocsin.capture.recorder import Recorder
from tocsin.capture.redaction import Redaction
from tocsin.capture.spans import TocsinSpanProcessor
from tocsin.capture.traceback_text import TracebackText
from tocsin.errors import InApp, Recognizer
from tocsin.privacy import Masker

QUERY = {
    "db.system": "sqlite",
    "db.name": "shop",
    "db.statement": "SELECT a FROM b WHERE c = ?",
    "net.peer.name": "localhost",
}


def microseconds(work, *, calls=2_000, rounds=15):
    """The best of several rounds: whatever else the machine does makes it slower only."""
    return min(_round(work, calls) for _ in range(rounds)) / calls * 1e6


def _round(work, calls):
    begun = time.process_time()
    for _ in range(calls):
        work()
    return time.process_time() - begun


def raised(frames):
    """What is raised through as many frames, of six functions."""

    def one(path):
        return next(path)(path)

    def two(path):
        return next(path)(path)

    def three(path):
        return next(path)(path)

    def four(path):
        return next(path)(path)

    def last(_):
        raise ValueError("order 7 is lost")

    path = iter([*islice(cycle((one, two, three, four)), frames - 2), last])
    try:
        next(path)(path)
    except ValueError as error:
        return error


def report():
    span = (
        TracerProvider(shutdown_on_exit=False)
        .get_tracer("opentelemetry.instrumentation.sqlalchemy")
        .start_span("SELECT", kind=SpanKind.CLIENT, attributes=QUERY)
    )
    inbox = Inbox(size=10_000_000)
    recorder = Recorder(inbox, in_app=InApp(), service="bench")
    span.end()
    plain, masked = (
        microseconds(partial(_end, TocsinSpanProcessor(recorder, redaction=redaction), span))
        for redaction in (None, Redaction(Masker()))
    )
    handed_over = microseconds(lambda: inbox.measure(span))
    print(
        f"a span that ends: {masked:.2f} µs, {masked - plain:.2f} µs of it masking; "
        f"a duration or an error handed over: {handed_over:.2f} µs"
    )
    for frames in (12, 50):
        error, recognizer, text = raised(frames), Recognizer(in_app=InApp()), TracebackText()
        assert text.format(error) == "".join(traceback.format_exception(error))
        identified = microseconds(lambda: recognizer.identify(error, handled=False))  # noqa: B023  called in this round
        formatted = microseconds(lambda: text.format(error), calls=500)  # noqa: B023  same
        stock = microseconds(lambda: traceback.format_exception(error), calls=50)  # noqa: B023  same
        print(
            f"a failure of {frames} frames, seen before: identified in {identified:.1f} µs, its text written in "
            f"{formatted:.1f} µs instead of {stock:.0f} µs"
        )


def _end(processor, span):
    processor._on_ending(span)
    processor.on_end(span)

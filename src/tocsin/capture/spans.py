"""Failures and durations from spans."""

import sys
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import Any, cast

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanKind

from tocsin.capture.attributes import EXCEPTION_MESSAGE, EXCEPTION_STACKTRACE, EXCEPTION_TYPE, FINGERPRINT
from tocsin.capture.recorder import Recorder
from tocsin.capture.redaction import Mask, mask_exceptions
from tocsin.errors import parse_stacktrace
from tocsin.guard import guard
from tocsin.telemetry import measurement_of

#: Spans at which the process' own work begins: an exception that ends one was not handled by the application.
ENTRIES = (SpanKind.SERVER, SpanKind.CONSUMER)
#: What ends a program, a task or a generator, and is no failure.
ORDERLY = ("SystemExit", "KeyboardInterrupt", "GeneratorExit", "CancelledError")


class TocsinSpanProcessor(SpanProcessor):
    """Finishes what the `record_exception` hook began, measures what the instrumentation does not, masks.

    Exporters of other processors see the result whatever the order of registration. Thread-safe; never raises.
    One without a recorder does nothing until `tocsin.install()` finds it in the provider and gives it one.
    """

    def __init__(self, recorder: Recorder | None = None, *, mask: Mask = str) -> None:
        self.recorder = recorder
        self.mask = mask

    def take_after(self, other: "TocsinSpanProcessor") -> None:
        """Do what `other` would do, in its stead."""
        self.recorder, self.mask = other.recorder, other.mask

    @guard("span processor, ending")
    def _on_ending(self, span: Span) -> None:
        if self.recorder is None or (not span.events and not span.status.description):
            return
        if FINGERPRINT not in (span.attributes or {}):
            _identify_event(span, self.recorder)
        mask_exceptions(span, self.mask)

    @guard("span processor, end")
    def on_end(self, span: ReadableSpan) -> None:
        """Hand over the duration where the instrumentation measures none."""
        measurement = measurement_of(span)
        if measurement is not None and self.recorder is not None:
            self.recorder.inbox.measure(measurement)


def _identify_event(span: Span, recorder: Recorder) -> None:
    """An exception event that was written without `record_exception`."""
    exception = next((event.attributes or {} for event in span.events if event.name == "exception"), None)
    if exception is None:
        return
    keys = (EXCEPTION_TYPE, EXCEPTION_MESSAGE, EXCEPTION_STACKTRACE)
    type_name, message, stacktrace = (str(exception.get(key, "")) for key in keys)
    failure = parse_stacktrace(type_name, message, stacktrace)
    if failure.short_type in ORDERLY:
        return
    draft = recorder.see_exported(failure, stacktrace, handled=span.kind not in ENTRIES, span=span)
    bounded: Any = span._attributes  # noqa: SLF001  immutable to the public API from here on
    bounded._dict.update(draft.attributes())  # noqa: SLF001  same


def hook_record_exception(recorder: Recorder) -> Callable[[], None]:
    """Let the recorder see every exception that any instrumentation records on a recording span.

    This is the one place that has both the live exception and a span that still takes attributes.
    Returns a function that takes the hook away.
    """
    original = Span.record_exception
    see = guard("record_exception hook")(Recorder.see)

    @wraps(original)
    def record_exception(self: Span, exception: BaseException, *args: Any, **kwargs: Any) -> None:
        if self.is_recording():
            handled = self.kind not in ENTRIES or not _is_instrumentation(sys._getframe(1))  # noqa: SLF001  the caller
            see(recorder, exception, handled=handled, span=self)
        original(self, exception, *args, **kwargs)

    Span.record_exception = cast("Any", record_exception)  # type: ignore[method-assign]

    def unhook() -> None:
        Span.record_exception = original  # type: ignore[method-assign]

    return unhook


def _is_instrumentation(caller: FrameType) -> bool:
    """Whether the exception is leaving the span; the application itself records what it has caught."""
    return str(caller.f_globals.get("__name__")).startswith("opentelemetry.")

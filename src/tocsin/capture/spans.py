"""Failures and durations from spans."""

import sys
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import Any, cast

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor
from opentelemetry.trace import StatusCode

from tocsin import errors
from tocsin.capture.attributes import EXCEPTION_MESSAGE, EXCEPTION_STACKTRACE, EXCEPTION_TYPE, FINGERPRINT
from tocsin.capture.calls import identify_call
from tocsin.capture.draft import Draft, is_expected
from tocsin.capture.entry_span import ENTRIES, identify_request, is_client_error
from tocsin.capture.exception_event import ExceptionEvents
from tocsin.capture.recorder import Recorder
from tocsin.capture.redaction import Redaction
from tocsin.capture.scope import scopes
from tocsin.guard import guard
from tocsin.telemetry import is_measured

#: What ends a program, a task or a generator, and is no failure.
ORDERLY = ("SystemExit", "KeyboardInterrupt", "GeneratorExit", "CancelledError")


class TocsinSpanProcessor(SpanProcessor):
    """Finishes what the `record_exception` hook began, measures what the instrumentation does not, masks.

    Exporters of other processors see the result whatever the order of registration. Thread-safe; never raises.
    One without a recorder does nothing until `tocsin.install()` finds it in the provider and gives it one.
    """

    def __init__(self, recorder: Recorder | None = None, *, redaction: Redaction | None = None) -> None:
        self.recorder = recorder
        self.redaction = redaction

    def take_after(self, other: "TocsinSpanProcessor") -> None:
        """Do what `other` would do, in its stead."""
        self.recorder, self.redaction = other.recorder, other.redaction

    def on_start(self, span: Any, parent_context: Context | None = None) -> None:  # noqa: ARG002  given by the interface
        """Where a trace enters this process, its scope begins."""
        parent = span._parent  # noqa: SLF001  see `_on_ending`
        if (parent is None or parent.is_remote) and self.recorder is not None:
            _begin(span)

    @guard("span processor, ending")
    def _on_ending(self, span: Any) -> None:
        """Finish a span while it can still be changed. Most are plain: what is done for all of them counts."""
        recorder, redaction = self.recorder, self.redaction
        if redaction is None or not redaction.knows(span):
            self._finish(span)
        if recorder is not None:
            parent = span._parent  # noqa: SLF001  the SDK's property takes as long as all this
            if parent is None or parent.is_remote:
                _end(span, recorder)
            elif scopes.have_crumbs:
                scopes.leave(span)
            if is_measured(span):
                recorder.inbox.measure(span)

    def _finish(self, span: Span) -> None:
        """Identify its failure, then mask it, whatever became of that."""
        if self.recorder is not None:
            self._identify(span, self.recorder)
        if self.redaction is not None:
            self.redaction.mask_span(span)

    @guard("span processor, failure")
    def _identify(self, span: Span, recorder: Recorder) -> None:
        # The SDK's property copies the events, and most spans have none.
        if not len(span._events) and span.status.status_code is not StatusCode.ERROR:  # noqa: SLF001  see above
            return
        if FINGERPRINT not in (span.attributes or {}) and not is_client_error(span):
            draft = _draft_of(span, recorder)
            if draft is not None:
                bounded: Any = span._attributes  # noqa: SLF001  immutable to the public API from here on
                bounded._dict.update(draft.attributes())  # noqa: SLF001  same


_begin = guard("span processor, start")(scopes.begin)


def _end(span: Any, recorder: Recorder) -> None:
    """A trace leaves this process: mostly, a request or a task is done."""
    scopes.end(span)
    if span._kind in ENTRIES:  # noqa: SLF001  the SDK's property takes longer
        recorder.inbox.work += 1


def _draft_of(span: Span, recorder: Recorder) -> Draft | None:
    return _identify_event(span, recorder) or identify_request(span, recorder) or identify_call(span, recorder)


def _identify_event(span: Span, recorder: Recorder) -> Draft | None:
    """An exception event that was written without `record_exception`."""
    exception = next((event.attributes or {} for event in span.events if event.name == "exception"), None)
    if exception is None:
        return None
    keys = (EXCEPTION_TYPE, EXCEPTION_MESSAGE, EXCEPTION_STACKTRACE)
    type_name, message, stacktrace = (str(exception.get(key, "")) for key in keys)
    failure = errors.parse_stacktrace(type_name, message, stacktrace)
    if failure.short_type in ORDERLY:
        return None
    return recorder.see_exported(failure, stacktrace, handled=span.kind not in ENTRIES, span=span)


def hook_record_exception(recorder: Recorder) -> Callable[[], None]:
    """Let the recorder see every exception that any instrumentation records on a recording span.

    This is the one place that has both the live exception and a span that still takes attributes.
    Returns a function that takes the hook away.
    """
    original = Span.record_exception
    see = guard("record_exception hook")(Recorder.see)
    expected = guard("record_exception hook")(is_expected)
    add_event = guard("record_exception hook")(_event_adder(recorder, original))

    @wraps(original)
    def record_exception(self: Span, exception: BaseException, *args: Any, **kwargs: Any) -> None:
        if self.is_recording():
            if expected(exception):
                return
            handled = self.kind not in ENTRIES or not _is_instrumentation(sys._getframe(1))  # noqa: SLF001  the caller
            if handled or not is_client_error(self):
                see(recorder, exception, handled=handled, span=self)
            if add_event(self, exception, *args, **kwargs):
                return
        original(self, exception, *args, **kwargs)

    Span.record_exception = cast("Any", record_exception)  # type: ignore[method-assign]

    def unhook() -> None:
        Span.record_exception = original  # type: ignore[method-assign]

    return unhook


def _event_adder(recorder: Recorder, record_exception: Callable[..., None]) -> Callable[..., bool]:
    """What adds the event in the SDK's stead, unless it is told not to, or the SDK's is another."""
    if recorder.traceback_text is not None:
        events = ExceptionEvents(recorder.traceback_text)
        if guard("record_exception hook")(events.are_those_of)(record_exception):
            return events.add
    return lambda *_, **__: False


def _is_instrumentation(caller: FrameType) -> bool:
    """Whether the exception is leaving the span; the application itself records what it has caught."""
    return str(caller.f_globals.get("__name__")).startswith("opentelemetry.")

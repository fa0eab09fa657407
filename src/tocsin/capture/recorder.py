"""Where every sighting of a failure arrives: each failure becomes one draft, however often it is seen."""

import logging
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from opentelemetry import trace

from tocsin.capture.attributes import FINGERPRINT, HANDLED
from tocsin.capture.draft import Draft, find, mark
from tocsin.errors import Failure, Identity, InApp, Recognizer, identify, message_of, type_of
from tocsin.errors.failure import MAX_MESSAGE
from tocsin.guard import guard
from tocsin.telemetry import Measurement

#: Occurrences of one fingerprint that are kept with stack trace: these first ones, then one each interval.
FIRST_SAMPLES = 10
SAMPLE_INTERVAL = 10.0
#: Characters of a stack trace that are kept.
MAX_STACKTRACE = 32_768
#: Fingerprints whose sampling is remembered.
REMEMBERED = 5_000


@dataclass(slots=True)
class Inbox:
    """What the request path hands over to the writer's thread. Appending never blocks; beyond the size it drops."""

    size: int
    drafts: deque[Draft] = field(default_factory=deque)
    measurements: deque[Measurement] = field(default_factory=deque)
    dropped: int = 0

    def put(self, draft: Draft) -> None:
        """Hand over an occurrence."""
        if len(self.drafts) < self.size:
            self.drafts.append(draft)
        else:
            self.dropped += 1

    def measure(self, measurement: Measurement) -> None:
        """Hand over a duration."""
        if len(self.measurements) < self.size:
            self.measurements.append(measurement)
        else:
            self.dropped += 1

    def forget(self) -> None:
        """Empty it in a forked child: the parent writes what it saw, and says what it lost."""
        self.drafts.clear()
        self.measurements.clear()
        self.dropped = 0


class Recorder:
    """Identifies failures and hands each one over once.

    Costs microseconds for a failure that was seen before; formats a stack trace only for sampled occurrences.
    """

    def __init__(self, inbox: Inbox, *, in_app: InApp, service: str, clock: Callable[[], float] = time.time) -> None:
        self.inbox = inbox
        self.service = service
        #: Fingerprints that the store has; None until the writer has read them.
        self.known: set[str] | None = None
        self._in_app = in_app
        self._recognizer = Recognizer(in_app=in_app)
        self._clock = clock
        self._samples: dict[str, tuple[int, float]] = {}

    def see(
        self,
        error: BaseException,
        *,
        handled: bool,
        span: trace.Span | None = None,
        context: Mapping[str, str] | None = None,
    ) -> Draft | None:
        """Record a failure, or recognise it: its draft, or None for what is no failure (an exit, a cancellation).

        A failure first seen where it might still be caught counts as unhandled once it is seen to escape.
        """
        if not isinstance(error, Exception):
            return None
        span = span or trace.get_current_span()
        draft = find(error)
        if draft is None:
            identity = self._recognizer.identify(error, handled=handled, attributes=_attributes(span))
            draft = self._draft(identity, type_of(error), handled=handled, span=span)
            mark(error, draft)
            with guard.block("stack trace"):
                self._sample(draft, error, context or {})
            self.inbox.put(draft)
        elif not handled:
            draft.handled = False
        _write_onto(span, draft)
        return draft

    def see_message(self, record: logging.LogRecord) -> Draft:
        """Record an error that was logged without an exception: its template is its identity."""
        span = trace.get_current_span()
        draft = self._identified(Failure.of_message(str(record.msg)), handled=True, span=span)
        if self._is_sampled(draft):
            draft.message = _wording(record)[:MAX_MESSAGE]
            draft.context = {
                "logger": record.name,
                "code.file.path": record.pathname,
                "code.line.number": str(record.lineno),
            }
        self.inbox.put(draft)
        _write_onto(span, draft)
        return draft

    def see_exported(self, failure: Failure, stacktrace: str, *, handled: bool, span: trace.Span) -> Draft:
        """Record a failure that is known only by what somebody else wrote onto a span."""
        draft = self._identified(failure, handled=handled, span=span)
        if self._is_sampled(draft):
            draft.message = failure.message
            draft.stacktrace = _bounded(stacktrace)
        self.inbox.put(draft)
        return draft

    def _identified(self, failure: Failure, *, handled: bool, span: trace.Span) -> Draft:
        identity = identify(failure, in_app=self._in_app, handled=handled, attributes=_attributes(span))
        return self._draft(identity, failure.type, handled=handled, span=span)

    def _draft(self, identity: Identity, type_name: str, *, handled: bool, span: trace.Span) -> Draft:
        draft = Draft(identity, type_name=type_name, at=self._clock(), handled=handled)
        where = span.get_span_context()
        if where.is_valid:
            draft.trace_id, draft.span_id = f"{where.trace_id:032x}", f"{where.span_id:016x}"
        if self.known is not None:
            draft.new = identity.fingerprint not in self.known
            self.known.add(identity.fingerprint)
        return draft

    def _sample(self, draft: Draft, error: BaseException, context: Mapping[str, str]) -> None:
        if self._is_sampled(draft):
            draft.message = message_of(error)[:MAX_MESSAGE]
            draft.context = dict(context)
            draft.stacktrace = _bounded("".join(traceback.format_exception(error)))

    def _is_sampled(self, draft: Draft) -> bool:
        fingerprint = draft.identity.fingerprint
        taken, last = self._samples.get(fingerprint, (0, 0.0))
        if taken >= FIRST_SAMPLES and draft.at - last < SAMPLE_INTERVAL:
            return False
        if taken == 0 and len(self._samples) >= REMEMBERED:
            self._samples.clear()
        self._samples[fingerprint] = (taken + 1, draft.at)
        return True


def _attributes(span: trace.Span) -> Mapping[str, object]:
    return getattr(span, "attributes", None) or {}


def _write_onto(span: trace.Span, draft: Draft) -> None:
    """Once; and what the application handled does not hide what escaped."""
    if not span.is_recording():
        return
    written = _attributes(span)
    is_hidden = draft.handled and written.get(HANDLED) is False
    is_written = written.get(FINGERPRINT) == draft.identity.fingerprint and written.get(HANDLED) is draft.handled
    if not (is_hidden or is_written):
        span.set_attributes(draft.attributes())


def _wording(record: logging.LogRecord) -> str:
    """What the record says; its template where the arguments do not fit, which logging tolerates."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, LookupError):
        return str(record.msg)


def _bounded(stacktrace: str) -> str:
    """Beginning and end: the way to the failure, and what it was."""
    if len(stacktrace) <= MAX_STACKTRACE:
        return stacktrace
    return f"{stacktrace[: MAX_STACKTRACE // 2]}\n  […]\n{stacktrace[-MAX_STACKTRACE // 2 :]}"

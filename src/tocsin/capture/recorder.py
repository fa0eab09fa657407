"""Where every sighting of a failure arrives: each failure becomes one draft, however often it is seen."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.attributes import BoundedAttributes

from tocsin import errors
from tocsin.capture.attributes import FINGERPRINT, HANDLED
from tocsin.capture.calls import Answers
from tocsin.capture.database import call_of
from tocsin.capture.draft import (
    Draft,
    call_noted_on,
    claim,
    find,
    find_all,
    find_repeated,
    is_expected,
    mark,
    name_of,
    unwrapped,
)
from tocsin.capture.inbox import Inbox
from tocsin.capture.request import current_request
from tocsin.capture.scope import beginning_of, held, scopes, user_of
from tocsin.capture.traceback_text import TracebackText, stacktrace_of
from tocsin.errors import Failure, Grouping, Identity, InApp
from tocsin.errors.failure import MAX_MESSAGE
from tocsin.guard import guard

if TYPE_CHECKING:
    from tocsin.capture.details import Witness

#: Occurrences of one fingerprint that are kept with stack trace: these first ones, then one each interval.
FIRST_SAMPLES = 10
SAMPLE_INTERVAL = 10.0
#: Characters of a stack trace that are kept.
MAX_STACKTRACE = 32_768
#: Sampled occurrences that wait to be written, at most: what is kept of the others is small.
WAITING_SAMPLES = 500
#: Of these, the ones that are told of in every detail: a storm repeats itself.
DETAILED_SAMPLES = 100
#: From here on, only failures of which there is no sample get one.
REPEATED_SAMPLES = 25
#: Fingerprints whose sampling is remembered.
REMEMBERED = 5_000
#: Fingerprints of the store that are remembered, at some 150 bytes each; beyond them nothing is said to be new.
KNOWN = 20_000


class Recorder:
    """Identifies failures and hands each one over once.

    Costs microseconds for a failure that was seen before; formats a stack trace only for sampled occurrences.
    """

    def __init__(
        self,
        inbox: Inbox,
        *,
        in_app: InApp,
        grouping: Grouping = Grouping(),  # noqa: B008  immutable
        service: str,
        failed_requests: int | None = 500,
        failed_calls: int | None = None,
        traceback_text: TracebackText | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.inbox = inbox
        self.service = service
        #: None where each text is left to the standard library.
        self.traceback_text = traceback_text
        #: Whether it is counted whom failures hit.
        self.tells_users = True
        #: Set where more than the stack trace is wanted; made by the first failure that is sampled.
        self.witness: Callable[[], Witness] | None = None
        self._failed_requests = failed_requests
        self._failed_calls = failed_calls
        self.answers = Answers()
        #: Fingerprints that the store has; None until the writer has read them.
        self.known: set[str] | None = None
        self._in_app = in_app
        self._grouping = grouping
        self._recognizer: errors.Recognizer | None = None
        self._clock = clock
        self._samples: dict[str, tuple[int, float]] = {}
        self._ignored: tuple[type[BaseException], ...] = ()

    def ignore(self, *kinds: type[BaseException]) -> None:
        """Exceptions of these classes, by which a framework is steered, are no failures."""
        self._ignored += kinds

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
        error = unwrapped(error)
        if not isinstance(error, Exception) or issubclass(type(error), self._ignored) or is_expected(error):
            return None
        span = span or trace.get_current_span()
        draft = find(error) or self._first_sight(error, handled=handled, span=span, context=context or {})
        if not handled:
            for each in find_all(error):
                self._escalate(each)
        self._tell(draft, span)
        return draft

    def _first_sight(
        self, error: BaseException, *, handled: bool, span: trace.Span, context: Mapping[str, str]
    ) -> Draft:
        span_attributes = _attributes(span)
        identity = self._identity(error, handled=handled, attributes=span_attributes)
        same = find_repeated(error, identity.fingerprint) or self.answers.raised_as(error, span)
        if same is not None:
            mark(error, same)
            return same
        draft = self._draft(identity, _type(error), handled=handled, span=span)
        first = claim(error, draft)
        if first is not draft:
            return first
        if self._is_sampled(draft):
            with guard.block("stack trace"):
                self._sample(draft, error, span_attributes, context)
            self._look_around(draft, span, error)
        self.inbox.put(draft)
        return draft

    def _identity(self, error: BaseException, *, handled: bool, attributes: Mapping[str, object]) -> Identity:
        """Of an exception that lets nobody look at it, its class is the identity."""
        with guard.block("identification"):
            return self.recognizer().identify(error, handled=handled, attributes=attributes)
        return errors.identify(Failure(type=name_of(error), message=""), in_app=self._in_app, handled=handled)

    def recognizer(self) -> "errors.Recognizer":
        """What identifies exceptions: made by the first one, or before it, for it takes long to import."""
        if self._recognizer is None:
            self._recognizer = errors.Recognizer(in_app=self._in_app, grouping=self._grouping)
        return self._recognizer

    def identity_of(self, error: Exception) -> Identity:
        """What a failure is, without counting it."""
        draft = find(error)
        return draft.identity if draft else self.recognizer().identify(error, handled=True)

    def is_failed_request(self, status: int) -> bool:
        """Whether a request that is answered with this HTTP status has failed."""
        return self._failed_requests is not None and status >= self._failed_requests

    def is_failed_call(self, status: int) -> bool:
        """Whether another service's answer with this HTTP status is an issue of ours."""
        return self._failed_calls is not None and status >= self._failed_calls

    def see_answer(
        self, status: int, *, handled: bool, context: Mapping[str, str], span: trace.Span | None = None, peer: str = ""
    ) -> Draft:
        """Record what failed without an exception: status and route, or the service that answered, identify it."""
        span = span or trace.get_current_span()
        identity = errors.identify_answer(
            status,
            route=context.get("http.route", ""),
            peer=peer,
            handled=handled,
            grouping=self._grouping,
            attributes={**_attributes(span), **context},
        )
        draft = self._draft(identity, str(status), handled=handled, span=span)
        if self._is_sampled(draft):
            draft.message = identity.title
            draft.context = {**context, "http.response.status_code": str(status)}
            self._look_around(draft, span)
        self.inbox.put(draft)
        self._tell(draft, span)
        return draft

    def escalate(self, draft: Draft, span: trace.Span | None = None) -> None:
        """What was seen and seemed handled made the request fail."""
        self._escalate(draft)
        _write_onto(span or trace.get_current_span(), draft)

    def _escalate(self, draft: Draft) -> None:
        """The writer, which may have written it already, is told as well."""
        if draft.handled:
            draft.handled = False
            if draft.is_written:
                self.inbox.put(draft)

    def _tell(self, draft: Draft, span: trace.Span) -> None:
        """To the span, and to the request that is being served."""
        _write_onto(span, draft)
        request = current_request()
        if request is not None:
            request.remember(draft)

    def see_message(self, record: logging.LogRecord) -> Draft:
        """Record an error that was logged without an exception: its template is its identity."""
        span = trace.get_current_span()
        draft = self._identified(
            Failure.of_message(_template(record)), handled=True, span=span, about={"logger": record.name}
        )
        if self._is_sampled(draft):
            with guard.block("log record"):
                draft.context = {
                    **_around(),
                    "logger": record.name,
                    "code.file.path": record.pathname,
                    "code.line.number": str(record.lineno),
                }
                draft.message = _wording(record)[:MAX_MESSAGE]
            self._look_around(draft, span)
        self.inbox.put(draft)
        self._tell(draft, span)
        return draft

    def see_exported(self, failure: Failure, stacktrace: str, *, handled: bool, span: trace.Span) -> Draft:
        """Record a failure that is known only by what somebody else wrote onto a span."""
        draft = self._identified(failure, handled=handled, span=span)
        if self._is_sampled(draft):
            draft.message = failure.message
            draft.stacktrace = _bounded(stacktrace)
            self._look_around(draft, span)
        self.inbox.put(draft)
        return draft

    def _identified(
        self, failure: Failure, *, handled: bool, span: trace.Span, about: Mapping[str, str] | None = None
    ) -> Draft:
        attributes = {**_attributes(span), **(about or {})}
        identity = errors.identify(
            failure, in_app=self._in_app, grouping=self._grouping, handled=handled, attributes=attributes
        )
        return self._draft(identity, failure.type, handled=handled, span=span)

    def _draft(self, identity: Identity, type_name: str, *, handled: bool, span: trace.Span) -> Draft:
        draft = Draft(identity, type_name=type_name, at=self._clock(), handled=handled)
        draft.where = span.get_span_context()
        with guard.block("context"):
            scope = scopes.find(draft.where.trace_id)
            draft.user = user_of(span, scope) if self.tells_users else ""
            draft.entry = beginning_of(span, scope)
        draft.new = self._is_new(identity)
        return draft

    def _is_new(self, identity: Identity) -> bool | None:
        """None where the process does not know."""
        if self.known is None:
            return None
        if not self.known.isdisjoint((identity.fingerprint, *identity.aliases)):
            return False
        if len(self.known) >= KNOWN:
            return None
        self.known.add(identity.fingerprint)
        return True

    def _sample(
        self, draft: Draft, error: BaseException, span_attributes: Mapping[str, object], context: Mapping[str, str]
    ) -> None:
        draft.message = errors.message_of(error)[:MAX_MESSAGE]
        draft.context = {**_around(), **call_of(span_attributes), **call_noted_on(error), **context}
        draft.stacktrace = _bounded(stacktrace_of(error, in_app=self._in_app, remembered=self.traceback_text))

    def _look_around(self, draft: Draft, span: trace.Span, error: BaseException | None = None) -> None:
        """What the settings ask for beside the stack trace: of what is sampled alone."""
        if self.witness is not None:
            with guard.block("context"):
                witness, scope = self.witness(), scopes.find(draft.where.trace_id)
                if self.inbox.samples <= DETAILED_SAMPLES:
                    draft.details = witness.details(span, scope, error)
                draft.context = {**witness.attributes(scope), **draft.context}

    def _is_sampled(self, draft: Draft) -> bool:
        fingerprint = draft.identity.fingerprint
        taken, last = self._samples.get(fingerprint, (0, 0.0))
        waiting = self.inbox.samples
        if waiting >= WAITING_SAMPLES or (taken and waiting >= REPEATED_SAMPLES):
            return False
        if taken >= FIRST_SAMPLES and draft.at - last < SAMPLE_INTERVAL:
            return False
        if taken == 0 and len(self._samples) >= REMEMBERED:
            self._samples.clear()
        self._samples[fingerprint] = (taken + 1, draft.at)
        self.inbox.samples += 1
        return True


def _type(error: BaseException) -> str:
    with guard.block("identification"):
        return str(errors.type_of(error))
    return name_of(error)


def _around() -> Mapping[str, str]:
    request = current_request()
    return request.describe() if request else {}


def _attributes(span: trace.Span) -> Mapping[str, object]:
    return held(span) or getattr(span, "attributes", None) or {}


def _write_onto(span: trace.Span, draft: Draft) -> None:
    """Once; and what the application handled does not hide what escaped."""
    if not span.is_recording():
        return
    written = _attributes(span)
    is_hidden = draft.handled and written.get(HANDLED) is False
    is_written = written.get(FINGERPRINT) == draft.identity.fingerprint and written.get(HANDLED) is draft.handled
    if not (is_hidden or is_written):
        _add(draft.attributes(), span)


def _add(marks: Mapping[str, str | bool], span: trace.Span) -> None:
    """What the SDK would look at one by one is put there as it is, where no limit is in the way."""
    bounded = getattr(span, "_attributes", None)
    if isinstance(bounded, BoundedAttributes) and bounded.max_value_len is None and bounded.maxlen is not None:
        fields = bounded._dict  # noqa: SLF001  at a tenth of the price
        if len(fields) + len(marks) <= bounded.maxlen:
            fields.update(marks)
            return
    span.set_attributes(marks)


def _template(record: logging.LogRecord) -> str:
    """What is logged before its arguments are put in; the kind of what has no text."""
    with guard.block("log record"):
        return str(record.msg)
    return name_of(record.msg)


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

"""Failures from log records: the logging module's, and OpenTelemetry's own."""

import logging
import sys
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from functools import wraps
from typing import Any, cast

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord

from tocsin.capture.draft import Draft, find, is_raised
from tocsin.capture.log_tracebacks import LogTracebacks
from tocsin.capture.recorder import Recorder
from tocsin.capture.redaction import Redaction
from tocsin.capture.scope import FLAG, FLAG_EVENTS, MAX_TEXT, VARIANTS, leave, scalar, scopes, set_context
from tocsin.guard import guard

#: Loggers that speak about telemetry, not about the application.
IGNORED_LOGGERS = ("opentelemetry", "tocsin")
#: Those that tell again of a request, which is judged where it is served.
RETELLING_LOGGERS = ("django.request", "django.security", "django.server")
#: Those that say in words what is told with its exception: how a task and its process ended.
WORDY_LOGGERS = ("celery.worker.request", "multiprocessing")
#: Those that get an exception when nobody else wants it: servers and event loops.
LAST_RESORTS = (
    "aiohttp.server", "asyncio", "celery.beat", "celery.utils.dispatch.signal", "celery.worker", "concurrent.futures",
    "daphne", "granian", "gunicorn.error", "hypercorn.error",
    "tornado.application", "uvicorn.error", "waitress", "werkzeug",
)  # fmt: skip

#: The occurrence that the log record being handled right now is about.
_current: ContextVar[Draft | None] = ContextVar("tocsin_log_record", default=None)


class TocsinLogRecordProcessor(LogRecordProcessor):
    """Writes the occurrence's attributes onto the log record that tells of it, and masks. Never raises.

    One without a recorder does nothing until `tocsin.install()` finds it in the provider and gives it one.
    """

    def __init__(self, recorder: Recorder | None = None, *, redaction: Redaction | None = None) -> None:
        self.recorder = recorder
        self.redaction = redaction

    def take_after(self, other: "TocsinLogRecordProcessor") -> None:
        """Do what `other` would do, in its stead."""
        self.recorder, self.redaction = other.recorder, other.redaction

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Annotate and mask the record in place; exporters registered later, and batching ones, see it."""
        if self.recorder is not None:
            self._annotate(log_record)
            if getattr(log_record.log_record, "event_name", None) in FLAG_EVENTS:
                self._see_flag(log_record.log_record)
        if self.redaction is not None:
            self.redaction.mask_log_record(log_record)

    @guard("log record processor")
    def _annotate(self, log_record: ReadWriteLogRecord) -> None:
        record = log_record.log_record
        draft = _current.get() or self._live(record)
        # In place: what the SDK keeps with them, limits and the number of what was dropped, stays.
        values = cast("MutableMapping[str, Any]", record.attributes)
        if draft is not None:
            values.update(draft.attributes())

    @guard("log record processor")
    def _see_flag(self, record: LogRecord) -> None:
        """The evaluation of a feature flag is an event; failures of its trace tell of it."""
        told = record.attributes or {}
        outcome = next((told[name] for name in VARIANTS if name in told), None)
        set_context({f"{FLAG}{told.get('feature_flag.key')}": outcome})

    def _live(self, record: LogRecord) -> Draft | None:
        """What OpenTelemetry's own API was given as an error."""
        error, severity = getattr(record, "exception", None), record.severity_number
        if severity is not None and severity.value < SeverityNumber.ERROR.value:
            return None
        if error is None or self.recorder is None:
            return None
        return self.recorder.see(error, handled=True)

    def shutdown(self) -> None:
        """Nothing is held here."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:  # noqa: ARG002  given by the interface
        """Nothing is held here."""
        return True


def hook_logging(recorder: Recorder) -> Callable[[], None]:
    """Let the recorder see every record of level ERROR and above that a logger hands to its handlers.

    The loggers' own method is the one place that no reconfiguration of handlers takes away (Celery empties the root
    logger's). Returns a function that takes the hook away.
    """
    original = logging.Logger.callHandlers
    see, leave_crumb = guard("logging hook")(_see), guard("logging hook")(_leave_crumb)
    tracebacks = LogTracebacks(recorder.traceback_text) if recorder.traceback_text else None

    @wraps(original)
    def call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
        draft = see(recorder, record) if _is_error(record) else None
        if scopes.have_crumbs:
            leave_crumb(record)
        if tracebacks is not None and record.exc_info:
            tracebacks.provide(self, record)
        if draft is _current.get():
            original(self, record)
            return
        token = _current.set(draft)
        try:
            original(self, record)
        finally:
            _current.reset(token)

    logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign]

    def unhook() -> None:
        logging.Logger.callHandlers = original  # type: ignore[method-assign]
        if tracebacks is not None:
            tracebacks.withdraw()

    return unhook


def _leave_crumb(record: logging.LogRecord) -> None:
    """The template without its arguments: those are the application's."""
    if not record.name.startswith(IGNORED_LOGGERS):
        text = record.msg[:MAX_TEXT] if type(record.msg) is str else str(scalar(record.msg))
        leave(("log", record.created, record.name, text, record.levelname, None))


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR and not record.name.startswith(IGNORED_LOGGERS)


def _see(recorder: Recorder, record: logging.LogRecord) -> Draft | None:
    error = _error_of(record)
    if record.name.startswith(RETELLING_LOGGERS):
        return None if error is None else find(error)
    if error is None:
        return None if record.name in WORDY_LOGGERS else recorder.see_message(record)
    # What a last resort gets belongs to no span that is current there.
    is_last = record.name in LAST_RESORTS
    span = trace.INVALID_SPAN if is_last else None
    return recorder.see(error, handled=not is_last, span=span, context={"logger": record.name})


def _error_of(record: logging.LogRecord) -> BaseException | None:
    """The exception that the record tells of: given as such, or a raised one as its message or in an argument."""
    if record.exc_info and record.exc_info[1] is not None:
        return record.exc_info[1]
    if record.name in LAST_RESORTS and (error := sys.exc_info()[1]) is not None:
        return error
    told = (record.msg, *record.args) if isinstance(record.args, tuple) else (record.msg,)
    return next((each for each in told if is_raised(each)), None)

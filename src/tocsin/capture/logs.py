"""Failures from log records: the logging module's, and OpenTelemetry's own."""

import logging
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from functools import wraps
from typing import Any, cast

from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord

from tocsin.capture.draft import Draft
from tocsin.capture.recorder import Recorder
from tocsin.capture.redaction import Mask, mask_values
from tocsin.guard import guard

#: Loggers that speak about telemetry, not about the application.
IGNORED_LOGGERS = ("opentelemetry", "tocsin")

#: The occurrence that the log record being handled right now is about.
_current: ContextVar[Draft | None] = ContextVar("tocsin_log_record", default=None)


class TocsinLogRecordProcessor(LogRecordProcessor):
    """Writes the occurrence's attributes onto the log record that tells of it, and masks. Never raises.

    One without a recorder does nothing until `tocsin.install()` finds it in the provider and gives it one.
    """

    def __init__(self, recorder: Recorder | None = None, *, mask: Mask = str) -> None:
        self.recorder = recorder
        self.mask = mask

    def take_after(self, other: "TocsinLogRecordProcessor") -> None:
        """Do what `other` would do, in its stead."""
        self.recorder, self.mask = other.recorder, other.mask

    @guard("log record processor")
    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Annotate the record in place; exporters registered later, and batching ones registered earlier, see it."""
        if self.recorder is None:
            return
        record = log_record.log_record
        draft = _current.get() or self._live(getattr(record, "exception", None))
        # In place: what the SDK keeps with them, limits and the number of what was dropped, stays.
        values = cast("MutableMapping[str, Any]", record.attributes)
        mask_values(values, self.mask)
        if draft is not None:
            values.update(draft.attributes())

    def _live(self, error: BaseException | None) -> Draft | None:
        return None if error is None or self.recorder is None else self.recorder.see(error, handled=True)

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
    see = guard("logging hook")(_see)

    @wraps(original)
    def call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
        draft = see(recorder, record) if _is_error(record) else None
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

    return unhook


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR and not record.name.startswith(IGNORED_LOGGERS)


def _see(recorder: Recorder, record: logging.LogRecord) -> Draft | None:
    error = _error_of(record)
    if error is None:
        return recorder.see_message(record)
    return recorder.see(error, handled=True, context={"logger": record.name})


def _error_of(record: logging.LogRecord) -> BaseException | None:
    """The exception that the record tells of: given as such, or a raised one as its message or in an argument."""
    if record.exc_info and record.exc_info[1] is not None:
        return record.exc_info[1]
    told = (record.msg, *record.args) if isinstance(record.args, tuple) else (record.msg,)
    return next((each for each in told if isinstance(each, Exception) and each.__traceback__ is not None), None)

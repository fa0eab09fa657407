"""Failures from log records: the logging module's, and OpenTelemetry's own."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps

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
    """Writes the occurrence's attributes onto the log record that tells of it, and masks. Never raises."""

    def __init__(self, recorder: Recorder, *, mask: Mask) -> None:
        self._recorder = recorder
        self._mask = mask

    @guard("log record processor")
    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Annotate the record in place; exporters registered later, and batching ones registered earlier, see it."""
        record = log_record.log_record
        draft = _current.get() or self._live(getattr(record, "exception", None))
        attributes = dict(record.attributes or {})
        mask_values(attributes, self._mask)
        if draft is not None:
            attributes.update(draft.attributes())
        record.attributes = attributes

    def _live(self, error: BaseException | None) -> Draft | None:
        return None if error is None else self._recorder.see(error, handled=True)

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
        if record.levelno < logging.ERROR or record.name.startswith(IGNORED_LOGGERS):
            original(self, record)
            return
        token = _current.set(see(recorder, record))
        try:
            original(self, record)
        finally:
            _current.reset(token)

    logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign]

    def unhook() -> None:
        logging.Logger.callHandlers = original  # type: ignore[method-assign]

    return unhook


def _see(recorder: Recorder, record: logging.LogRecord) -> Draft | None:
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return recorder.see_message(record)
    return recorder.see(error, handled=True, context={"logger": record.name})

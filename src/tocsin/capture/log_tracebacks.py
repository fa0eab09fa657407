"""Hands the text of a traceback to the handlers of a log record, each of which would format it anew.

Changes what one handler or one record has, never a class or a function: what others made of logging stays.
"""

import copy
import logging
from collections.abc import Callable, Iterator
from typing import Any, cast
from weakref import WeakSet

from tocsin.capture.attributes import EXCEPTION_STACKTRACE
from tocsin.capture.traceback_text import TracebackText
from tocsin.guard import guard

#: Where OpenTelemetry's handler is: the instrumentation's, and the SDK's older one.
_EXPORTING = ("opentelemetry.instrumentation.logging.", "opentelemetry.sdk._logs.")
#: The standard library's own way from a record to its text.
_STOCK = (logging.Formatter.format, logging.Formatter.formatException, logging.Handler.format, logging.Handler.handle)

GetAttributes = Callable[[logging.LogRecord], Any]


class LogTracebacks:
    """Provides the text to OpenTelemetry's handlers, and to formatters that would write exactly this."""

    def __init__(self, text: TracebackText) -> None:
        self._text = text
        self._provided: WeakSet[Any] = WeakSet()
        #: The text that was left in a record last, and the same as handlers want it.
        self._left: tuple[str | None, str | None] = (None, None)

    @guard("log record's traceback")
    def provide(self, logger: logging.Logger, record: logging.LogRecord) -> None:
        """Before the logger's handlers get the record."""
        formatting: logging.Handler | None = None
        for handler in _handlers(logger, record.levelno):
            if handler in self._provided or _is_exporting(handler):
                self._provide(handler)
            elif formatting is None and not isinstance(handler, logging.NullHandler):
                formatting = handler
        # All later handlers find what the first one has left in the record.
        if formatting is not None and not record.exc_text and _is_stock(formatting):
            text = self._text_of(record)
            self._left = record.exc_text, _ = text and text.removesuffix("\n"), text

    def withdraw(self) -> None:
        """Leave the handlers as they were."""
        for handler in tuple(self._provided):
            vars(handler).pop("_get_attributes", None)
        self._provided.clear()

    def _provide(self, handler: Any) -> None:
        if handler not in self._provided:
            handler._get_attributes = self._providing(handler._get_attributes)  # noqa: SLF001  there is no public seam
            self._provided.add(handler)

    def _providing(self, get_attributes: GetAttributes) -> GetAttributes:
        def provided(record: logging.LogRecord) -> Any:
            parted = part(record) if record.exc_info else None
            if parted is None:
                return get_attributes(record)
            bare, text = parted
            found = get_attributes(bare)
            # Newer releases return the name of an event beside the attributes.
            (found[0] if isinstance(found, tuple) else found)[EXCEPTION_STACKTRACE] = text
            return found

        part = guard("log record's traceback")(self._part)
        return provided

    def _part(self, record: logging.LogRecord) -> tuple[logging.LogRecord, str] | None:
        """The record without its traceback, and the text of this."""
        text = self._text_of(record)
        return None if text is None else (_without_traceback(record), text)

    def _text_of(self, record: logging.LogRecord) -> str | None:
        left, text = self._left
        if text is not None and record.exc_text is left:
            return text
        _, error, traceback = record.exc_info or (None, None, None)
        if error is None or traceback is None or error.__traceback__ is not traceback:
            return None
        return self._text.format(error)


def _handlers(logger: logging.Logger, level: int) -> Iterator[logging.Handler]:
    """The handlers that get a record, in their order."""
    at: logging.Logger | None = logger
    while at is not None:
        yield from (handler for handler in at.handlers if level >= handler.level)
        at = at.parent if at.propagate else None


def _is_exporting(handler: logging.Handler) -> bool:
    """Whether this is OpenTelemetry's handler, which leaves no text in the record unless it has a formatter."""
    return (
        any(kind.__module__.startswith(_EXPORTING) for kind in type(handler).__mro__)
        and handler.formatter is None
        and hasattr(handler, "_get_attributes")
    )


def _is_stock(handler: logging.Handler) -> bool:
    """Whether the handler is sure to leave in the record what the standard library makes of its traceback."""
    formatter = handler.formatter or logging.Formatter
    way = (formatter.format, formatter.formatException, handler.format, handler.handle)
    return (
        isinstance(handler, logging.StreamHandler)
        and not handler.filters
        and type(handler).emit.__module__ in {"logging", "logging.handlers"}
        and all(getattr(step, "__func__", step) is stock for step, stock in zip(way, _STOCK, strict=True))
    )


def _without_traceback(record: logging.LogRecord) -> logging.LogRecord:
    bare = copy.copy(record)
    kind, error, _ = record.exc_info or (None, None, None)
    bare.exc_info = cast("Any", (kind, error, None))
    return bare

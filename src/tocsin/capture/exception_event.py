"""The event that the SDK adds to a span for an exception, made with a text that it would format anew."""

from collections.abc import Mapping
from typing import Any

from tocsin.capture.attributes import EXCEPTION_ESCAPED, EXCEPTION_MESSAGE, EXCEPTION_STACKTRACE, EXCEPTION_TYPE
from tocsin.capture.traceback_text import TracebackText


class ExceptionEvents:
    """Adds the same event as the SDK's `Span.record_exception`, where it can."""

    def __init__(self, text: TracebackText) -> None:
        self._text = text

    def add(
        self,
        span: Any,
        error: BaseException,
        attributes: Mapping[str, Any] | None = None,
        timestamp: int | None = None,
        escaped: bool = False,  # noqa: FBT001, FBT002  the SDK's signature
    ) -> bool:
        """Whether the event was added; nothing has happened otherwise."""
        stacktrace = self._text.format(error)
        if stacktrace is None:
            return False
        found = {
            EXCEPTION_TYPE: _type_of(error),
            EXCEPTION_MESSAGE: str(error),
            EXCEPTION_STACKTRACE: stacktrace,
            EXCEPTION_ESCAPED: str(escaped),
            **(attributes or {}),
        }
        span.add_event(name="exception", attributes=found, timestamp=timestamp)
        return True

    def are_those_of(self, record_exception: Any) -> bool:
        """Whether this is the SDK's function, unwrapped, and adds just what we would: it is asked once."""
        if record_exception.__globals__["__name__"] != "opentelemetry.sdk.trace":
            return False
        ours, theirs = _Probe(), _Probe()
        sample = ValueError("sample"), {"sample": True}, 1, True
        try:
            record_exception(theirs, *sample)
        except (AttributeError, TypeError):
            return False
        return self.add(ours, *sample) and ours.events == theirs.events


class _Probe:
    """In place of a span: keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add_event(self, **event: Any) -> None:
        self.events.append(event)


def _type_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ in {"", "builtins"} else f"{kind.__module__}.{kind.__qualname__}"

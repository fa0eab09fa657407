"""Masks what failing spans and log records say of an exception, after it was identified and before it is exported."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from opentelemetry.sdk.trace import Span
from opentelemetry.trace import Status

from tocsin.capture.attributes import EXCEPTION_MESSAGE, EXCEPTION_STACKTRACE

Mask = Callable[[str], str]

#: Texts that are remembered with what they become, and characters that each may have.
REMEMBERED, REMEMBERED_LENGTH = 128, 16_384


def remembering(mask: Mask) -> Mask:
    """The same mask, at no cost for text that it had lately: a failure that repeats says the same again."""
    remembered = lru_cache(REMEMBERED)(mask)
    return lambda text: (remembered if len(text) <= REMEMBERED_LENGTH else mask)(text)


def mask_exceptions(span: Span, mask: Mask) -> None:
    """Mask message and stack trace of the span's exception events, and its status description.

    For `SpanProcessor._on_ending`, where the public API refuses changes: writes to private fields of the SDK, which
    all exporters share whatever the order of the processors.
    """
    for event in span.events:
        if event.name == "exception":
            values: Any = event.attributes
            mask_values(getattr(values, "_dict", values), mask)
    description = span.status.description
    if description:
        masked = mask(description)
        if masked != description:
            span._status = Status(span.status.status_code, masked)  # noqa: SLF001  see above


def mask_values(values: Any, mask: Mask) -> None:
    """Mask the exception's message and stack trace in a mutable mapping of attributes."""
    for key in (EXCEPTION_MESSAGE, EXCEPTION_STACKTRACE):
        text = values.get(key) if values else None
        if isinstance(text, str):
            values[key] = mask(text)

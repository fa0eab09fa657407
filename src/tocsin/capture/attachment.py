"""Puts our processors into the SDK's providers, once: where the user put them, else in front of all others.

In front, everybody's exporters see what we wrote.
"""

from collections.abc import Callable
from typing import Any

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.trace import TracerProvider

from tocsin.capture.logs import TocsinLogRecordProcessor
from tocsin.capture.spans import TocsinSpanProcessor


def attach_span_processor(provider: Any, processor: TocsinSpanProcessor) -> bool:
    """Register the processor; False where the provider is not the SDK's."""
    if not isinstance(provider, TracerProvider):
        return False
    chain = getattr(provider, "_active_span_processor", None)
    _place(processor, chain, "_span_processors", add=provider.add_span_processor)
    return True


def attach_log_record_processor(provider: Any, processor: TocsinLogRecordProcessor) -> bool:
    """Register the processor; False where the provider is not the SDK's."""
    if not isinstance(provider, LoggerProvider):
        return False
    chain = getattr(provider, "_multi_log_record_processor", None)
    for placed in getattr(chain, "_log_record_processors", ()):
        if isinstance(placed, TocsinLogRecordProcessor):
            # Masks what processors before it have added; what exporters before it see is masked in front of all.
            placed.redaction = processor.redaction
    provider.add_log_record_processor(processor)
    _move_to_front(chain, "_log_record_processors", processor)
    return True


def _place(processor: Any, chain: Any, name: str, *, add: Callable[[Any], None]) -> None:
    placed = next((each for each in getattr(chain, name, ()) if isinstance(each, type(processor))), None)
    if placed is not None:
        placed.take_after(processor)
        return
    add(processor)
    _move_to_front(chain, name, processor)


def _move_to_front(chain: Any, name: str, processor: object) -> None:
    """The public API only appends. Where the SDK keeps its list elsewhere, last is good enough."""
    processors = getattr(chain, name, None)
    if isinstance(processors, tuple):
        setattr(chain, name, (processor, *(other for other in processors if other is not processor)))

"""Puts our processors into the SDK's providers: once, and in front, so that everybody's exporters see what we wrote."""

from typing import Any

from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider


def attach_span_processor(provider: Any, processor: SpanProcessor) -> bool:
    """Register the processor first; False where the provider is not the SDK's."""
    if not isinstance(provider, TracerProvider):
        return False
    provider.add_span_processor(processor)
    _move_to_front(getattr(provider, "_active_span_processor", None), "_span_processors", processor)
    return True


def attach_log_record_processor(provider: Any, processor: LogRecordProcessor) -> bool:
    """Register the processor first; False where the provider is not the SDK's."""
    if not isinstance(provider, LoggerProvider):
        return False
    provider.add_log_record_processor(processor)
    _move_to_front(getattr(provider, "_multi_log_record_processor", None), "_log_record_processors", processor)
    return True


def _move_to_front(chain: Any, name: str, processor: object) -> None:
    """The public API only appends. Where the SDK keeps its list elsewhere, last is good enough."""
    processors = getattr(chain, name, None)
    if isinstance(processors, tuple):
        setattr(chain, name, (processor, *(other for other in processors if other is not processor)))

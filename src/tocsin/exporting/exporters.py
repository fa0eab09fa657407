"""The exporters that the SDK's providers have, wherever it keeps them."""

from collections.abc import Iterator
from typing import Any


def exporters(*providers: Any) -> Iterator[Any]:
    """Every exporter of tracer, meter and logger providers; none where the SDK keeps them elsewhere than we know."""
    for provider in providers:
        for holder in _holders(provider):
            batch = getattr(holder, "_batch_processor", holder)
            exporter = getattr(batch, "_exporter", None) or getattr(holder, "span_exporter", None)
            if exporter is not None:
                yield exporter


def _holders(provider: Any) -> Iterator[Any]:
    """Span processors, log record processors, metric readers."""
    for chain, name in (
        ("_active_span_processor", "_span_processors"),
        ("_multi_log_record_processor", "_log_record_processors"),
    ):
        yield from getattr(getattr(provider, chain, None), name, ())
    holder = provider if hasattr(provider, "_metric_readers") else getattr(provider, "_sdk_config", None)
    yield from getattr(holder, "_metric_readers", getattr(holder, "metric_readers", ()))

"""One failure as different carriers tell it: the live exception, span events of old and new SDKs, log records."""

import json
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tocsin.errors import failure_of, identify, parse_stacktrace

messages = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


class ShopError(Exception):
    """As applications have them."""


KINDS = st.sampled_from([ValueError, KeyError, ShopError, json.JSONDecodeError, OSError])


class Tracing:
    """A real SDK whose spans record what leaves them."""

    def __init__(self):
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = provider.get_tracer("shop")

    def exceptions(self):
        """The attributes of all exception events, the inner span first."""
        spans = self.exporter.get_finished_spans()
        self.exporter.clear()
        return [dict(event.attributes) for span in spans for event in span.events]


@pytest.fixture(scope="session")
def tracing():
    return Tracing()


def fail(kind, message, links):
    try:
        if not links:
            raise kind(message, "", 0) if kind is json.JSONDecodeError else kind(message)  # noqa: TRY301  one of many
        fail(kind, message, links[1:])
    except Exception as error:
        if links and links[0] == "from":
            raise ShopError(f"step {len(links)}") from error
        if links and links[0] == "context":
            raise LookupError("step")  # noqa: B904  the context is the point
        raise


def serve(tracer, kind, message, links):
    with tracer.start_as_current_span("entry"), tracer.start_as_current_span("inner"):
        fail(kind, message, links)


def fingerprint(attributes):
    return identify(parse_stacktrace(*(attributes[f"exception.{key}"] for key in ("type", "message", "stacktrace"))))


@given(KINDS, messages, st.lists(st.sampled_from(["from", "context", "plain"]), max_size=4))
def test_every_carrier_tells_the_same(tracing, kind, message, links):
    with pytest.raises(Exception) as caught:
        serve(tracing.tracer, kind, message, links)
    live = identify(failure_of(caught.value))
    spans = tracing.exceptions()
    logged = {
        "exception.type": type(caught.value).__name__,
        "exception.message": str(caught.value),
        "exception.stacktrace": "".join(traceback.format_exception(caught.value)),
    }
    without_module = [{**span, "exception.type": span["exception.type"].rpartition(".")[2]} for span in spans]
    assert len(spans) == 2
    for told in (*spans, *without_module, logged):
        assert fingerprint(told).components == live.components

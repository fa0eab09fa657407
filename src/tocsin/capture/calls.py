"""Calls to other services that were answered with an error status, where the application wants to hear of them."""

from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.sdk.trace import Span
from opentelemetry.trace import SpanKind

from tocsin.capture.draft import Draft, attributes_of
from tocsin.capture.entry_span import attribute_of, status_of

if TYPE_CHECKING:
    from tocsin.capture.recorder import Recorder

#: Answers that are remembered until the application raises them, or does not.
REMEMBERED = 1_000


class Answers:
    """What other services answered lately, by trace and status; outside of any trace, by status alone."""

    def __init__(self) -> None:
        self._drafts: dict[tuple[int, str], Draft] = {}

    def add(self, trace_id: int, draft: Draft) -> None:
        """Remember an answer."""
        if len(self._drafts) >= REMEMBERED:
            self._drafts.clear()
        self._drafts[trace_id, draft.type] = draft

    def raised_as(self, error: BaseException, span: trace.Span) -> Draft | None:
        """The answer that `raise_for_status` raises: it was seen when it came."""
        if not self._drafts:
            return None
        own = attributes_of(error)
        status = getattr(own.get("response"), "status_code", None) or own.get("status")
        return self._drafts.pop((span.get_span_context().trace_id, str(status)), None)


def identify_call(span: Span, recorder: "Recorder") -> Draft | None:
    """What an ending client span says: the service that answered, and its status."""
    status = status_of(span)
    if span.kind is not SpanKind.CLIENT or status is None or not recorder.is_failed_call(status):
        return None
    host = attribute_of(span, "server.address", "net.peer.name") or _host(attribute_of(span, "url.full", "http.url"))
    context = {"http.request.method": attribute_of(span, "http.request.method", "http.method"), "server.address": host}
    draft = recorder.see_answer(status, peer=host, handled=True, span=span, context=context)
    recorder.answers.add(span.parent.trace_id if span.parent else 0, draft)
    return draft


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]

"""Spans at which the work of the process begins: what they say of a request that no framework's hook told of."""

import sys
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import Span
from opentelemetry.trace import SpanKind

from tocsin.capture.attributes import ERROR_TYPE
from tocsin.capture.draft import Draft
from tocsin.capture.request import Request, current_request

if TYPE_CHECKING:
    from tocsin.capture.recorder import Recorder

#: An exception that ends one of these was not handled by the application.
ENTRIES = (SpanKind.SERVER, SpanKind.CONSUMER)


def identify_request(span: Span, recorder: "Recorder") -> Draft | None:
    """What made an ending span fail that has no exception event: telemetry of frameworks themselves writes none."""
    if span.kind not in ENTRIES:
        return None
    request = current_request() or Request(recorder, lambda: _describe(span))
    status, error = status_of(span), _escaping(span)
    if error is not None:
        request.escaped(error, span)
    elif status is not None:
        request.answered(status, span)
    return request.draft


def is_client_error(span: Span) -> bool:
    """Whether the request was answered 4xx: then an exception that is told of afterwards is what was answered."""
    return span.kind is SpanKind.SERVER and 400 <= (status_of(span) or 0) < 500


def status_of(span: Span) -> int | None:
    """The HTTP status, by its new name or by its old one."""
    status = attribute_of(span, "http.response.status_code", "http.status_code")
    return int(status) if status.isdigit() else None


def _escaping(span: Span) -> BaseException | None:
    """The exception that is leaving the span; it may be a stranger, unless the span names it."""
    error, named = sys.exc_info()[1], attribute_of(span, ERROR_TYPE).rpartition(".")[2]
    return error if named and type(error).__name__ == named else None


def _describe(span: Span) -> dict[str, str]:
    return {
        "http.request.method": attribute_of(span, "http.request.method", "http.method"),
        "http.route": attribute_of(span, "http.route"),
    }


def attribute_of(span: Span, *names: str) -> str:
    """The attribute as text, under the first of the names that is there; else nothing."""
    found = span.attributes or {}
    return next((str(found[name]) for name in names if name in found), "")

"""An occurrence as Sentry's event payload: https://develop.sentry.dev/sdk/data-model/event-payloads/."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from tocsin.errors import Failure, Frame, InApp, parse_stacktrace
from tocsin.store import Issue, Occurrence

#: Sentry refuses longer values of tags.
TAG_LENGTH = 200
#: Sentry refuses longer names of tags.
TAG_NAME_LENGTH = 32
#: Our severities that Sentry calls by another name.
LEVELS = {"critical": "fatal"}
#: OpenTelemetry's attributes that Sentry has a place for.
_USER = {"user.id": "id", "enduser.id": "id", "user.email": "email", "user.name": "username"}
_REQUEST = {"url.full": "url", "http.url": "url", "http.request.method": "method", "http.method": "method"}


def event_of(issue: Issue, occurrence: Occurrence, *, in_app: InApp, key: str) -> dict[str, Any]:
    """The event; those of one issue are one issue there, and one that comes twice with one `key` has one id."""
    context = occurrence.attributes
    return {
        "event_id": hashlib.sha256(key.encode()).hexdigest()[:32],
        "timestamp": datetime.fromtimestamp(occurrence.at, tz=timezone.utc).isoformat(),
        "platform": "python",
        "level": LEVELS.get(issue.severity, issue.severity),
        "logger": "tocsin",
        "fingerprint": [issue.service, issue.fingerprint],
        "transaction": context.get("http.route") or context.get("celery.task_name") or issue.culprit,
        "release": occurrence.release or None,
        "environment": context.get("deployment.environment.name") or None,
        "tags": dict(_tags(issue, occurrence)),
        "user": _renamed(context, _USER),
        "request": _renamed(context, _REQUEST),
        "contexts": {"trace": _trace(occurrence)} if occurrence.trace_id else {},
        "extra": dict(context),
        **_what(issue, occurrence, in_app),
    }


def _what(issue: Issue, occurrence: Occurrence, in_app: InApp) -> dict[str, Any]:
    """The exceptions, the outermost last; or the message, where there was no exception."""
    if not issue.error_type or not occurrence.stacktrace:
        return {"message": {"formatted": occurrence.message or issue.title}}
    failure = parse_stacktrace(issue.error_type, occurrence.message, occurrence.stacktrace)
    values = [_exception(each, in_app.of(failure), handled=occurrence.handled) for each in failure.chain()]
    return {"exception": {"values": values[::-1]}}


def _exception(failure: Failure, in_app: InApp, *, handled: bool) -> dict[str, Any]:
    module, _, name = failure.type.rpartition(".")
    return {
        "type": name,
        "module": module or None,
        "value": failure.message,
        "mechanism": {"type": "tocsin", "handled": handled},
        "stacktrace": {"frames": [_frame(frame, in_app) for frame in failure.frames]} if failure.frames else None,
    }


def _frame(frame: Frame, in_app: InApp) -> dict[str, Any]:
    return {
        "abs_path": frame.path,
        "filename": frame.path,
        "module": frame.module or None,
        "function": frame.function,
        "lineno": frame.line_number or None,
        "context_line": frame.source or None,
        "in_app": in_app.includes(frame),
    }


def _tags(issue: Issue, occurrence: Occurrence) -> Iterator[tuple[str, str]]:
    yield "tocsin.issue", str(issue.id)
    yield "tocsin.error.fingerprint", issue.fingerprint
    yield "tocsin.error.category", issue.category
    yield "service.name", issue.service
    for name, value in occurrence.attributes.items():
        if value and len(name) <= TAG_NAME_LENGTH and len(value) <= TAG_LENGTH and "\n" not in value:
            yield name, value


def _trace(occurrence: Occurrence) -> dict[str, str]:
    return {"type": "trace", "trace_id": occurrence.trace_id, "span_id": occurrence.span_id}


def _renamed(context: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str] | None:
    return {names[name]: value for name, value in context.items() if name in names} or None

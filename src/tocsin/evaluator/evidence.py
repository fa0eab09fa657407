"""What the store knows about an issue, added to notifications about it: where it was raised, and a trace of it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import and_
from pathlib import PurePosixPath

import msgspec
from msgspec.structs import replace

from tocsin.alerting import Decision
from tocsin.notify import Notification, NotifiedAlert, decode, encode
from tocsin.store import Issue, Occurrence, Store

#: Labels by which alerts name an issue: its number, or its fingerprint.
NUMBER, FINGERPRINT = "issue", "tocsin_error_fingerprint"
#: A line of a Python traceback.
_FRAME = re.compile(r'^ *File "(?P<path>[^"]+)", line (?P<line>\d+), in (?P<function>.+)$', re.MULTILINE)


class Evidence:
    """Adds the annotations `frame`, `trace_id` and `trace_url` to alerts about issues; what a rule says itself stays.

    `trace_url` is the address of a trace with `{trace_id}` in it. One or two small reads an alert about an issue.
    """

    def __init__(self, store: Store, *, trace_url: str) -> None:
        self._store = store
        self._trace_url = trace_url

    def added(self, decisions: Iterable[Decision]) -> Iterator[Decision]:
        """The decisions, with payloads that say more. Raises `StoreError`."""
        for entry, logged in decisions:
            yield (entry and replace(entry, payload=self._payload(entry.payload))), logged

    def _payload(self, payload: bytes) -> bytes:
        notification = decode(payload)
        told = self._notification(notification)
        return payload if told == notification else encode(told)

    def _notification(self, notification: Notification) -> Notification:
        alerts = tuple(map(self._alert, notification.alerts))
        shared = reduce(and_, (alert.annotations.items() for alert in alerts))
        return msgspec.structs.replace(notification, alerts=alerts, common_annotations=dict(sorted(shared)))

    def _alert(self, alert: NotifiedAlert) -> NotifiedAlert:
        issue = self._issue(alert.labels)
        seen = self._store.issues.occurrences(issue.id, limit=1) if issue else []
        if issue is None or not seen:
            return alert
        annotations = {**self._annotations(issue, seen[0]), **alert.annotations}
        return msgspec.structs.replace(alert, annotations=dict(sorted(annotations.items())))

    def _issue(self, labels: Mapping[str, str]) -> Issue | None:
        number, fingerprint = labels.get(NUMBER, ""), labels.get(FINGERPRINT, "")
        if number.isdecimal():
            return self._store.issues.get(int(number))
        found = self._store.issues.find(fingerprint) if fingerprint else []
        return found[0] if found else None

    def _annotations(self, issue: Issue, seen: Occurrence) -> dict[str, str]:
        trace_url = self._trace_url.replace("{trace_id}", seen.trace_id) if seen.trace_id else ""
        told = {"frame": frame(seen.stacktrace, issue.culprit), "trace_id": seen.trace_id, "trace_url": trace_url}
        return {name: text for name, text in told.items() if text}


def frame(stacktrace: str, culprit: str) -> str:
    """`shop/cart.py:31`, where a traceback of Python passes the function that `culprit` ends with; else nothing."""
    function = culprit.rpartition(" in ")[2]
    found = [each for each in _FRAME.finditer(stacktrace) if each["function"] == function]
    if not found or not function:
        return ""
    path = PurePosixPath(found[-1]["path"].replace("\\", "/"))
    return f"{'/'.join(path.parts[-2:]).lstrip('/')}:{found[-1]['line']}"

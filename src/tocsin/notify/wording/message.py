"""What a notification says to a person, before any channel lays it out."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from tocsin.notify.notification import Notification, NotifiedAlert
from tocsin.notify.severity import RESOLVED_COLOUR, RESOLVED_MARK, Severity, severity_of
from tocsin.notify.wording.links import Link, links_of, matchers

#: Alerts shown in a message, those that fire before the others, the worst first.
SHOWN = 10
#: Characters of a text that are shown; whatever an application logged may be in there.
TEXT_LENGTH = 500
TITLE_LENGTH = 200
#: Labels that a message says in its own words, or that describe an issue, which has its own line.
_SAID = {"alertname", "severity", "issue", "title", "culprit", "error_type", "category"}


class Fact(NamedTuple):
    """One line of evidence."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One alert: what, how bad, the evidence, what to do, and where to look."""

    firing: bool
    severity: Severity
    what: str
    facts: tuple[Fact, ...]
    links: tuple[Link, ...]

    @property
    def mark(self) -> str:
        return self.severity.mark if self.firing else RESOLVED_MARK


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What all channels say of a notification; `severity` is that of the worst alert, of those that fire if any does.

    Every text is bounded and without line breaks; `links` are those of the whole group.
    """

    firing: bool
    severity: Severity
    title: str
    glance: str
    items: tuple[Item, ...]
    left_out: int
    links: tuple[Link, ...]
    url: str

    @property
    def colour(self) -> str:
        return self.severity.colour if self.firing else RESOLVED_COLOUR

    @property
    def rgb(self) -> int:
        return int(self.colour[1:], 16)

    @property
    def mark(self) -> str:
        return self.severity.mark if self.firing else RESOLVED_MARK


def message(notification: Notification, *, shown: int = SHOWN) -> Message:
    """Pure. What the alerts' labels and annotations do not say is not there."""
    alerts = _ordered(notification)
    told = notification.firing or notification.resolved
    severity = max((severity_of(alert.labels) for alert in told), key=lambda each: each.rank, default=severity_of({}))
    return Message(
        firing=bool(notification.firing),
        severity=severity,
        title=title(notification),
        glance=_glance(notification, severity),
        items=tuple(_item(alert, notification) for alert in alerts[:shown]),
        left_out=max(0, len(alerts) - shown) + notification.truncated_alerts,
        links=links_of(notification),
        url=notification.external_url,
    )


def title(notification: Notification) -> str:
    """`[FIRING:2] critical: storefront fails 12% of its requests, and 1 more`, on one line and bounded."""
    alerts = _ordered(notification)
    status = notification.status.upper()
    count = f":{len(notification.firing)}" if notification.firing else ""
    if not alerts:
        return f"[{status}{count}] {_brief(' '.join(notification.group_labels.values()), TITLE_LENGTH)}"
    told = [_what(alert) for alert in alerts if (alert.status == "firing") == bool(notification.firing)]
    others = len(set(told)) - 1
    more = f", and {others} more" if others else ""
    return f"[{status}{count}] {severity_of(alerts[0].labels).name}: {_brief(told[0], TITLE_LENGTH)}{more}"


def since(moment: datetime) -> str:
    """`2026-03-01 12:00:00 UTC`."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def _ordered(notification: Notification) -> list[NotifiedAlert]:
    return sorted(notification.alerts, key=lambda alert: (alert.status != "firing", -severity_of(alert.labels).rank))


def _glance(notification: Notification, severity: Severity) -> str:
    """How bad, how many, since when."""
    counts = {"firing": notification.firing, "resolved": notification.resolved}
    told = ", ".join(f"{len(alerts)} {status}" for status, alerts in counts.items() if alerts)
    began = min((alert.starts_at for alert in notification.firing or notification.resolved), default=None)
    return " · ".join([severity.name, *([told] if told else []), *([f"since {since(began)}"] if began else [])])


def _item(alert: NotifiedAlert, notification: Notification) -> Item:
    told = [*_facts(alert), *([] if notification.external_url else _commands(alert))]
    facts = (Fact(name, _brief(text, TEXT_LENGTH)) for name, text in told)
    return Item(
        firing=alert.status == "firing",
        severity=severity_of(alert.labels),
        what=_what(alert),
        facts=tuple(fact for fact in facts if fact.text),
        links=links_of(notification, alert),
    )


def _what(alert: NotifiedAlert) -> str:
    return _brief(alert.summary or alert.name, TEXT_LENGTH)


def _facts(alert: NotifiedAlert) -> Iterator[tuple[str, str]]:
    """In the order in which somebody asks: how bad, since when, what shows it, where, what to do."""
    labels, notes = alert.labels, alert.annotations
    yield "severity", labels.get("severity", "")
    yield "since", since(alert.starts_at)
    if alert.status == "resolved":
        yield "until", f"{since(alert.ends_at)}, after {_lasted(alert.ends_at - alert.starts_at)}"
    yield "escalated", notes.get("escalated", "")
    yield "value", _value(notes)
    yield from _issue(labels, notes)
    yield "routes", notes.get("routes", "")
    yield "trace", notes.get("trace_id", "")
    if notes.get("description") != alert.summary:
        yield "details", notes.get("description", "")
    yield "alert", _named(alert)
    yield "to do", notes.get("runbook", "")


def _commands(alert: NotifiedAlert) -> Iterator[tuple[str, str]]:
    """What to type where there is no page to go to."""
    if alert.status == "firing":
        yield "acknowledge", f"tocsin alerts ack {alert.fingerprint}"
        yield "silence", f"tocsin silence add --comment known {shlex.join(matchers(alert.labels))}"


def _value(notes: Mapping[str, str]) -> str:
    value, threshold = notes.get("value", ""), notes.get("threshold", "")
    return f"{value} (threshold {threshold})" if value and threshold else value


def _issue(labels: Mapping[str, str], notes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The issue, with its message and its first frame in the application."""
    number, told = labels.get("issue", ""), labels.get("title", "") or notes.get("message", "")
    yield "issue", f"{number}: {told}" if number and told else number or told
    yield "raised in", ", ".join(_distinct((labels.get("culprit", ""), notes.get("frame", ""))))


def _named(alert: NotifiedAlert) -> str:
    """The alert's name and what tells it from others."""
    own = ", ".join(f"{name}={text}" for name, text in sorted(alert.labels.items()) if name not in _SAID)
    return f"{alert.name} ({own})" if own else alert.name


def _lasted(time: timedelta) -> str:
    """`2d 4h`, `5m 3s`: the two largest units."""
    seconds, amounts = max(0, int(time.total_seconds())), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        amount, seconds = divmod(seconds, size)
        amounts.append((amount, unit))
    shown = [f"{amount}{unit}" for amount, unit in amounts if amount]
    return " ".join(shown[:2]) or "0s"


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _brief(text: str, length: int) -> str:
    """On one line, without control characters, and no longer than `length`."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= length else f"{line[: length - 1]}…"

"""Where a person goes from a notification."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

from tocsin.notify.notification import Notification, NotifiedAlert
from tocsin.syntax.quoting import quote_value

#: Labels that describe an issue; its number says all.
_DESCRIBING = {"category", "culprit", "error_type", "title"}
#: Annotations that rules may have, and what their links are called.
_ANNOTATED = {"issue_url": "Issue", "trace_url": "Trace", "dashboard_url": "Dashboard", "runbook_url": "Runbook"}


class Link(NamedTuple):
    """A name and an absolute http or https URL."""

    name: str
    url: str


def links_of(notification: Notification, alert: NotifiedAlert | None = None) -> tuple[Link, ...]:
    """Those of one alert, else of the whole group. Whatever labels and annotations hold, no other scheme than http(s).

    The pages of alerts and silences are addressed as Alertmanager's are, below the notification's external URL.
    """
    found = _group(notification) if alert is None else _alert(notification.external_url, alert)
    return tuple(
        Link(name, url) for name, url in found if url.startswith(("http://", "https://")) and url.isprintable()
    )


def _alert(base: str, alert: NotifiedAlert) -> Iterator[tuple[str, str]]:
    notes = alert.annotations
    for key, name in _ANNOTATED.items():
        yield name, notes.get(key, "").strip()
    if base and alert.labels.get("issue") and "issue_url" not in notes:
        yield "Issue", f"{base.rstrip('/')}/#/issues/{quote(alert.labels['issue'], safe='')}"
    yield "Source", alert.generator_url
    yield from _pages(base, alert.labels, firing=alert.status == "firing")


def _group(notification: Notification) -> Iterator[tuple[str, str]]:
    labels = notification.group_labels | notification.common_labels
    yield from _pages(notification.external_url, labels, firing=bool(notification.firing))


def _pages(base: str, labels: Mapping[str, str], *, firing: bool) -> Iterator[tuple[str, str]]:
    """What fires can be acknowledged, on the page of the alert, and silenced."""
    if firing and base:
        filtered = quote(f"{{{','.join(matchers(labels))}}}", safe="")
        yield "Acknowledge", f"{base.rstrip('/')}/#/alerts?filter={filtered}"
        yield "Silence", f"{base.rstrip('/')}/#/silences/new?filter={filtered}"


def matchers(labels: Mapping[str, str]) -> list[str]:
    """What singles out the alerts with these labels."""
    told = labels.keys() - _DESCRIBING if "issue" in labels else labels.keys()
    return [f"{name}={quote_value(labels[name])}" for name in sorted(told)]

"""`tocsin alerts history`: how alerts changed, who was told, and what people did."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click
import msgspec
from msgspec.structs import asdict

from tocsin.cli.alert import name_of, others, parsed
from tocsin.cli.moment import moment, utc
from tocsin.cli.options import json_option, opened, store_option
from tocsin.cli.output import show_json, show_table
from tocsin.notify import decode
from tocsin.store import AlertEvent, AlertTransition, OutboxEntry

if TYPE_CHECKING:
    from tocsin.alerting import Matcher

T = TypeVar("T")


class Event(NamedTuple):
    """A row of the history: an alert that changed, a notification about alerts, or what somebody did."""

    at: float
    state: str
    alert: str
    details: str


@click.command()
@click.argument("matchers", nargs=-1)
@click.option("--name", help="Only alerts of this name.")
@click.option("--severity", help="Only alerts of this severity.")
@click.option("--since", type=moment, metavar="TIME", default="0", help="From then on: 2h (ago), or RFC 3339.")
@click.option("--until", type=moment, metavar="TIME", default="99999999999", help="Up to then.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The last so many events.")
@store_option
@json_option
def history(
    *,
    matchers: tuple[str, ...],
    name: str | None,
    severity: str | None,
    since: float,
    until: float,
    limit: int,
    store: Path | None,
    as_json: bool,
) -> None:
    """Show how alerts changed, which notifications were sent, and what people did, in order.

    MATCHERS such as 'service=~"shop.*"' choose by labels; a notification is chosen by any of its alerts.

    With --json: {"transitions": [...], "notifications": [...], "events": [...]}. A transition has at, group, rule,
    fingerprint, labels, state and value; a notification has key, receiver, integration, group_key, created_at, state,
    attempts, next_attempt_at, last_error, sent_at and `payload`, the notification as Alertmanager's webhooks have it;
    an event has at, actor, action, subject (a fingerprint, or the id of a silence, or the key of a notification),
    labels and detail.
    """
    wanted = _wanted(matchers, name, severity)

    def chosen(
        found: Sequence[T], at: Callable[[T], float], labels: Callable[[T], Sequence[Mapping[str, str]]]
    ) -> list[T]:
        kept = [each for each in found if at(each) <= until and _is_any(labels(each), wanted)]
        return kept[-limit:]

    with opened(store) as source:
        steps = chosen(source.alerts.history(since=since), lambda it: it.at, lambda it: [it.labels])
        told = chosen(source.notifications.history(since=since), lambda it: it.created_at, _labels)
        events = chosen(source.audit.history(since=since), lambda it: it.at, lambda it: [it.labels])
    if as_json:
        show_json({"transitions": steps, "notifications": [_document(entry) for entry in told], "events": events})
        return
    rows = sorted([*map(_changed, steps), *map(_told, told), *map(_done, events)])
    shown = ((utc(event.at), *event[1:]) for event in rows[-limit:])
    show_table(Event._fields, shown, empty="no alert has changed yet" if not wanted else "nothing like that")


def _wanted(matchers: Sequence[str], name: str | None, severity: str | None) -> "tuple[Matcher, ...]":
    named = {"alertname": name, "severity": severity}
    return (*parsed(matchers), *parsed([f'{label}="{value}"' for label, value in named.items() if value is not None]))


def _is_any(labels: Sequence[Mapping[str, str]], wanted: "Sequence[Matcher]") -> bool:
    return not wanted or any(all(matcher.matches(each) for matcher in wanted) for each in labels)


def _labels(entry: OutboxEntry) -> Sequence[Mapping[str, str]]:
    return [alert.labels for alert in decode(entry.payload).alerts]


def _changed(transition: AlertTransition) -> Event:
    details = f"value {transition.value:g}, {others(transition.labels)}"
    return Event(transition.at, transition.state, name_of(transition.labels), details)


def _told(entry: OutboxEntry) -> Event:
    notification = decode(entry.payload)
    names = ", ".join(sorted({alert.name for alert in notification.alerts}))
    counts = f"{len(notification.firing)} firing, {len(notification.resolved)} resolved"
    error = f", attempt {entry.attempts}: {entry.last_error}" if entry.last_error else ""
    details = f"to {entry.receiver}[{entry.integration}]: {counts}{error}"
    return Event(entry.sent_at or entry.created_at, entry.state, names, details)


def _done(event: AlertEvent) -> Event:
    details = " ".join(filter(None, (f"by {event.actor}" if event.actor else "", event.subject, event.detail)))
    return Event(event.at, event.action, name_of(event.labels) if event.labels else "", details)


def _document(entry: OutboxEntry) -> dict[str, object]:
    return asdict(entry) | {"payload": msgspec.Raw(entry.payload)}

"""`tocsin alerts`: what is wrong now, what was, and who was told."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from tocsin.cli.moment import ago, utc
from tocsin.cli.options import GroupWithDefault, json_option, opened, store_option
from tocsin.cli.output import show_json, show_table
from tocsin.notify import decode
from tocsin.store import Alert, AlertTransition, HeldAlert, OutboxEntry

_ACTIVE = ("firing", "pending")
#: Labels that are shown as the alert's name, or that describe an issue, which the label `issue` names.
_DESCRIBING = {"alertname", "category", "culprit", "error_type", "title"}


class Event(NamedTuple):
    """A row of the history: an alert that changed, or a notification about alerts."""

    at: float
    state: str
    alert: str
    details: str


@click.group(cls=GroupWithDefault, default="list")
def alerts() -> None:
    """Alerts of the rules that are evaluated; without a command, those that are active."""


@alerts.command("list")
@store_option
@json_option
def list_alerts(*, store: Path | None, as_json: bool) -> None:
    """List active alerts: first those that fire, then those that are pending, with what keeps them from being told.

    With --json: {"alerts": [...]}, each with group, rule, fingerprint, labels, annotations, state, value, active_at,
    fired_at, resolved_at, keep_firing_since and `held`; a value that is no finite number is null. `held` is a list of
    group_key, receiver, reason (inhibited, silenced or muted) and by: fingerprints, ids of silences, or names.
    """
    with opened(store) as source:
        current, held = source.alerts.current(), _by_fingerprint(source.alerts.held())
    active = [alert for state in _ACTIVE for alert in current if alert.state == state]
    if as_json:
        show_json({"alerts": [_active(alert, held.get(alert.fingerprint, ())) for alert in active]})
        return
    now = time.time()
    names = {alert.fingerprint: _name(alert.labels) for alert in current}
    rows = [(*_row(alert, now), _why(held.get(alert.fingerprint, ()), names)) for alert in active]
    columns = ("state", "alert", "since", "value", "labels", "summary", "held")
    shown = len(columns) if any(row[-1] for row in rows) else -1
    show_table(columns[:shown], (row[:shown] for row in rows), empty="no active alerts")


@alerts.command()
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The last so many events.")
@store_option
@json_option
def history(*, store: Path | None, as_json: bool, limit: int) -> None:
    """Show how alerts changed and which notifications were sent, in order.

    With --json: {"transitions": [...], "notifications": [...]}. A transition has at, group, rule, fingerprint, labels,
    state and value; a notification has key, receiver, integration, group_key, created_at, state, attempts,
    next_attempt_at, last_error, sent_at and `payload`, the notification as Alertmanager's webhooks have it.
    """
    with opened(store) as source:
        transitions, notifications = source.alerts.history()[-limit:], source.notifications.history()[-limit:]
    if as_json:
        show_json({"transitions": transitions, "notifications": [_document(entry) for entry in notifications]})
        return
    events = sorted([*map(_changed, transitions), *map(_told, notifications)])
    rows = ((utc(event.at), *event[1:]) for event in events[-limit:])
    show_table(Event._fields, rows, empty="no alert has changed yet")


def _row(alert: Alert, now: float) -> tuple[str, ...]:
    summary = alert.annotations.get("summary") or alert.annotations.get("description", "")
    since = ago(alert.fired_at or alert.active_at, now=now)
    return (alert.state, _name(alert.labels), since, f"{alert.value:g}", _others(alert.labels), summary)


def _by_fingerprint(held: Iterable[HeldAlert]) -> Mapping[str, list[HeldAlert]]:
    found: dict[str, list[HeldAlert]] = defaultdict(list)
    for each in held:
        found[each.fingerprint].append(each)
    return found


def _active(alert: Alert, held: Iterable[HeldAlert]) -> dict[str, object]:
    shown = [{name: value for name, value in each._asdict().items() if name != "fingerprint"} for each in held]
    return {**asdict(alert), "held": shown if alert.state == "firing" else []}


def _why(held: Iterable[HeldAlert], names: Mapping[str, str]) -> str:
    """`silenced by 5a…` for everybody; what holds on some routes only names their receiver."""
    found = dict.fromkeys(
        f"{each.reason} by {', '.join(names.get(by, by) for by in each.by)}"
        + (f" for {each.receiver}" if each.reason == "muted" else "")
        for each in held
    )
    return "; ".join(found)


def _changed(transition: AlertTransition) -> Event:
    details = f"value {transition.value:g}, {_others(transition.labels)}"
    return Event(transition.at, transition.state, _name(transition.labels), details)


def _told(entry: OutboxEntry) -> Event:
    notification = decode(entry.payload)
    names = ", ".join(sorted({alert.name for alert in notification.alerts}))
    counts = f"{len(notification.firing)} firing, {len(notification.resolved)} resolved"
    error = f", attempt {entry.attempts}: {entry.last_error}" if entry.last_error else ""
    details = f"to {entry.receiver}[{entry.integration}]: {counts}{error}"
    return Event(entry.sent_at or entry.created_at, entry.state, names, details)


def _document(entry: OutboxEntry) -> dict[str, object]:
    return asdict(entry) | {"payload": msgspec.Raw(entry.payload)}


def _name(labels: Mapping[str, str]) -> str:
    return labels.get("alertname", "alert")


def _others(labels: Mapping[str, str]) -> str:
    return ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()) if name not in _DESCRIBING)

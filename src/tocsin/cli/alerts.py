"""`tocsin alerts`: what is wrong now, what was, who was told, and who looks after it."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from tocsin.cli.alert import document, name_of, others
from tocsin.cli.alerts_decide import ack, reopen, resolve
from tocsin.cli.alerts_history import history
from tocsin.cli.alerts_show import show
from tocsin.cli.moment import ago
from tocsin.cli.options import GroupWithDefault, json_option, opened, store_option
from tocsin.cli.output import show_json, show_table
from tocsin.config import load
from tocsin.store import Alert, HeldAlert

_ACTIVE = ("firing", "pending")
#: Evaluations that may be missed before it is said that nobody evaluates.
_MISSED = 4


@click.group(cls=GroupWithDefault, default="list")
def alerts() -> None:
    """Alerts of the rules that are evaluated; without a command, those that are active.

    An ID is the fingerprint of an alert, the beginning of one, or a name that only one alert has.
    """


for command in (show, ack, resolve, reopen, history):
    alerts.add_command(command)


@alerts.command("list")
@store_option
@json_option
def list_alerts(*, store: Path | None, as_json: bool) -> None:
    """List active alerts: first those that fire, then those that are pending, with what keeps them from being told.

    With --json: {"alerts": [...]}, each with group, rule, fingerprint, labels, annotations, state, value, active_at,
    fired_at, resolved_at, keep_firing_since, `held`, `status` and `decided`; a value that is no finite number is null.
    `held` is a list of group_key, receiver, reason (inhibited, silenced, muted or maintenance) and by: fingerprints,
    ids of silences, or names. `status` is state, or acknowledged or resolved where somebody `decided` so: status, at,
    actor, note, until_at.
    """
    from tocsin.alerting.life import status  # noqa: PLC0415  other commands start faster without

    now = time.time()
    with opened(store) as source:
        current, held = source.alerts.current(), _by_fingerprint(source.alerts.held())
        standings, unsent = source.standings.all(), len(source.notifications.unsent())
        evaluated_at = source.alerts.evaluated_at()
    active = [alert for state in _ACTIVE for alert in current if alert.state == state]
    statuses = [status(alert, standings.get(alert.fingerprint), at=now) for alert in active]
    if as_json:
        found = [
            document(alert, status=each, standing=standings.get(alert.fingerprint), held=held[alert.fingerprint])
            for alert, each in zip(active, statuses, strict=True)
        ]
        show_json({"alerts": found})
        return
    names = {alert.fingerprint: name_of(alert.labels) for alert in current}
    rows = [
        (*_row(alert, each, now), _why(held[alert.fingerprint], names))
        for alert, each in zip(active, statuses, strict=True)
    ]
    columns = ("state", "id", "alert", "since", "value", "labels", "summary", "held")
    shown = len(columns) if any(row[-1] for row in rows) else -1
    show_table(columns[:shown], (row[:shown] for row in rows), empty="no active alerts")
    if unsent:
        click.echo(f"notifications that could not be delivered: {unsent}, see `tocsin notify unsent`", err=True)
    _say_if_stale(evaluated_at, now, interval=load({}).config.evaluation_interval)


def _say_if_stale(evaluated_at: float | None, now: float, *, interval: float) -> None:
    """Alerts that nobody evaluates look as they did, whatever has happened since."""
    if evaluated_at is None or now - evaluated_at > _MISSED * interval:
        last = "never evaluated" if evaluated_at is None else f"last evaluated {ago(evaluated_at, now=now)}"
        click.echo(f"{last}: start the application, or `tocsin run`", err=True)


def _row(alert: Alert, status: str, now: float) -> tuple[str, ...]:
    summary = alert.annotations.get("summary") or alert.annotations.get("description", "")
    since = ago(alert.fired_at or alert.active_at, now=now)
    value = f"{alert.value:g}"
    return status, alert.fingerprint, name_of(alert.labels), since, value, others(alert.labels), summary


def _by_fingerprint(held: Iterable[HeldAlert]) -> Mapping[str, list[HeldAlert]]:
    found: dict[str, list[HeldAlert]] = defaultdict(list)
    for each in held:
        found[each.fingerprint].append(each)
    return found


def _why(held: Iterable[HeldAlert], names: Mapping[str, str]) -> str:
    """`silenced by 5a…` for everybody; what holds on some routes only names their receiver."""
    found = dict.fromkeys(
        f"{each.reason} by {', '.join(names.get(by, by) for by in each.by)}"
        + (f" for {each.receiver}" if each.reason == "muted" else "")
        for each in held
    )
    return "; ".join(found)

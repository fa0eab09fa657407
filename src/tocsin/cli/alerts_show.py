"""`tocsin alerts show`: everything that is known of one alert."""

import time
from pathlib import Path

import click

from tocsin.cli.alert import alert_argument, document, find, name_of
from tocsin.cli.moment import ago, utc
from tocsin.cli.options import json_option, opened, store_option
from tocsin.cli.output import show_fields, show_json, show_table
from tocsin.store import Alert, AlertEvent, AlertStanding, AlertTransition, HeldAlert


@click.command()
@alert_argument
@store_option
@json_option
def show(*, alert_id: str, store: Path | None, as_json: bool) -> None:
    """Show an alert: its labels and annotations, who looks after it, what holds it back, and its history.

    With --json: the alert as in `list`, and `transitions` and `events` as in `history`.
    """
    from tocsin.alerting.life import status  # noqa: PLC0415  other commands start faster without

    now = time.time()
    with opened(store) as source:
        alert = find(source, alert_id)
        standing = source.standings.all().get(alert.fingerprint)
        held = [each for each in source.alerts.held() if each.fingerprint == alert.fingerprint]
        steps = [each for each in source.alerts.history() if each.fingerprint == alert.fingerprint]
        events = source.audit.history(subject=alert.fingerprint)
    stands = status(alert, standing, at=now)
    if as_json:
        shown = document(alert, status=stands, standing=standing, held=held)
        show_json({**shown, "transitions": steps, "events": events})
        return
    decided = standing if standing is not None and stands != alert.state else None
    show_fields(_fields(alert, stands, decided, held, now))
    click.echo()
    rows = sorted([*map(_stepped, steps), *map(_done, events)])
    columns = ("at", "state", "details")
    show_table(columns, ((utc(at), *rest) for at, *rest in rows), empty="no history")


def _fields(
    alert: Alert, stands: str, decided: AlertStanding | None, held: list[HeldAlert], now: float
) -> dict[str, str]:
    fields = {
        "alert": name_of(alert.labels),
        "id": alert.fingerprint,
        "state": stands,
        "since": ago(alert.fired_at or alert.active_at, now=now),
        "value": f"{alert.value:g}",
        "rule": f"{alert.rule} of {alert.group}",
        **_decision(decided),
        **{f"label {name}": text for name, text in sorted(alert.labels.items()) if name != "alertname"},
        **dict(sorted(alert.annotations.items())),
    }
    if held and alert.state == "firing":
        fields["held"] = "; ".join(f"{each.reason} by {', '.join(each.by)} for {each.receiver}" for each in held)
    return fields


def _decision(decided: AlertStanding | None) -> dict[str, str]:
    if decided is None:
        return {}
    until = f" until {utc(decided.until_at)}" if decided.until_at else ""
    note = f": {decided.note}" if decided.note else ""
    return {"decided": f"{decided.status} by {decided.actor} at {utc(decided.at)}{until}{note}"}


def _stepped(step: AlertTransition) -> tuple[float, str, str]:
    return step.at, step.state, f"value {step.value:g}"


def _done(event: AlertEvent) -> tuple[float, str, str]:
    return event.at, event.action, " ".join(filter(None, (f"by {event.actor}" if event.actor else "", event.detail)))

"""`tocsin alerts ack`, `resolve`, `reopen`: what people decide about alerts that fire."""

import time
from collections.abc import Callable
from pathlib import Path

import click

from tocsin.cli.alert import alert_argument, document, find, name_of
from tocsin.cli.issue import audited
from tocsin.cli.moment import moment_ahead, utc
from tocsin.cli.options import json_option, opened, store_option
from tocsin.cli.output import printable, show_json
from tocsin.store import Alert, AlertEvent, AlertStanding, Store


@click.command()
@alert_argument
@click.option("--until", type=moment_ahead, metavar="TIME", help="Until then: 2h (from now), or RFC 3339.")
@audited
@store_option
@json_option
def ack(*, alert_id: str, until: float | None, actor: str, note: str, store: Path | None, as_json: bool) -> None:
    """Acknowledge an alert: somebody looks after it. It is neither repeated nor escalated until it resolves.

    With --json, here and in the commands like it: the alert as in `list`.
    """
    from tocsin.alerting.life import acknowledged  # noqa: PLC0415  other commands start faster without

    def decide(alert: Alert, now: float) -> AlertStanding:
        return acknowledged(alert, at=now, actor=actor, note=note, until_at=until)

    said = f"acknowledged until {utc(until)}" if until else "acknowledged"
    _decide(store, alert_id, decide, said, as_json=as_json)


@click.command()
@alert_argument
@audited
@store_option
@json_option
def resolve(*, alert_id: str, actor: str, note: str, store: Path | None, as_json: bool) -> None:
    """Say that an alert is over: it is, until the condition of its rule has ended and begins again."""
    from tocsin.alerting.life import resolved  # noqa: PLC0415  other commands start faster without

    _decide(
        store, alert_id, lambda alert, now: resolved(alert, at=now, actor=actor, note=note), "resolved", as_json=as_json
    )


@click.command()
@alert_argument
@audited
@store_option
@json_option
def reopen(*, alert_id: str, actor: str, note: str, store: Path | None, as_json: bool) -> None:
    """Undo ack or resolve: the alert fires, as if nobody had decided anything."""
    now = time.time()
    with opened(store) as source:
        alert = find(source, alert_id)
        with source.transaction():
            if not source.standings.withdraw(alert.fingerprint):
                raise click.ClickException(f"nobody has decided anything about alert {alert.fingerprint}")
            source.audit.log([_event(alert, now, actor, "reopened", note)])
    _show(alert, None, "reopened", now, as_json=as_json)


def _decide(
    path: Path | None, alert_id: str, decide: Callable[[Alert, float], AlertStanding], said: str, *, as_json: bool
) -> None:
    """Remember the decision, and who made it."""
    now = time.time()
    with opened(path) as store:
        alert = find(store, alert_id)
        standing = _decided(store, alert, decide, now)
    _show(alert, standing, said, now, as_json=as_json)


def _decided(store: Store, alert: Alert, decide: Callable[[Alert, float], AlertStanding], now: float) -> AlertStanding:
    if alert.state != "firing":
        raise click.ClickException(f"alert {alert.fingerprint} does not fire, it is {alert.state}")
    standing = decide(alert, now)
    until = f"until {utc(standing.until_at)}" if standing.until_at else ""
    detail = ": ".join(filter(None, (until, standing.note)))
    with store.transaction():
        store.standings.put(standing)
        store.audit.log([_event(alert, now, standing.actor, standing.status, detail)])
    return standing


def _event(alert: Alert, at: float, actor: str, action: str, detail: str) -> AlertEvent:
    return AlertEvent(at=at, actor=actor, action=action, subject=alert.fingerprint, labels=alert.labels, detail=detail)


def _show(alert: Alert, standing: AlertStanding | None, said: str, now: float, *, as_json: bool) -> None:
    from tocsin.alerting.life import status  # noqa: PLC0415  other commands start faster without

    if as_json:
        show_json(document(alert, status=status(alert, standing, at=now), standing=standing))
    else:
        click.echo(f"alert {alert.fingerprint} is {said}: {printable(name_of(alert.labels))}")

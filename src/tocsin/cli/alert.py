"""Alerts, as commands name them, choose them and write them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict

from tocsin.store import Alert, AlertStanding, HeldAlert, Store

if TYPE_CHECKING:
    from tocsin.alerting import Matcher

#: Labels that are shown as the alert's name, or that describe an issue, which the label `issue` names.
_DESCRIBING = {"alertname", "category", "culprit", "error_type", "title"}

alert_argument = click.argument("alert_id", metavar="ID")


def find(store: Store, alert_id: str) -> Alert:
    """The alert whose fingerprint begins so, or the only one of that name; one that fires before the others."""
    current = store.alerts.current()
    found = [alert for alert in current if alert.fingerprint.startswith(alert_id)]
    found = found or [alert for alert in current if name_of(alert.labels) == alert_id]
    found = [alert for alert in found if alert.state == "firing"] or found
    if len({alert.fingerprint for alert in found}) > 1:
        listed = ", ".join(sorted({alert.fingerprint for alert in found}))
        raise click.ClickException(f"{alert_id} is the name, or the beginning, of several alerts: {listed}")
    if not found:
        raise click.ClickException(f"there is no alert {alert_id} in {store.path}: `tocsin alerts` lists them")
    return min(found, key=lambda alert: alert.fired_at or alert.active_at)


def parsed(texts: Sequence[str]) -> "tuple[Matcher, ...]":
    """Conditions as amtool reads them: a first one without an operator is the name of the alert."""
    from tocsin.alerting.matcher import parse  # noqa: PLC0415  other commands start faster without

    first = [f'alertname="{texts[0]}"'] if texts and "=" not in texts[0] and "~" not in texts[0] else texts[:1]
    try:
        return tuple(matcher for text in (*first, *texts[1:]) for matcher in parse(text))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="MATCHERS") from error


def document(
    alert: Alert, *, status: str, standing: AlertStanding | None = None, held: Iterable[HeldAlert] = ()
) -> dict[str, Any]:
    """An alert as JSON has it, everywhere."""
    reasons = [{name: value for name, value in each._asdict().items() if name != "fingerprint"} for each in held]
    decided = asdict(standing) if standing is not None and status != alert.state else None
    return {**asdict(alert), "held": reasons if alert.state == "firing" else [], "status": status, "decided": decided}


def name_of(labels: Mapping[str, str]) -> str:
    return labels.get("alertname", "alert")


def others(labels: Mapping[str, str]) -> str:
    """What tells an alert from others of its name."""
    return ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()) if name not in _DESCRIBING)

"""The life of an alert that fires: how it stands after somebody decided about it.

A decision is about one firing, known by when that began. So nothing has to end it: once the rule's condition has ended
and begins again, the alert is another one.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from msgspec.structs import replace

from tocsin.alerting.groups import began, fires
from tocsin.store import Alert, AlertStanding

AlertStatus: TypeAlias = Literal["pending", "firing", "acknowledged", "resolved"]
#: By the fingerprint of an alert.
Standings: TypeAlias = Mapping[str, AlertStanding]


def acknowledged(
    alert: Alert, *, at: float, actor: str, note: str = "", until_at: float | None = None
) -> AlertStanding:
    """Somebody looks after it: nobody is told again, or instead, until it resolves or `until_at` has come."""
    return AlertStanding(
        fingerprint=alert.fingerprint,
        fired_at=began(alert),
        status="acknowledged",
        at=at,
        actor=actor,
        note=note,
        until_at=until_at,
    )


def resolved(alert: Alert, *, at: float, actor: str, note: str = "") -> AlertStanding:
    """Somebody says that it is over: it is, until the rule's condition ends and begins again."""
    return AlertStanding(
        fingerprint=alert.fingerprint, fired_at=began(alert), status="resolved", at=at, actor=actor, note=note
    )


def status(alert: Alert, standing: AlertStanding | None, *, at: float) -> AlertStatus:
    """How an alert stands at that time."""
    if not fires(alert):
        return "pending" if alert.state == "pending" else "resolved"
    if standing is None or standing.fired_at != began(alert):
        return "firing"
    if standing.status == "resolved":
        return "resolved"
    is_over = standing.until_at is not None and at >= standing.until_at
    return "firing" if is_over else "acknowledged"


def as_decided(alert: Alert, standing: AlertStanding | None, *, at: float) -> Alert:
    """The alert, ended where somebody said that it is over."""
    if standing is None or not fires(alert) or status(alert, standing, at=at) != "resolved":
        return alert
    return replace(alert, state="inactive", resolved_at=max(standing.at, began(alert)))


def attended(alerts: Iterable[Alert], standings: Standings, *, at: float) -> frozenset[str]:
    """The fingerprints of those that are acknowledged."""
    known = ((alert, standings[alert.fingerprint]) for alert in alerts if alert.fingerprint in standings)
    return frozenset(alert.fingerprint for alert, standing in known if status(alert, standing, at=at) == "acknowledged")

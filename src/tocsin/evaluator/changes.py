"""What an evaluation changed: the difference between two sets of alerts, as rows for the store."""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from tocsin.store import Alert, AlertTransition

Key = tuple[str, str, str]

#: Of two rules with one name and the same labels, the more urgent alert counts.
_URGENCY = {"inactive": 0, "pending": 1, "firing": 2}


class Changes(Struct, frozen=True):
    """Alerts to write, alerts to forget, and the steps to log."""

    written: tuple[Alert, ...]
    gone: tuple[Alert, ...]
    transitions: tuple[AlertTransition, ...]


def by_key(alerts: Iterable[Alert]) -> dict[Key, Alert]:
    """Alerts by what identifies them in the store."""
    ordered = sorted(alerts, key=lambda alert: _URGENCY[alert.state])
    return {(alert.group, alert.rule, alert.fingerprint): alert for alert in ordered}


def outlasting(
    before: Mapping[Key, Alert], after: Mapping[Key, Alert], *, at: float, retention: float
) -> dict[Key, Alert]:
    """Alerts that their rules no longer know, and that somebody may still have to hear of.

    One that fired is resolved: its rule was removed, renamed, or exceeds the limit of its group. What is resolved stays
    for `retention` seconds.
    """
    missing = {key: _ended(alert, at) for key, alert in before.items() if key not in after}
    return {
        key: alert
        for key, alert in missing.items()
        if alert.resolved_at is not None and at - alert.resolved_at <= retention
    }


def changes(before: Mapping[Key, Alert], after: Mapping[Key, Alert], *, at: float) -> Changes:
    """The rows that differ. An alert that was pending and is no more ends without having fired: `inactive`."""
    written = tuple(alert for key, alert in after.items() if before.get(key) != alert)
    gone = tuple(alert for key, alert in before.items() if key not in after)
    steps = [
        _step(alert, alert.state, at)
        for key, alert in after.items()
        if key not in before or before[key].state != alert.state
    ]
    steps += [_step(alert, "inactive", at) for alert in gone if alert.state == "pending"]
    return Changes(written, gone, tuple(steps))


def _ended(alert: Alert, at: float) -> Alert:
    return replace(alert, state="inactive", resolved_at=at) if alert.state == "firing" else alert


def _step(alert: Alert, state: str, at: float) -> AlertTransition:
    return AlertTransition(
        at=at,
        group=alert.group,
        rule=alert.rule,
        fingerprint=alert.fingerprint,
        labels=alert.labels,
        state=state,
        value=alert.value,
    )

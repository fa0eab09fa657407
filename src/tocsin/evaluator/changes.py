"""What an evaluation changed: the difference between two sets of alerts, as rows for the store."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tocsin.store import Alert, AlertTransition

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Changes:
    """Alerts to write, alerts to forget, and the steps to log."""

    written: tuple[Alert, ...]
    gone: tuple[Alert, ...]
    transitions: tuple[AlertTransition, ...]


def by_key(alerts: Iterable[Alert]) -> dict[Key, Alert]:
    """Alerts by what identifies them in the store."""
    return {(alert.group, alert.rule, alert.fingerprint): alert for alert in alerts}


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

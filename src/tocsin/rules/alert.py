"""The life of an alert: pure verdicts on what happens to it at one evaluation.

As in Prometheus, an alert is pending until its condition has held for `for`, then fires; when the condition ends, a
pending alert vanishes, a firing one fires on for `keep_firing_for` and is then resolved; a resolved alert is kept for a
quarter of an hour, so that whoever is notified late still hears of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from tocsin.series.labels import METRIC_NAME, Labels, from_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tocsin.rules.expansion import Expander
    from tocsin.rules.rule import AlertingRule

#: Seconds for which a resolved alert is kept.
RESOLVED_RETENTION: Final = 15 * 60.0
#: Seconds without evaluation after which a pending alert starts anew.
OUTAGE_TOLERANCE: Final = 3600.0

_ALERT_NAME: Final = "alertname"

#: One series of an expression's result.
Sample: TypeAlias = tuple[Labels, float]


class DuplicateAlertError(ValueError):
    """Two series of one rule's result became the same alert."""


class AlertState(str, Enum):
    """Inactive with a time of resolution means resolved."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAlert:
    """One alert of one rule; its labels identify it. Times are unix seconds."""

    labels: Labels
    annotations: Mapping[str, str] = field(default_factory=dict)
    value: float
    state: AlertState = AlertState.PENDING
    active_at: float
    fired_at: float | None = None
    resolved_at: float | None = None
    keep_firing_since: float | None = None


def next_alerts(
    rule: AlertingRule, previous: Mapping[Labels, ActiveAlert], samples: Iterable[Sample], *, expander: Expander
) -> dict[Labels, ActiveAlert]:
    """The rule's alerts after an evaluation at `expander.at` that found these samples.

    Raises:
        DuplicateAlertError: Two samples give alerts with the same labels.
    """
    at = expander.at
    observed = _observed(rule, samples, expander)
    present = {labels: _present(rule, previous.get(labels), alert, at) for labels, alert in observed.items()}
    missing = {labels: _absent(rule, alert, at) for labels, alert in previous.items() if labels not in observed}
    return {**present, **{labels: alert for labels, alert in missing.items() if alert}}


def _observed(rule: AlertingRule, samples: Iterable[Sample], expander: Expander) -> dict[Labels, ActiveAlert]:
    """Each sample as an alert that begins now."""
    alerts: dict[Labels, ActiveAlert] = {}
    for series, value in samples:
        alert = _begin(rule, dict(series), value, expander)
        if alert.labels in alerts:
            raise DuplicateAlertError(
                f"vector contains metrics with the same labelset after applying alert labels: {dict(alert.labels)}"
            )
        alerts[alert.labels] = alert
    return alerts


def _begin(rule: AlertingRule, series: Mapping[str, str], value: float, expander: Expander) -> ActiveAlert:
    def expand(texts: Mapping[str, str]) -> dict[str, str]:
        return {
            name: expander.expand(text, alert=rule.name, labels=series, value=value) for name, text in texts.items()
        }

    labels = {**series, METRIC_NAME: "", **expand(rule.labels), _ALERT_NAME: rule.name}
    return ActiveAlert(
        labels=from_mapping(labels), annotations=expand(rule.annotations), value=value, active_at=expander.at
    )


def _present(rule: AlertingRule, previous: ActiveAlert | None, observed: ActiveAlert, at: float) -> ActiveAlert:
    """An alert whose condition holds."""
    alert = observed
    if previous is not None and previous.state is not AlertState.INACTIVE:
        alert = replace(previous, value=observed.value, annotations=observed.annotations, keep_firing_since=None)
    held = at - alert.active_at >= rule.hold
    if alert.state is AlertState.PENDING and held:
        return replace(alert, state=AlertState.FIRING, fired_at=at)
    if alert.state is AlertState.FIRING and not held:
        return replace(alert, state=AlertState.PENDING, fired_at=None)
    return alert


def _absent(rule: AlertingRule, alert: ActiveAlert, at: float) -> ActiveAlert | None:
    """An alert whose condition does not hold; None where it is to be forgotten."""
    if alert.state is AlertState.PENDING:
        return None
    if alert.resolved_at is not None:
        return alert if at - alert.resolved_at <= RESOLVED_RETENTION else None
    since = at if alert.keep_firing_since is None else alert.keep_firing_since
    if at - since < rule.keep_firing_for:
        return replace(alert, keep_firing_since=since)
    return replace(alert, state=AlertState.INACTIVE, resolved_at=at)


def resume(alerts: Iterable[ActiveAlert], *, stopped_at: float, at: float, interval: float) -> list[ActiveAlert]:
    """The alerts as an evaluator takes them over that last ran at `stopped_at`.

    Time in which nobody looked does not count towards `for`: pending alerts move by what exceeds one interval, and
    after an outage of more than an hour they start anew. Firing and resolved alerts stay as they are. An alert that
    began in the future, because the clock was set back since, begins now.
    """
    outage = max(0.0, at - stopped_at - interval)
    left = [_delayed(alert, outage) for alert in alerts if not _forgotten(alert, outage)]
    return [replace(alert, active_at=min(alert.active_at, at)) for alert in left]


def _forgotten(alert: ActiveAlert, outage: float) -> bool:
    return alert.state is AlertState.PENDING and outage > OUTAGE_TOLERANCE


def _delayed(alert: ActiveAlert, outage: float) -> ActiveAlert:
    return replace(alert, active_at=alert.active_at + outage) if alert.state is AlertState.PENDING else alert

"""What may keep an alert from being told: each stage is one file, and says why."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol

from tocsin.alerting.groups import Group
from tocsin.alerting.routing import Route
from tocsin.store import Alert


class Hold(NamedTuple):
    """Why an alert is not told: the stage's `reason`, and what it is held `by`: fingerprints, ids or names."""

    reason: str
    by: tuple[str, ...]


class Stage(Protocol):
    """One step of the pipeline, made for one look at the alerts."""

    reason: ClassVar[str]

    def holds(self, alert: Alert, route: Route) -> tuple[str, ...]:
        """What keeps the alert from being told on that route; nothing lets it pass."""


def held(group: Group, stages: Sequence[Stage]) -> Mapping[str, tuple[Hold, ...]]:
    """By fingerprint, the alerts of the group that are not told, with every reason."""
    found = ((alert.fingerprint, tuple(_holds(alert, group.route, stages))) for alert in group.alerts)
    return {fingerprint: holds for fingerprint, holds in found if holds}


def _holds(alert: Alert, route: Route, stages: Sequence[Stage]) -> Iterable[Hold]:
    for stage in stages:
        by = stage.holds(alert, route)
        if by:
            yield Hold(stage.reason, by)

"""What may keep an alert from being told: each stage is one file, and says why."""

from collections.abc import Mapping, Sequence
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
    found = {}
    for alert in group.alerts:
        holds = [Hold(stage.reason, by) for stage in stages if (by := stage.holds(alert, group.route))]
        if holds:
            found[alert.fingerprint] = tuple(holds)
    return found

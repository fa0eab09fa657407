"""Routes that say nothing at certain times."""

from collections.abc import Iterable
from typing import ClassVar

from tocsin.alerting.intervals import TimeIntervals
from tocsin.alerting.routing import Route
from tocsin.store import Alert


class Muted:
    """The stage: Alertmanager's `mute_time_intervals` and `active_time_intervals` of a route, at one time."""

    reason: ClassVar[str] = "muted"

    def __init__(self, intervals: TimeIntervals, *, at: float) -> None:
        self._now = frozenset(name for name, parts in intervals.items() if any(part.contains(at) for part in parts))

    def holds(self, alert: Alert, route: Route) -> tuple[str, ...]:  # noqa: ARG002  all alerts of a route are muted at once
        """The names of intervals: those that mute, else all active ones if it is in none of them."""
        if not route.mute_intervals and not route.active_intervals:
            return ()
        return self.muting(route.mute_intervals) or self.outside(route.active_intervals)

    def muting(self, names: Iterable[str]) -> tuple[str, ...]:
        """Of intervals that mute, those that it is in."""
        return tuple(name for name in names if name in self._now)

    def outside(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Intervals outside of which it is muted: all of them, or none if it is in any."""
        return () if any(name in self._now for name in names) else names

"""Alerts that nobody is told of while somebody works on what they are about, at known times."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from tocsin.alerting.intervals import TimeInterval
from tocsin.alerting.lookup import Lookup, Remembered
from tocsin.alerting.matcher import Matcher
from tocsin.alerting.routing import Route
from tocsin.store import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A window that comes again and again: in any of the `intervals`, for alerts that all `matchers` match."""

    name: str
    matchers: tuple[Matcher, ...] = ()
    intervals: tuple[TimeInterval, ...] = ()

    def contains(self, at: float) -> bool:
        """Whether the window is open at that unix time."""
        return any(interval.contains(at) for interval in self.intervals)


class Maintained:
    """The stage, for the windows that are open; which of them concern an alert is worked out once."""

    reason: ClassVar[str] = "maintenance"

    def __init__(self, windows: Iterable[Maintenance]) -> None:
        self.windows = tuple(windows)
        lookup = Lookup((window.matchers, window.name) for window in self.windows)
        self._by = Remembered(lambda labels: tuple(lookup.fitting(labels)))

    def holds(self, alert: Alert, route: Route) -> tuple[str, ...]:  # noqa: ARG002  the same on all routes
        """The names of the windows."""
        return self._by(alert) if self.windows else ()

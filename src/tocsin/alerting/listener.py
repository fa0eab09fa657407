"""Whether one integration of a receiver has to be told of a group, given what it was told last."""

from dataclasses import dataclass

from tocsin.alerting.groups import Group, began, fires
from tocsin.store import Alert, LoggedNotification


@dataclass(frozen=True, slots=True)
class Listener:
    """One integration of a receiver, by its position there, and what it was told last of one group."""

    receiver: str
    integration: int
    send_resolved: bool
    last: LoggedNotification | None

    def news(self, group: Group, *, now: float) -> tuple[Alert, ...]:
        """What has to be told: all that fires, and what the listener believes to fire but no longer does.

        Nothing where the listener knows all that already, and was told of it within the route's `repeat_interval`.
        """
        told = tuple(alert for alert in group.alerts if fires(alert) or self.believes(alert))
        known = all(fires(alert) and self.believes(alert) for alert in told)
        recent = self.last is not None and now - self.last.at < group.route.repeat_interval
        return () if known and recent else told

    def believes(self, alert: Alert) -> bool:
        """That this alert fires, and that it will hear of its end.

        Who never hears of an end believes nothing of a resolved alert, and may have heard of an earlier life of a
        firing one only.
        """
        if self.last is None or alert.fingerprint not in self.last.firing:
            return False
        return self.send_resolved or (fires(alert) and began(alert) <= self.last.at)

"""Whether one integration of a receiver has to be told of a group, given what it was told last."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from tocsin.alerting.groups import fires
from tocsin.store import Alert, LoggedNotification

#: A repetition is due once more than `repeat_interval` has passed: Alertmanager notes the time of a notification a
#: moment after the flush. So with a multiple of `group_interval` it comes one flush later.
MOMENT = 0.001


class News(str, Enum):
    """Why somebody is told; the value is what Alertmanager calls it."""

    FIRST = "first notification"
    FIRING = "new alerts added"
    RESOLVED = "some alerts resolved"
    OVER = "all alerts resolved"
    REPEAT = "repeat interval elapsed"


@dataclass(frozen=True, slots=True)
class Listener:
    """One integration of a receiver, by its position there, and what it was told last of one group."""

    receiver: str
    integration: int
    send_resolved: bool
    last: LoggedNotification | None
    acknowledges: bool = False

    def news(
        self, alerts: Sequence[Alert], *, repeat_interval: float, now: float, attended: frozenset[str] = frozenset()
    ) -> News | None:
        """As Alertmanager decides; None where the listener knows all that already.

        Nothing is repeated where all that fires is `attended`: somebody acknowledged it.

        Who does not hear of resolutions has no news of them, but for the last one: after that all that fires is news.
        """
        firing = {alert.fingerprint for alert in alerts if fires(alert)}
        if self.last is None:
            return News.FIRST if firing else None
        if not firing.issubset(self.last.firing):
            return News.FIRING if self.last.firing else News.FIRST
        if not firing:
            return News.OVER if self.last.firing else None
        resolved = {alert.fingerprint for alert in alerts if not fires(alert)}
        if self.send_resolved and not resolved.issubset(self.last.resolved):
            return News.RESOLVED
        is_due = now - self.last.at > repeat_interval + MOMENT
        return News.REPEAT if is_due and not firing <= attended else None

    def knows(self, alert: Alert) -> bool:
        """Whether the listener takes the alert for one that fires."""
        return self.last is not None and alert.fingerprint in self.last.firing

    def unaware(self, alerts: Sequence[Alert], *, attended: frozenset[str]) -> tuple[Alert, ...]:
        """What it takes for firing, if all that fires is `attended` and it was not told so, of one of them at least."""
        firing = [alert for alert in alerts if fires(alert)]
        if not self.acknowledges or self.last is None or any(alert.fingerprint not in attended for alert in firing):
            return ()
        known = tuple(filter(self.knows, firing))
        return known if any(alert.fingerprint not in self.last.acknowledged for alert in known) else ()

    def hears(self, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
        """Those of the alerts that the listener wants to be told of."""
        return tuple(alert for alert in alerts if self.send_resolved or fires(alert))

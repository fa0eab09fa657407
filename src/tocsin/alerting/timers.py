"""When a group is looked at. The timers need not survive: what listeners were told tells a new evaluator enough."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from tocsin.alerting.groups import Group, began, fires
from tocsin.alerting.listener import Listener
from tocsin.store import Alert

#: How long a group that is over keeps its rhythm, in seconds, so that one that comes and goes tells no more often than
#: one that stays. Alertmanager clears such groups away as often.
LINGER = 30.0


class Timer(NamedTuple):
    """When a group is flushed next, None where it is over; when it was last, and the fingerprints that fired then."""

    due: float | None
    flushed_at: float = -math.inf
    fired: frozenset[str] = frozenset()

    def current(self, group: Group) -> tuple[Alert, ...]:
        """What fires, and what ended since the last flush; nothing in a group that is over."""
        return tuple(alert for alert in group.alerts if fires(alert) or self._is_new_end(alert))

    def idle(self, group: Group, now: float) -> "Timer":
        """The timer of a group that is over."""
        if self.due is None or now - self.flushed_at >= LINGER:
            return self._replace(due=None)
        return self if now < self.due else self._replace(due=next_flush(group, due=self.due, now=now))

    def flush(self, group: Group, alerts: Sequence[Alert], now: float) -> float:
        """When the current alerts are told, which are some: after `group_wait` in a group that was over.

        What began in the future, because the clock was set back since, begins now.
        """
        return min(now, *map(began, alerts)) + group.route.group_wait if self.due is None else self.due

    def flushed(self, group: Group, alerts: Iterable[Alert], *, due: float, now: float) -> "Timer":
        """The timer after the flush at `now` that was due at `due`."""
        fired = frozenset(alert.fingerprint for alert in alerts if fires(alert))
        return Timer(next_flush(group, due=due, now=now), now, fired)

    def _is_new_end(self, alert: Alert) -> bool:
        return alert.resolved_at is not None and (
            alert.resolved_at > self.flushed_at or alert.fingerprint in self.fired
        )


Timers: TypeAlias = Mapping[str, Timer]
"""By the id of the group's place."""


def resumed(group: Group, listeners: Iterable[Listener]) -> Timer:
    """The timer of a group that this evaluator has not seen before.

    One that somebody was told of waits for the rest of `group_interval`, any other for what is left of `group_wait`
    since its first alert began to fire: a change of evaluator neither delays nor hurries anything.
    """
    told = [listener.last for listener in listeners if listener.last is not None]
    flushed_at = max((last.at for last in told), default=-math.inf)
    fired = frozenset(fingerprint for last in told for fingerprint in last.firing)
    return Timer(flushed_at + group.route.group_interval if fired else None, flushed_at, fired)


def next_flush(group: Group, *, due: float, now: float) -> float:
    """The one after the flush at `now` that was due at `due`; a late evaluator does not shift the rhythm."""
    following = due + group.route.group_interval
    return following if following > now else now + group.route.group_interval

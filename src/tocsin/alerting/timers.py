"""When a group is looked at. The timers need not survive: what listeners were told tells a new evaluator enough."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from tocsin.alerting.groups import Group, began
from tocsin.alerting.listener import Listener

Timers: TypeAlias = Mapping[str, float]
"""Group id → unix time of its next flush."""


def first_flush(group: Group, listeners: Iterable[Listener]) -> float | None:
    """When a group without a timer is due; None where nobody has to hear of it.

    A group that somebody was told of waits for the rest of `group_interval`, any other for what is left of
    `group_wait` since its first alert began to fire: a change of evaluator neither delays nor hurries anything.
    """
    told = [each.last.at for each in listeners if each.last is not None and any(map(each.believes, group.alerts))]
    if told:
        return max(told) + group.route.group_interval
    return min((began(alert) + group.route.group_wait for alert in group.firing), default=None)


def next_flush(group: Group, *, due: float, now: float) -> float:
    """The one after the flush at `now` that was due at `due`; a late evaluator does not shift the rhythm."""
    following = due + group.route.group_interval
    return following if following > now else now + group.route.group_interval

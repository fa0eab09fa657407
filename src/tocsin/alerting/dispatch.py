"""The decision what to tell whom, as a pure function of what is known."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tocsin.alerting.config import AlertingConfig
from tocsin.alerting.groups import Group, Grouping, distinct, fires, in_order
from tocsin.alerting.inhibition import Inhibition
from tocsin.alerting.listener import Listener
from tocsin.alerting.muting import Muted
from tocsin.alerting.payload import Mask, compose
from tocsin.alerting.silencing import Silenced, state
from tocsin.alerting.stage import Hold, Stage, held
from tocsin.alerting.timers import Timer, Timers, resumed
from tocsin.notify import encode
from tocsin.store import Alert, HeldAlert, LoggedNotification, OutboxEntry, Silence

Decision: TypeAlias = tuple[OutboxEntry | None, LoggedNotification]
"""What to send, if anything, and what its receiver knows then: written together or not at all."""

Told: TypeAlias = Mapping[tuple[str, str, int], LoggedNotification]
"""What everybody was told last, by `told_key`."""


def told_key(logged: LoggedNotification) -> tuple[str, str, int]:
    """Who was told of which group."""
    return logged.group_key, logged.receiver, logged.integration


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a look at the alerts starts from.

    `alerts` are the store's, where a resolved one has to stay for longer than the longest `group_interval`. `timers`
    are those of the last look, none after a start.
    """

    alerts: Iterable[Alert]
    silences: Sequence[Silence] = ()
    told: Told = field(default_factory=dict)
    timers: Timers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The outcome of one look: the decisions, the firing alerts that are held back, and the timers for the next look.

    Adopt the timers once the others are written.
    """

    decisions: tuple[Decision, ...]
    held: tuple[HeldAlert, ...]
    timers: Timers

    @property
    def next_at(self) -> float | None:
        """When to look again even if nothing changes."""
        return min((timer.due for timer in self.timers.values() if timer.due is not None), default=None)


class Dispatcher:
    """Decides with Alertmanager's semantics, under one configuration.

    Equal calls give equal answers: all that is kept between them is what follows from the labels of an alert alone.
    """

    def __init__(self, config: AlertingConfig, *, mask: Mask = str) -> None:
        self._config = config
        self._mask = mask
        self._grouping = Grouping(config.route)
        self._inhibition = Inhibition(config.inhibit_rules)
        self._silenced = Silenced(())

    def dispatch(self, known: Known, *, now: float) -> Dispatch:
        """One look at all alerts. Its cost grows with the number of alerts."""
        alerts = distinct(known.alerts)
        stages = self._stages(alerts, known.silences, now)
        decisions: list[Decision] = []
        holding: list[HeldAlert] = []
        timers: dict[str, Timer] = {}
        for group in self._grouping.groups(alerts):
            holds = held(group, stages)
            holding += _held_alerts(group, holds)
            timer, due = self._timed(group, known, now)
            timers[group.place.id] = timer
            if due is not None:
                alerts_told = in_order(alert for alert in due if alert.fingerprint not in holds)
                decisions += self._decide(group, alerts_told, known.told, now)
        return Dispatch(tuple(decisions), tuple(holding), timers)

    def _stages(self, alerts: Iterable[Alert], silences: Iterable[Silence], now: float) -> tuple[Stage, ...]:
        """In Alertmanager's order."""
        active = tuple(silence for silence in silences if state(silence, at=now) == "active")
        if active != self._silenced.silences:
            self._silenced = Silenced(active)
        return self._inhibition.stage(alerts), Muted(self._config.time_intervals, at=now), self._silenced

    def _timed(self, group: Group, known: Known, now: float) -> tuple[Timer, tuple[Alert, ...] | None]:
        """The group's next timer, and the alerts to flush if the group is due."""
        timer = known.timers.get(group.place.id) or resumed(group, self._listeners(group, known.told))
        alerts = timer.current(group)
        if not alerts:
            return timer.idle(group, now), None
        due = timer.flush(group, alerts)
        if now < due:
            return timer._replace(due=due), None
        return timer.flushed(group, alerts, due=due, now=now), alerts

    def _listeners(self, group: Group, told: Told) -> list[Listener]:
        name, key = group.route.receiver, group.place.key
        return [
            Listener(name, position, integration.send_resolved, told.get((key, name, position)))
            for position, integration in enumerate(self._config.receiver(name).integrations)
        ]

    def _decide(self, group: Group, alerts: Sequence[Alert], told: Told, now: float) -> Iterator[Decision]:
        for listener in self._listeners(group, told) if alerts else ():
            if listener.news(alerts, repeat_interval=group.route.repeat_interval, now=now) is not None:
                yield self._decision(group, listener, alerts, now)

    def _decision(self, group: Group, listener: Listener, alerts: Sequence[Alert], now: float) -> Decision:
        logged = LoggedNotification(
            group_key=group.place.key,
            receiver=listener.receiver,
            integration=listener.integration,
            at=now,
            firing=tuple(sorted(alert.fingerprint for alert in alerts if fires(alert))),
            resolved=tuple(sorted(alert.fingerprint for alert in alerts if not fires(alert))),
        )
        heard = listener.hears(alerts)
        if not heard:
            return None, logged
        external_url = self._config.external_url
        notification = compose(group, heard, receiver=listener.receiver, external_url=external_url, mask=self._mask)
        entry = OutboxEntry(
            key=_idempotency_key(logged),
            receiver=listener.receiver,
            integration=listener.integration,
            group_key=group.place.key,
            payload=encode(notification),
            created_at=now,
        )
        return entry, logged


def _held_alerts(group: Group, holds: Mapping[str, Sequence[Hold]]) -> Iterator[HeldAlert]:
    if not holds:
        return
    for alert in group.alerts:
        if fires(alert):
            for reason, by in holds.get(alert.fingerprint, ()):
                yield HeldAlert(alert.fingerprint, group.place.key, group.route.receiver, reason, by)


def _idempotency_key(logged: LoggedNotification) -> str:
    """The same decision has the same key, and no other one has."""
    parts = [logged.group_key, logged.receiver, logged.integration, logged.firing, logged.resolved, logged.at]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

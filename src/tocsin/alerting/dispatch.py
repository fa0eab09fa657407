"""The decision what to tell whom, as a pure function of what is known."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from msgspec import structs

from tocsin.alerting.config import AlertingConfig
from tocsin.alerting.escalation import steps, told_since
from tocsin.alerting.groups import Group, Grouping, distinct, fires, in_order
from tocsin.alerting.inhibition import Inhibition
from tocsin.alerting.life import Standings, as_decided, attended
from tocsin.alerting.listener import Listener, News
from tocsin.alerting.maintenance import Maintained
from tocsin.alerting.muting import Muted
from tocsin.alerting.payload import Mask, compose
from tocsin.alerting.silencing import Silenced, state
from tocsin.alerting.stage import Hold, Stage, held
from tocsin.alerting.timers import Timer, Timers, resumed
from tocsin.notify import acknowledges, encode
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
    standings: Standings = field(default_factory=dict)
    told: Told = field(default_factory=dict)
    timers: Timers = field(default_factory=dict)


class Look(NamedTuple):
    """What holds for all groups at one look: what was told, which alerts are acknowledged, by whom, and when it is."""

    told: Told
    attended: frozenset[str]
    standings: Standings
    now: float

    def acknowledged_by(self, alerts: Iterable[Alert]) -> str:
        """Everybody who did, of alerts that all are."""
        return ", ".join(dict.fromkeys(self.standings[alert.fingerprint].actor or "somebody" for alert in alerts))


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
        self._maintained = Maintained(())
        self._steps = {each.name: tuple(steps(config, each.name)) for each in config.receivers}
        kinds = {integration.kind for each in config.receivers for integration in each.integrations}
        self._acknowledging = frozenset(filter(acknowledges, kinds))

    def dispatch(self, known: Known, *, now: float) -> Dispatch:
        """One look at all alerts. Its cost grows with the number of alerts."""
        alerts = self._as_decided(known, now)
        stages = self._stages(alerts, known.silences, now)
        look = Look(known.told, attended(alerts, known.standings, at=now), known.standings, now)
        decisions: list[Decision] = []
        holding: list[HeldAlert] = []
        timers: dict[str, Timer] = {}
        for group in self._grouping.groups(alerts):
            holds = held(group, stages)
            holding += _held_alerts(group, holds)
            timer, due = self._timed(group, known, now)
            timers[group.place.id] = timer
            decided = list(self._decide(group, _told_of(due, holds), look)) if due is not None else []
            if self._steps.get(group.route.receiver):
                decided += self._escalate(group, _told_of(group.alerts, holds), look, flushed=due is not None)
            if self._acknowledging and not look.attended.isdisjoint(alert.fingerprint for alert in group.alerts):
                decided += self._acknowledge(group, _told_of(group.alerts, holds), look, decided)
            decisions += decided
        return Dispatch(tuple(decisions), tuple(holding), timers)

    def _as_decided(self, known: Known, now: float) -> list[Alert]:
        alerts, standings = distinct(known.alerts), known.standings
        if not standings:
            return alerts
        return [as_decided(alert, standings.get(alert.fingerprint), at=now) for alert in alerts]

    def _stages(self, alerts: Iterable[Alert], silences: Iterable[Silence], now: float) -> tuple[Stage, ...]:
        """In Alertmanager's order, with ours at the end."""
        active = tuple(silence for silence in silences if state(silence, at=now) == "active")
        if active != self._silenced.silences:
            self._silenced = Silenced(active)
        windows = tuple(window for window in self._config.maintenance if window.contains(now))
        if windows != self._maintained.windows:
            self._maintained = Maintained(windows)
        muted = Muted(self._config.time_intervals, at=now)
        ours = (self._maintained,) if windows else ()
        return self._inhibition.stage(alerts), muted, self._silenced, *ours

    def _timed(self, group: Group, known: Known, now: float) -> tuple[Timer, tuple[Alert, ...] | None]:
        """The group's next timer, and the alerts to flush if the group is due."""
        timer = known.timers.get(group.place.id) or resumed(
            group, self._listeners(group, group.route.receiver, known.told)
        )
        alerts = timer.current(group)
        if not alerts:
            return timer.idle(group, now), None
        due = timer.flush(group, alerts, now)
        if now < due:
            return timer._replace(due=due), None
        return timer.flushed(group, alerts, due=due, now=now), alerts

    def _listeners(self, group: Group, receiver: str, told: Told) -> list[Listener]:
        key = group.place.key
        return [
            Listener(
                receiver,
                position,
                integration.send_resolved,
                told.get((key, receiver, position)),
                integration.kind in self._acknowledging,
            )
            for position, integration in enumerate(self._config.receiver(receiver).integrations)
        ]

    def _decide(self, group: Group, alerts: Sequence[Alert], look: Look) -> Iterator[Decision]:
        for listener in self._listeners(group, group.route.receiver, look.told) if alerts else ():
            if _news(group, listener, alerts, look) is not None:
                yield self._decision(group, listener, alerts, look)

    def _escalate(self, group: Group, alerts: Sequence[Alert], look: Look, *, flushed: bool) -> Iterator[Decision]:
        """What nobody acknowledged in time is told at once; what follows keeps the rhythm of the group."""
        for step in self._steps[group.route.receiver]:
            since = told_since(listener.last for listener in self._listeners(group, step.source, look.told))
            for listener in self._listeners(group, step.target, look.told):
                heard = step.heard(alerts, listener, since=since, attended=look.attended, now=look.now)
                news = _news(group, listener, heard, look) if heard else None
                if news in {News.FIRST, News.FIRING} or (flushed and news):
                    yield self._decision(group, listener, heard, look)

    def _acknowledge(
        self, group: Group, alerts: Sequence[Alert], look: Look, decided: Iterable[Decision]
    ) -> Iterator[Decision]:
        """Told at once, but for those who are told something else in this look; it leaves the group's rhythm alone."""
        busy = {told_key(logged) for _, logged in decided}
        targets = (step.target for step in self._steps.get(group.route.receiver, ()))
        for receiver in (group.route.receiver, *targets):
            for listener in self._listeners(group, receiver, look.told):
                known = listener.unaware(alerts, attended=look.attended)
                if known and listener.last and told_key(listener.last) not in busy:
                    names = tuple(sorted(alert.fingerprint for alert in known))
                    logged = structs.replace(listener.last, acknowledged=names)
                    yield self._entry(group, known, logged, at=look.now, by=look.acknowledged_by(known)), logged

    def _decision(self, group: Group, listener: Listener, alerts: Sequence[Alert], look: Look) -> Decision:
        now = look.now
        firing = sorted(alert.fingerprint for alert in alerts if fires(alert))
        before = listener.last.since if listener.last else {}
        acknowledged = look.attended.intersection(listener.last.acknowledged if listener.last else ())
        logged = LoggedNotification(
            group_key=group.place.key,
            receiver=listener.receiver,
            integration=listener.integration,
            at=now,
            firing=tuple(firing),
            resolved=tuple(sorted(alert.fingerprint for alert in alerts if not fires(alert))),
            since={name: before.get(name, now) for name in firing} if self._steps[listener.receiver] else {},
            acknowledged=tuple(sorted(acknowledged.intersection(firing))),
        )
        heard = listener.hears(alerts)
        return (self._entry(group, heard, logged, at=now) if heard else None), logged

    def _entry(
        self, group: Group, alerts: Sequence[Alert], logged: LoggedNotification, *, at: float, by: str = ""
    ) -> OutboxEntry:
        notification = compose(
            group,
            alerts,
            receiver=logged.receiver,
            acknowledged_by=by,
            external_url=self._config.external_url,
            mask=self._mask,
        )
        return OutboxEntry(
            key=_idempotency_key(logged),
            receiver=logged.receiver,
            integration=logged.integration,
            group_key=group.place.key,
            payload=encode(notification),
            created_at=at,
        )


def _told_of(alerts: Iterable[Alert], holds: Mapping[str, Sequence[Hold]]) -> tuple[Alert, ...]:
    return in_order(alert for alert in alerts if alert.fingerprint not in holds)


def _news(group: Group, listener: Listener, alerts: Sequence[Alert], look: Look) -> News | None:
    return listener.news(alerts, repeat_interval=group.route.repeat_interval, now=look.now, attended=look.attended)


def _held_alerts(group: Group, holds: Mapping[str, Sequence[Hold]]) -> Iterator[HeldAlert]:
    if not holds:
        return
    for alert in group.alerts:
        if fires(alert):
            for reason, by in holds.get(alert.fingerprint, ()):
                yield HeldAlert(alert.fingerprint, group.place.key, group.route.receiver, reason, by)


def _idempotency_key(logged: LoggedNotification) -> str:
    """The same decision has the same key, and no other one has."""
    told = logged.firing, logged.resolved, logged.acknowledged
    parts = [logged.group_key, logged.receiver, logged.integration, *told, logged.at]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

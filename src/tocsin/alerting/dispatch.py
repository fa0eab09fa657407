"""The decision what to tell whom, as a pure function of what is known."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tocsin.alerting.config import AlertingConfig
from tocsin.alerting.groups import Group, fires, groups
from tocsin.alerting.listener import Listener
from tocsin.alerting.payload import compose
from tocsin.alerting.timers import Timers, first_flush, next_flush
from tocsin.notify import encode
from tocsin.store import Alert, LoggedNotification, OutboxEntry

Decision: TypeAlias = tuple[OutboxEntry, LoggedNotification]
"""What to send, and what its receiver knows then: written together or not at all."""

Told: TypeAlias = dict[tuple[str, str, int], LoggedNotification]
"""Group key, receiver and integration → what it was told last."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The decisions of one look at the alerts, and the timers for the next; adopt these once the others are written."""

    decisions: tuple[Decision, ...]
    timers: Timers

    @property
    def next_at(self) -> float | None:
        """When to look again even if no alert changes."""
        return min(self.timers.values(), default=None)


def dispatch(
    alerts: Iterable[Alert], *, config: AlertingConfig, log: Iterable[LoggedNotification], timers: Timers, now: float
) -> Dispatch:
    """Decide with Alertmanager's semantics of group_wait, group_interval, repeat_interval and send_resolved.

    `alerts` are the store's, where a resolved one has to stay for longer than the longest `group_interval`. `timers`
    are those of the last look, none after a start. Unlike with Alertmanager, nobody hears of the resolution of an
    alert that he was never told of.
    """
    told = {(entry.group_key, entry.receiver, entry.integration): entry for entry in log}
    decisions: list[Decision] = []
    following: dict[str, float] = {}
    for group in groups(alerts, config.route):
        listeners = _listeners(group, config, told)
        due = timers[group.id] if group.id in timers else first_flush(group, listeners)
        if due is None:
            continue
        if now < due:
            following[group.id] = due
            continue
        decisions += _decide(group, listeners, config.external_url, now)
        if group.firing:
            following[group.id] = next_flush(group, due=due, now=now)
    return Dispatch(tuple(decisions), following)


def _listeners(group: Group, config: AlertingConfig, told: Told) -> list[Listener]:
    name = group.route.receiver
    return [
        Listener(name, position, integration.send_resolved, told.get((group.key, name, position)))
        for position, integration in enumerate(config.receiver(name).integrations)
    ]


def _decide(group: Group, listeners: Iterable[Listener], external_url: str, now: float) -> Iterator[Decision]:
    for listener in listeners:
        news = listener.news(group, now=now)
        if news:
            yield _decision(group, listener, news, external_url, now)


def _decision(group: Group, listener: Listener, news: Sequence[Alert], external_url: str, now: float) -> Decision:
    logged = LoggedNotification(
        group_key=group.key,
        receiver=listener.receiver,
        integration=listener.integration,
        at=now,
        firing=tuple(sorted(alert.fingerprint for alert in news if fires(alert))),
        resolved=tuple(sorted(alert.fingerprint for alert in news if not fires(alert))),
    )
    entry = OutboxEntry(
        key=_idempotency_key(logged),
        receiver=listener.receiver,
        integration=listener.integration,
        group_key=group.key,
        payload=encode(compose(group, news, receiver=listener.receiver, external_url=external_url)),
        created_at=now,
    )
    return entry, logged


def _idempotency_key(logged: LoggedNotification) -> str:
    """The same decision has the same key, and no other one has."""
    parts = [logged.group_key, logged.receiver, logged.integration, logged.firing, logged.resolved, logged.at]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

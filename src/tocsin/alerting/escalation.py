"""Alerts that nobody acknowledges go on to the next receiver."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from tocsin.alerting.config import AlertingConfig
from tocsin.alerting.groups import fires
from tocsin.alerting.listener import Listener
from tocsin.store import Alert, LoggedNotification
from tocsin.syntax.durations import format_duration


@dataclass(frozen=True, slots=True)
class Step:
    """From `source` to `target`, `after` so many seconds in which an alert that was told was not acknowledged."""

    source: str
    target: str
    after: float

    def heard(
        self,
        alerts: Iterable[Alert],
        listener: Listener,
        *,
        since: Mapping[str, float],
        attended: frozenset[str],
        now: float,
    ) -> Sequence[Alert]:
        """What a listener of the target is concerned with: what is due, and what it was told of before.

        `since` is when the source was told of each alert that it knows to fire, by fingerprint.
        """

        def is_due(alert: Alert) -> bool:
            name = alert.fingerprint
            return fires(alert) and name not in attended and name in since and now - since[name] >= self.after

        return [self._marked(alert) for alert in alerts if listener.knows(alert) or is_due(alert)]

    def _marked(self, alert: Alert) -> Alert:
        said = f"{self.source} has not acknowledged this within {format_duration(self.after)}"
        return structs.replace(alert, annotations={**alert.annotations, "escalated": said})


def steps(config: AlertingConfig, receiver: str) -> Iterator[Step]:
    """From a receiver to the next, from that to the one after it, and so on; none twice."""
    seen = {receiver}
    while (escalation := config.receiver(receiver).terms.escalation) and escalation.to not in seen:
        yield Step(receiver, escalation.to, escalation.after)
        seen.add(receiver := escalation.to)


def told_since(logs: Iterable[LoggedNotification | None]) -> dict[str, float]:
    """When a receiver was told first of each alert that it knows to fire, in whichever of its ways."""
    found: dict[str, float] = {}
    for log in logs:
        for fingerprint, at in (log.since if log else {}).items():
            found[fingerprint] = min(at, found.get(fingerprint, at))
    return found

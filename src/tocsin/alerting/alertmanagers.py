"""Alerts pushed to real Alertmanagers, which route them instead of Tocsin, as Prometheus does it."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import NamedTuple

import msgspec

from tocsin.alerting.groups import began, distinct, fires
from tocsin.alerting.lane import Lane
from tocsin.alerting.life import Standings, as_decided
from tocsin.alerting.payload import Mask
from tocsin.notices import Notices, notices
from tocsin.notify import DeliveryError, HttpOptions
from tocsin.notify.transport.http import Endpoint
from tocsin.notify.transport.target import Target
from tocsin.store import Alert

#: An alert is sent again after so many seconds, even if nothing changed.
RESEND = 60.0
#: An alert that fires and is not sent again is over after so many times the pause between two sendings.
MISSED = 4
#: Alerts in one request.
BATCH = 256
#: Seconds until an Alertmanager that did not answer is asked again.
RETRY = 5.0
PATH = "/api/v2/alerts"


class Posted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An alert as Alertmanager's API takes it."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime
    ends_at: datetime
    generator_url: str = msgspec.field(name="generatorURL", default="")


class Sending(NamedTuple):
    """The last time that an Alertmanager was sent an alert, and whether it fired then."""

    at: float
    firing: bool


def is_due(alert: Alert, last: Sending | None, *, now: float) -> bool:
    """Whether to send an alert that fires or is resolved: when it changed, and every `RESEND` seconds.

    What an Alertmanager was never told of need not be told to be over.
    """
    if last is None:
        return fires(alert)
    return last.firing is not fires(alert) or not 0 <= now - last.at < RESEND


def posted(alert: Alert, *, now: float, interval: float, external_url: str = "", mask: Mask = str) -> Posted:
    """While it fires it ends in the future, so that it is over where nobody says again that it is not."""
    ends_at = now + MISSED * max(RESEND, interval) if alert.resolved_at is None else alert.resolved_at
    return Posted(
        labels={name: mask(text) for name, text in alert.labels.items()},
        annotations={name: mask(text) for name, text in alert.annotations.items()},
        starts_at=_utc(min(began(alert), ends_at)),
        ends_at=_utc(ends_at),
        generator_url=external_url,
    )


class Alertmanagers:
    """Tells each of them everything, as a cluster of them wants it: any that is up has it, none waits for another.

    `interval` is how many seconds pass between two calls of `tell`. What an Alertmanager missed it gets once it is
    back, resolutions as long as the alerts are there.

    Raises:
        ValueError: one of the URLs is none.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        interval: float,
        external_url: str = "",
        mask: Mask = str,
        options: HttpOptions | None = None,
        clock: Callable[[], float] = time.time,
        notices: Notices = notices,
    ) -> None:
        def make(alert: Alert, now: float) -> Posted:
            return posted(alert, now=now, interval=interval, external_url=external_url, mask=mask)

        self._peers = [Peer(url, make, options=options or HttpOptions(), clock=clock, notices=notices) for url in urls]
        self._lanes = [Lane(f"alertmanager {number}", peer.push) for number, peer in enumerate(self._peers)]

    def tell(self, alerts: Iterable[Alert], standings: Standings, *, now: float) -> None:
        """Send what is due, in the background. `alerts` are the store's, `standings` what people decided of them."""
        there = [as_decided(alert, standings.get(alert.fingerprint), at=now) for alert in distinct(alerts)]
        for peer, lane in zip(self._peers, self._lanes, strict=True):
            peer.alerts = there
            lane.wake()

    def stop(self, *, timeout: float) -> None:
        """Give requests under way `timeout` seconds in total."""
        deadline = time.monotonic() + timeout
        for lane in self._lanes:
            lane.stop()
        for lane in self._lanes:
            lane.join(max(0.0, deadline - time.monotonic()))


class Peer:
    """One Alertmanager, and what it was told."""

    def __init__(
        self,
        url: str,
        make: Callable[[Alert, float], Posted],
        *,
        options: HttpOptions,
        clock: Callable[[], float],
        notices: Notices,
    ) -> None:
        self.alerts: Sequence[Alert] = ()
        self._host = Target.parse(url).host
        self._endpoint = Endpoint(url, options)
        self._make = make
        self._clock = clock
        self._notices = notices
        self._sent: Mapping[str, Sending] = {}

    def push(self) -> float | None:
        """Send what is due; how long to pause before the rest is tried again, None where there is none."""
        alerts, now = self.alerts, self._clock()
        sent = {alert.fingerprint: self._sent[alert.fingerprint] for alert in alerts if alert.fingerprint in self._sent}
        try:
            for batch in _batches([alert for alert in alerts if is_due(alert, sent.get(alert.fingerprint), now=now)]):
                self._post(batch, now)
                sent |= {alert.fingerprint: Sending(now, fires(alert)) for alert in batch}
        except DeliveryError as error:
            said = f"Alertmanager {self._host} is not told of alerts: {error}. Tocsin keeps trying."
            self._notices.say(said, once=said)
            return RETRY
        finally:
            self._sent = sent
        return None

    def _post(self, batch: Sequence[Alert], now: float) -> None:
        """What is refused for good is not tried again until it changes or is due anyway."""
        try:
            self._endpoint.post(msgspec.json.encode([self._make(alert, now) for alert in batch]), path=PATH)
        except DeliveryError as error:
            if error.recoverable:
                raise
            said = f"Alertmanager {self._host} refuses alerts: {error}"
            self._notices.say(said, once=said)


def _batches(alerts: Sequence[Alert]) -> Iterator[Sequence[Alert]]:
    for first in range(0, len(alerts), BATCH):
        yield alerts[first : first + BATCH]


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, tz=timezone.utc)

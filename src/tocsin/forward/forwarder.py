"""From the store's samples to a tracker, each of them once, whichever process does it."""

import time
from collections.abc import Callable
from typing import Protocol

from tocsin.errors import InApp
from tocsin.forward.sentry_event import event_of
from tocsin.notices import notices
from tocsin.notify.delivery import DeliveryError
from tocsin.store import Store, StoreError
from tocsin.ticker import Ticker

#: Between two looks at the store.
INTERVAL = 2.0
#: Events of one look.
BATCH = 100
#: Between two attempts while the tracker does not answer; it may ask for longer.
PATIENCE = 30.0
#: Where the forwarder's place in the samples is kept.
CURSOR = "sentry"


class Tracker(Protocol):
    """Takes events."""

    def send(self, event: dict[str, object]) -> None:
        """Return when it has been taken; raises `DeliveryError`."""


class Forwarder:
    """Sends every sampled occurrence in order and at least once, on a thread of its own.

    How far it came is in the store, so that the next evaluator carries on. What came before it was switched on stays
    where it is. An event that the tracker refuses for good is said and passed over; while it cannot be reached, events
    wait in the store, as long as this keeps them.
    """

    def __init__(
        self, store: Store, tracker: Tracker, *, in_app: InApp, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._tracker = tracker
        self._in_app = in_app
        self._clock = clock
        self._not_before = 0.0
        self._ticker = Ticker("forwarder", self.step, interval=INTERVAL)

    def start(self) -> None:
        """Begin; calls after the first do nothing."""
        self._ticker.start()

    def stop(self, *, timeout: float) -> None:
        """End, after the event that is on its way."""
        self._ticker.stop(timeout)

    def step(self) -> None:
        """Send what is new."""
        if self._clock() < self._not_before:
            return
        try:
            self._send()
        except StoreError as error:
            notices.say(f"issues are not forwarded: {error}", once="forwarder")
        except DeliveryError as error:
            self._not_before = self._clock() + (error.retry_after or PATIENCE)
            notices.say(f"issues are not forwarded to Sentry, they wait: {error}", once="forwarder")

    def _send(self) -> None:
        issues = self._store.issues
        for sample_id, issue, occurrence in issues.samples_after(issues.position(CURSOR), limit=BATCH):
            event = event_of(issue, occurrence, in_app=self._in_app, key=f"{self._store.path}#{sample_id}")
            self._try(event)
            issues.advance(CURSOR, sample_id)

    def _try(self, event: dict[str, object]) -> None:
        try:
            self._tracker.send(event)
        except DeliveryError as error:
            if error.recoverable:
                raise
            notices.say(f"Sentry refuses an event, it is left out: {error}", once="refused event")

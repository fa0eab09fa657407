"""A receiver that is down is left alone for a while, so that its troubles do not become anybody else's."""

import math
from typing import NamedTuple

from tocsin.alerting.retry import LONGEST_RETRY_AFTER, wait
from tocsin.notify import DeliveryError

#: So many failures in a row say that it is the receiver, and not the notification.
FAILURES = 3


class Breaker(NamedTuple):
    """Of one integration: failures in a row, and the unix time until which nothing is tried."""

    failures: int = 0
    open_until: float = -math.inf

    def is_open(self, now: float) -> bool:
        """Whether to leave the receiver alone. One that was opened in the future, by another clock, is not open."""
        return now < self.open_until <= now + LONGEST_RETRY_AFTER

    def after(self, failure: DeliveryError | None, *, now: float, jitter: float) -> "Breaker":
        """After an attempt. Who refuses a notification for good is there, and who says when to come again is obeyed."""
        if failure is None or not failure.recoverable:
            return Breaker()
        failures = self.failures + 1
        rest = wait(failures - FAILURES, jitter=jitter) if failures >= FAILURES else 0.0
        asked = min(failure.retry_after or 0.0, LONGEST_RETRY_AFTER)
        return Breaker(failures, now + max(rest, asked))

"""A receiver that keeps what it gets."""

from collections.abc import Iterable
from typing import NamedTuple

from tocsin.notify import DeliveryError, Notification
from tocsin.notify.wording.message import title


class Delivery(NamedTuple):
    """A notification that was taken, and the key it came with."""

    key: str
    notification: Notification


class MemoryReceiver:
    """Takes every notification, after it has failed with each of `failures` in turn; `delivered` is in order."""

    def __init__(self, *, failures: Iterable[DeliveryError] = ()) -> None:
        self._failures = list(failures)
        self.delivered: list[Delivery] = []

    def deliver(self, notification: Notification, *, key: str) -> None:
        """Keep it, or fail; see `Receiver`."""
        if self._failures:
            raise self._failures.pop(0)
        self.delivered.append(Delivery(key, notification))

    def preview(self, notification: Notification) -> str:
        return title(notification)

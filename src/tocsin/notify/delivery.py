"""What every receiver is: something that takes a notification, or says why it could not."""

from typing import ClassVar, Protocol, runtime_checkable

from tocsin.notify.notification import Notification


class DeliveryError(Exception):
    """The receiver did not take the notification.

    `recoverable` says whether trying again makes sense, `retry_after` the seconds the other side asked to wait.
    The message is for people and contains no secret, in particular no URL beyond its host.
    """

    def __init__(self, message: str, *, recoverable: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.recoverable = recoverable
        self.retry_after = retry_after


class Receiver(Protocol):
    """Delivers notifications; called by one thread at a time. Its keyword arguments are its settings."""

    def deliver(self, notification: Notification, *, key: str) -> None:
        """Return when the notification has been taken; it may come again with the same `key`, and only then.

        Raises:
            DeliveryError: it has not been taken.
        """

    def preview(self, notification: Notification) -> str:
        """What `deliver` would send, for a person to read and without secrets. Nothing is sent."""


@runtime_checkable
class Selective(Protocol):
    """A receiver that has no use for some notifications: these are not counted as sent."""

    def wants(self, notification: Notification) -> bool:
        """Whether `deliver` would send it."""


class Acknowledging(Protocol):
    """A receiver that is also told, with the status `acknowledged`, that somebody looks after all that it knows of."""

    acknowledges: ClassVar[bool] = True

"""Sentry: an event for each notification, through a client of our own."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from tocsin.notify.notification import Notification, dedup_key
from tocsin.notify.receivers.http_receiver import HttpReceiver, readable
from tocsin.notify.secret import Secret
from tocsin.notify.transport.sentry_client import SentryClient
from tocsin.notify.wording.layout import body
from tocsin.notify.wording.markup import PLAIN
from tocsin.notify.wording.message import message

#: Sentry cuts a message there.
TEXT_LENGTH = 8000
#: Sentry refuses longer names and values of tags.
_TAG_NAME, _TAG_VALUE = 32, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentry(HttpReceiver):
    """Sends each notification as an event; those of one group are one issue there. Needs the extra `sentry`.

    The client is ours alone: the application's Sentry, its scopes and its integrations see nothing of it.
    """

    dsn: Secret = field(repr=False)
    environment: str = ""

    def __post_init__(self) -> None:
        SentryClient(self.dsn)

    def deliver(self, notification: Notification, *, key: str) -> None:
        """Hand it to Sentry; see `Receiver`. An event that comes twice has one id."""
        SentryClient(self.dsn, environment=self.environment, options=self.http).send(self.event(notification, key))

    def preview(self, notification: Notification) -> str:
        return readable(self.event(notification, "0" * 32))

    def event(self, notification: Notification, key: str) -> dict[str, Any]:
        """See https://develop.sentry.dev/sdk/data-model/event-payloads/."""
        told = message(notification)
        tags = {name[:_TAG_NAME]: value[:_TAG_VALUE] for name, value in notification.common_labels.items()}
        return {
            "event_id": hashlib.sha256(key.encode()).hexdigest()[:32],
            "level": told.severity.sentry if told.firing else "info",
            "logger": "tocsin.alerts",
            "message": {"formatted": told.title},
            "fingerprint": ["tocsin", dedup_key(notification)],
            "tags": tags | {"alert.status": notification.status, "alert.receiver": notification.receiver},
            "extra": {
                "alerts": body(told, PLAIN, limit=TEXT_LENGTH),
                "links": {link.name: link.url for item in told.items[:1] for link in item.links},
            },
        }

"""Alertmanager's webhook: the notification itself, as JSON."""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from tocsin.notify.notification import Notification, encode
from tocsin.notify.receivers.http_receiver import HttpReceiver, readable
from tocsin.notify.secret import Secret, reveal

SIGNATURE = "X-Tocsin-Signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook(HttpReceiver):
    """Posts each notification to a URL, with the header `Idempotency-Key`.

    With `max_alerts` > 0 only that many alerts are sent; `truncatedAlerts` says how many were left out. With an
    `hmac_secret` the header `X-Tocsin-Signature` is `t=UNIX_TIME,v1=HEX`, where HEX is the HMAC-SHA256 of
    `UNIX_TIME.BODY`: who checks it knows that the body is ours, and how old it is.
    """

    url: Secret = field(repr=False)
    max_alerts: int = 0
    hmac_secret: Secret = field(default="", repr=False)
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self.endpoint(self.url)

    def deliver(self, notification: Notification, *, key: str) -> None:
        """Hand it to the server; see `Receiver`."""
        body = encode(_truncate(notification, self.max_alerts))
        self.endpoint(self.url).post(body, headers={"Idempotency-Key": key} | self._signature(body))

    def preview(self, notification: Notification) -> str:
        return readable(_truncate(notification, self.max_alerts))

    def _signature(self, body: bytes) -> dict[str, str]:
        if not self.hmac_secret:
            return {}
        return {SIGNATURE: sign(body, secret=reveal(self.hmac_secret), at=int(self.clock()))}


def sign(body: bytes, *, secret: str, at: int) -> str:
    """The value of the header, at a unix time."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


def _truncate(notification: Notification, limit: int) -> Notification:
    excess = len(notification.alerts) - limit
    if limit <= 0 or excess <= 0:
        return notification
    return msgspec.structs.replace(notification, alerts=notification.alerts[:limit], truncated_alerts=excess)

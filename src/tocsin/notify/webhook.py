"""Alertmanager's webhook: the notification itself, as JSON."""

import msgspec

from tocsin.notify.http import TIMEOUT, Endpoint
from tocsin.notify.notification import Notification, encode
from tocsin.notify.secret import Authorization, Secret


class Webhook:
    """Posts each notification to a URL, with the header `Idempotency-Key`.

    With `max_alerts` > 0 only that many alerts are sent; `truncatedAlerts` says how many were left out.
    """

    def __init__(
        self,
        *,
        url: Secret,
        max_alerts: int = 0,
        timeout: float = TIMEOUT,
        authorization: Authorization | None = None,
    ) -> None:
        self._endpoint = Endpoint(url, timeout=timeout, authorization=authorization)
        self._max_alerts = max_alerts

    def deliver(self, notification: Notification, *, key: str) -> None:
        """Hand it to the server; see `Receiver`."""
        body = encode(_truncate(notification, self._max_alerts))
        self._endpoint.post(body, headers={"Idempotency-Key": key})


def _truncate(notification: Notification, limit: int) -> Notification:
    excess = len(notification.alerts) - limit
    if limit <= 0 or excess <= 0:
        return notification
    return msgspec.structs.replace(notification, alerts=notification.alerts[:limit], truncated_alerts=excess)

"""What a receiver is told: Alertmanager's webhook payload, version "4", and the only form a notification ever has."""

import hashlib
from datetime import datetime, timezone

import msgspec

#: How Go writes a time that is not set; `endsAt` of an alert that fires.
UNSET = datetime(1, 1, 1, tzinfo=timezone.utc)


class NotifiedAlert(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`status` is `firing` or `resolved`; `ends_at` is `UNSET` while firing; times are in UTC."""

    status: str
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime
    ends_at: datetime = UNSET
    generator_url: str = msgspec.field(name="generatorURL", default="")
    fingerprint: str

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "alert")

    @property
    def summary(self) -> str:
        """What the rule's author wrote for people: `summary`, else `description`, else nothing."""
        return self.annotations.get("summary") or self.annotations.get("description", "")


class Notification(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One group of alerts, as `decode` reads it and `encode` writes it; `status` is `firing` if any alert fires.

    With the status `acknowledged`, which only `Acknowledging` receivers get, it says who has.
    """

    receiver: str
    status: str
    alerts: tuple[NotifiedAlert, ...]
    group_labels: dict[str, str]
    common_labels: dict[str, str]
    common_annotations: dict[str, str]
    external_url: str = msgspec.field(name="externalURL", default="")
    version: str = "4"
    group_key: str
    truncated_alerts: int = 0
    acknowledged_by: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def firing(self) -> tuple[NotifiedAlert, ...]:
        return tuple(alert for alert in self.alerts if alert.status == "firing")

    @property
    def resolved(self) -> tuple[NotifiedAlert, ...]:
        return tuple(alert for alert in self.alerts if alert.status == "resolved")


def encode(notification: Notification) -> bytes:
    """JSON, on one line."""
    return msgspec.json.encode(notification)


def decode(payload: bytes) -> Notification:
    """The reverse of `encode`; keys that newer versions may add are ignored.

    Raises:
        ValueError: the payload is not a notification.
    """
    try:
        return msgspec.json.decode(payload, type=Notification)
    except msgspec.DecodeError as error:  # a ValueError in newer releases only
        raise ValueError(str(error)) from error


def dedup_key(notification: Notification) -> str:
    """One a group, whatever happens to its alerts; Alertmanager's, so that either can end what the other began."""
    return hashlib.sha256(notification.group_key.encode()).hexdigest()

"""Notifications as log records, for whatever already collects an application's logs."""

import logging
from dataclasses import dataclass
from typing import Any

import msgspec

from tocsin.notify.notification import Notification, NotifiedAlert
from tocsin.notify.receivers.http_receiver import readable
from tocsin.notify.severity import severity_of
from tocsin.notify.wording.message import message

LOGGER = "tocsin.alerts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One record an alert with the logger `tocsin.alerts`: at the level of its severity, at INFO when it is resolved.

    The record has `alert_status`, `alert_severity`, `alert_labels`, `alert_annotations`, `alert_starts_at`,
    `alert_ends_at`, `alert_fingerprint`, `alert_receiver`, `alert_group_key` and `alert_key` as attributes. Tocsin
    makes no issue of these records, whatever their level.
    """

    logger: str = LOGGER

    def __post_init__(self) -> None:
        if not f"{self.logger}.".startswith("tocsin."):
            raise ValueError(
                f"logger is {self.logger!r}, use tocsin or one below: others become issues that alert again"
            )

    def deliver(self, notification: Notification, *, key: str) -> None:
        """Log it; see `Receiver`. What handlers do with it is theirs."""
        logger = logging.getLogger(self.logger)
        for alert in notification.alerts:
            text = f"{alert.status.upper()} {alert.name}: {alert.summary}".removesuffix(": ")
            logger.log(
                _level(alert), "%s", " ".join(text.split()), extra=_attributes(alert, notification) | {"alert_key": key}
            )

    def preview(self, notification: Notification) -> str:
        records = [
            {"level": logging.getLevelName(_level(alert)), "logger": self.logger} | _attributes(alert, notification)
            for alert in notification.alerts
        ]
        return f"{message(notification).title}\n{readable(records)}"


def _level(alert: NotifiedAlert) -> int:
    return severity_of(alert.labels).log_level if alert.status == "firing" else logging.INFO


def _attributes(alert: NotifiedAlert, notification: Notification) -> dict[str, Any]:
    told = {f"alert_{name}": value for name, value in msgspec.to_builtins(alert, str_keys=True).items()}
    names = {"alert_startsAt": "alert_starts_at", "alert_endsAt": "alert_ends_at", "alert_generatorURL": "alert_url"}
    return {names.get(name, name): value for name, value in told.items()} | {
        "alert_severity": severity_of(alert.labels).name,
        "alert_receiver": notification.receiver,
        "alert_group_key": notification.group_key,
    }

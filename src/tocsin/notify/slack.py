"""Slack's incoming webhooks: one attachment a notification, readable at a glance."""

from datetime import datetime
from typing import Any

import msgspec

from tocsin.notify.http import TIMEOUT, Endpoint
from tocsin.notify.notification import Notification, NotifiedAlert
from tocsin.notify.secret import Secret

#: Alerts shown in a message, those that fire before the others.
SHOWN = 10
#: Characters of a text that are shown; Slack refuses a message of some ten thousand.
FIELD_LENGTH = 500


class Slack:
    """Posts each notification to an incoming webhook; `channel` and the like override the webhook's own."""

    def __init__(
        self, *, api_url: Secret, channel: str = "", username: str = "", icon_emoji: str = "", timeout: float = TIMEOUT
    ) -> None:
        self._endpoint = Endpoint(api_url, timeout=timeout)
        self._overrides = {"channel": channel, "username": username, "icon_emoji": icon_emoji}

    def deliver(self, notification: Notification, *, key: str) -> None:  # noqa: ARG002  Slack knows no such key
        """Hand it to Slack; see `Receiver`."""
        overrides = {name: value for name, value in self._overrides.items() if value}
        self._endpoint.post(msgspec.json.encode(overrides | {"attachments": [attachment(notification)]}))


def attachment(notification: Notification) -> dict[str, Any]:
    """Alertmanager's title and colours, then a field for each of `SHOWN` alerts."""
    head = title(notification)
    shown = (*notification.firing, *notification.resolved)[:SHOWN]
    fields = [{"title": _heading(alert), "value": _body(alert), "short": False} for alert in shown]
    left_out = len(notification.alerts) - len(shown) + notification.truncated_alerts
    footer = {"footer": f"{left_out} more alerts"} if left_out else {}
    return footer | {
        "fallback": head,
        "title": head,
        "title_link": notification.external_url,
        "color": "danger" if notification.status == "firing" else "good",
        "fields": fields,
        "mrkdwn_in": ["fields"],
    }


def title(notification: Notification) -> str:
    """`[FIRING:2] HighLatency shop (severity=critical)`: the group's labels, then what its alerts have in common."""
    status = notification.status.upper()
    count = f":{len(notification.firing)}" if notification.firing else ""
    group = notification.group_labels
    common = [f"{name}={value}" for name, value in notification.common_labels.items() if name not in group]
    parts = [f"[{status}{count}]", *group.values(), f"({', '.join(common)})" if common else ""]
    return escape(" ".join(part for part in parts if part))


def escape(text: str) -> str:
    """The three characters with which Slack begins markup, links and mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _heading(alert: NotifiedAlert) -> str:
    mark = "🔥" if alert.status == "firing" else "✅"
    return escape(f"{mark} {alert.summary or alert.name}"[:FIELD_LENGTH])


def _body(alert: NotifiedAlert) -> str:
    details = {
        "severity": alert.labels.get("severity", ""),
        "value": alert.annotations.get("value", ""),
        "since": _moment(alert.starts_at),
        "until": _moment(alert.ends_at) if alert.status == "resolved" else "",
    }
    return "\n".join(f"*{name}:* {escape(value[:FIELD_LENGTH])}" for name, value in details.items() if value)


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")

"""PagerDuty's Events API v2: an incident a group of alerts, which ends with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from tocsin.notify.notification import Notification, dedup_key
from tocsin.notify.receivers.http_receiver import HttpReceiver, given, readable
from tocsin.notify.secret import Secret, reveal
from tocsin.notify.wording.layout import body
from tocsin.notify.wording.markup import PLAIN
from tocsin.notify.wording.message import Message, message
from tocsin.notify.wording.templates import Wording

EVENTS = "https://events.pagerduty.com/v2/enqueue"
#: What a notification's status asks PagerDuty to do.
ACTIONS = {"firing": "trigger", "acknowledged": "acknowledge", "resolved": "resolve"}
#: PagerDuty cuts a summary there, and refuses a larger event.
SUMMARY_LENGTH = 1024
EVENT_SIZE = 512 * 1024
DETAILS_LENGTH = 8000
_SEVERITIES = {"critical", "error", "warning", "info"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDuty(HttpReceiver):
    """Triggers, acknowledges and resolves incidents; the deduplication key comes from the group's key.

    The settings are those of Alertmanager's `pagerduty_configs`. Without `severity`, ours becomes PagerDuty's.
    """

    acknowledges: ClassVar[bool] = True

    routing_key: Secret = field(repr=False)
    url: str = EVENTS
    client: str = ""
    client_url: str = ""
    description: str = ""
    severity: str = ""
    source: str = ""
    component: str = ""
    group: str = ""
    class_: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    images: tuple[Mapping[str, Any], ...] = ()
    links: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        self.endpoint(self.url)

    def deliver(self, notification: Notification, *, key: str) -> None:  # noqa: ARG002  the incident's key deduplicates
        """Hand it to PagerDuty; see `Receiver`."""
        routing_key = self.wording(notification).exactly(reveal(self.routing_key))
        self.endpoint(self.url).post(_fitting({"routing_key": routing_key} | self.payload(notification)))

    def preview(self, notification: Notification) -> str:
        return readable({"routing_key": "…"} | self.payload(notification))

    def payload(self, notification: Notification) -> dict[str, Any]:
        """The event without the key; see https://developer.pagerduty.com/docs/send-alert-event."""
        say, told = self.wording(notification), message(notification)
        client = say.text(self.client, "pagerduty.default.client") or "Tocsin"
        event = {
            "event_action": ACTIONS[notification.status],
            "dedup_key": dedup_key(notification),
            "client": client,
            "client_url": say.text(self.client_url, "pagerduty.default.clientURL") or told.url,
            "payload": self._details(notification, told, say)
            | {"source": say.text(self.source) or _source(notification, client)},
            "links": [say.texts(link) for link in self.links] or _links(told),
            "images": [say.texts(image) for image in self.images],
        }
        return given(event)

    def _details(self, notification: Notification, told: Message, say: Wording) -> dict[str, Any]:
        summary = say.text(self.description, "pagerduty.default.description") or told.title
        severity = say.text(self.severity).lower()
        details = {
            "summary": summary[:SUMMARY_LENGTH],
            "severity": severity if severity in _SEVERITIES else told.severity.pagerduty,
            "timestamp": min(alert.starts_at for alert in notification.alerts) if notification.alerts else None,
            "component": say.text(self.component),
            "group": say.text(self.group),
            "class": say.text(self.class_),
            "custom_details": _counts(notification)
            | {"alerts": body(told, PLAIN, limit=DETAILS_LENGTH)}
            | say.texts(self.details),
        }
        return given(details)


def _counts(notification: Notification) -> dict[str, str]:
    return {"num_firing": str(len(notification.firing)), "num_resolved": str(len(notification.resolved))}


def _source(notification: Notification, client: str) -> str:
    """What is affected, as well as the alerts say it."""
    labels = notification.common_labels
    return next((labels[name] for name in ("instance", "host_name", "service_name", "job") if name in labels), client)


def _links(told: Message) -> list[dict[str, str]]:
    links = dict.fromkeys([*told.links, *(link for item in told.items for link in item.links)])
    return [{"href": link.url, "text": link.name} for link in links]


def _fitting(event: dict[str, Any]) -> bytes:
    """The event, without its details where it would be refused for its size."""
    encoded = msgspec.json.encode(event)
    if len(encoded) <= EVENT_SIZE:
        return encoded
    note = {"error": "the details were too large for PagerDuty and left out"}
    return msgspec.json.encode(event | {"payload": event["payload"] | {"custom_details": note}})

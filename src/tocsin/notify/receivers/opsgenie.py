"""Opsgenie's alert API: an alert there for each group here, closed with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from tocsin.notify.notification import Notification, dedup_key
from tocsin.notify.receivers.http_receiver import HttpReceiver, given, readable
from tocsin.notify.secret import Authorization, Secret
from tocsin.notify.wording.layout import body
from tocsin.notify.wording.markup import PLAIN
from tocsin.notify.wording.message import message
from tocsin.notify.wording.templates import Wording

API = "https://api.opsgenie.com/"
#: What Opsgenie accepts, in characters.
MESSAGE_LENGTH = 130
DESCRIPTION_LENGTH = 15_000
USER_LENGTH = 100
_PRIORITIES = {"P1", "P2", "P3", "P4", "P5"}
_ENDING = {"resolved": "close", "acknowledged": "acknowledge"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opsgenie(HttpReceiver):
    """Creates, acknowledges and closes alerts by their alias. The settings are those of `opsgenie_configs`.

    With `update_alerts` the text of an alert that is there already follows ours.
    """

    acknowledges: ClassVar[bool] = True

    api_key: Secret = field(repr=False)
    api_url: str = API
    message: str = ""
    description: str = ""
    source: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    responders: tuple[Mapping[str, Any], ...] = ()
    tags: str = ""
    note: str = ""
    priority: str = ""
    entity: str = ""
    actions: str = ""
    update_alerts: bool = False

    def __post_init__(self) -> None:
        self.endpoint(self.api_url)

    def deliver(self, notification: Notification, *, key: str) -> None:  # noqa: ARG002  the alias deduplicates
        """Hand it to Opsgenie; see `Receiver`."""
        for method, path, payload in self._requests(notification):
            headers = {"Authorization": Authorization(scheme="GenieKey", credentials=self.api_key).header()}
            endpoint = self.endpoint(self.api_url)
            endpoint.post(msgspec.json.encode(payload), path=path, headers=headers, method=method)

    def preview(self, notification: Notification) -> str:
        parts = [f"{method} {path}\n{readable(payload)}" for method, path, payload in self._requests(notification)]
        return "\n".join(parts)

    def _requests(self, notification: Notification) -> list[tuple[str, str, dict[str, Any]]]:
        """Method, path and body of each; see https://docs.opsgenie.com/docs/alert-api."""
        say, alias = self.wording(notification), dedup_key(notification)
        if notification.status in _ENDING:
            source = say.text(self.source, "opsgenie.default.source")
            user = (notification.acknowledged_by or "")[:USER_LENGTH]
            body = given({"source": source, "user": user, "note": say.text(self.note)})
            return [("POST", f"/v2/alerts/{alias}/{_ENDING[notification.status]}?identifierType=alias", body)]
        payload = self.payload(notification, say)
        requests = [("POST", "/v2/alerts", payload)]
        if self.update_alerts:
            for part in ("message", "description"):
                path = f"/v2/alerts/{alias}/{part}?identifierType=alias"
                requests.append(("PUT", path, {part: payload[part]}))
        return requests

    def payload(self, notification: Notification, say: Wording) -> dict[str, Any]:
        """Of the request that creates an alert."""
        told = message(notification)
        description = say.text(self.description, "opsgenie.default.description")
        priority = say.text(self.priority)
        alert = {
            "alias": dedup_key(notification),
            "message": (say.text(self.message, "opsgenie.default.message") or told.title)[:MESSAGE_LENGTH],
            "description": (description or body(told, PLAIN, limit=DESCRIPTION_LENGTH))[:DESCRIPTION_LENGTH],
            "details": notification.common_labels | say.texts(self.details),
            "source": say.text(self.source, "opsgenie.default.source") or told.url or "Tocsin",
            "responders": [each for one in self.responders for each in _responders(say.texts(one))],
            "tags": _list(say.text(self.tags)),
            "note": say.text(self.note),
            "priority": priority if priority in _PRIORITIES else told.severity.opsgenie,
            "entity": say.text(self.entity),
            "actions": _list(say.text(self.actions)),
        }
        return given(alert)


def _responders(responder: Mapping[str, str]) -> list[dict[str, str]]:
    """Alertmanager's type `teams` names several at once."""
    if responder.get("type") == "teams":
        return [{"type": "team", "name": name} for name in _list(responder.get("name", ""))]
    return [dict(responder)] if len(responder) > 1 else []


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]

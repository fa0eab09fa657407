"""Microsoft Teams: an adaptive card for a workflow, or for the older incoming webhook."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from tocsin.notify.notification import Notification
from tocsin.notify.receivers.http_receiver import HttpReceiver, given, readable
from tocsin.notify.secret import Secret
from tocsin.notify.wording.layout import more
from tocsin.notify.wording.markup import MARKDOWN, escape_markdown
from tocsin.notify.wording.message import Item, Message, message

#: What Teams accepts, in bytes; a card with fewer alerts is sent instead.
CARD_SIZE = 28 * 1024
TEXT_LENGTH = 10_000
#: Adaptive cards know names of colours only.
_COLOURS = {
    "info": "Accent",
    "warning": "Warning",
    "error": "Attention",
    "critical": "Attention",
    "emergency": "Attention",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MSTeams(HttpReceiver):
    """Posts each notification as a card. The settings are those of `msteamsv2_configs` and `msteams_configs`."""

    webhook_url: Secret = field(repr=False)
    title: str = ""
    text: str = ""
    summary: str = ""
    #: Whose templates the files may define.
    flavour: str = "msteamsv2"

    def __post_init__(self) -> None:
        self.endpoint(self.webhook_url)

    def deliver(self, notification: Notification, *, key: str) -> None:  # noqa: ARG002  Teams knows no such key
        """Hand it to Teams; see `Receiver`."""
        self.endpoint(self.webhook_url).post(msgspec.json.encode(self.payload(notification)))

    def preview(self, notification: Notification) -> str:
        return readable(self.payload(notification))

    def payload(self, notification: Notification) -> dict[str, Any]:
        """A message with one card, small enough for Teams; see https://adaptivecards.io/explorer/AdaptiveCard.html."""
        shown = len(message(notification).items)
        while True:
            payload = self._message(notification, shown)
            if shown == 0 or len(msgspec.json.encode(payload)) <= CARD_SIZE:
                return payload
            shown //= 2

    def _message(self, notification: Notification, shown: int) -> dict[str, Any]:
        say, told = self.wording(notification), message(notification, shown=shown)
        written = say.text(self.title, f"{self.flavour}.default.title")
        text = say.text(self.text, f"{self.flavour}.default.text")[:TEXT_LENGTH]
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "msteams": {"width": "Full"},
            "fallbackText": say.text(self.summary, f"{self.flavour}.default.summary") or written or told.title,
            "body": [_title(written or escape_markdown(told.title), told), *([_text(text)] if text else _alerts(told))],
            "actions": _actions(told),
        }
        attachment = {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": given(card),
        }
        return {"type": "message", "attachments": [attachment]}


def _title(title: str, told: Message) -> dict[str, Any]:
    colour = _COLOURS[told.severity.name] if told.firing else "Good"
    return _text(f"{told.mark} {title}") | {"size": "Large", "weight": "Bolder", "color": colour, "style": "heading"}


def _text(text: str) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True}


def _alerts(told: Message) -> list[dict[str, Any]]:
    glance = _text(escape_markdown(told.glance)) | {"isSubtle": True, "spacing": "None"}
    rest = [_text(more(told.left_out))] if told.left_out else []
    return [glance, *map(_container, told.items), *rest]


def _container(item: Item) -> dict[str, Any]:
    head = _text(f"{item.mark} {escape_markdown(item.what)}") | {"weight": "Bolder"}
    facts = [{"title": fact.name, "value": escape_markdown(fact.text)} for fact in item.facts]
    links = [_text(" · ".join(map(MARKDOWN.linked, item.links)))] if item.links else []
    return {"type": "Container", "separator": True, "items": [head, {"type": "FactSet", "facts": facts}, *links]}


def _actions(told: Message) -> list[dict[str, str]]:
    """Buttons of the group."""
    return [{"type": "Action.OpenUrl", "title": link.name, "url": link.url} for link in told.links]

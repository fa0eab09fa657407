"""Slack's incoming webhooks: one attachment a notification, readable at a glance."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from tocsin.notify.notification import Notification
from tocsin.notify.receivers.http_receiver import HttpReceiver, given, readable
from tocsin.notify.secret import Secret
from tocsin.notify.wording.layout import details, heading, more
from tocsin.notify.wording.markup import MRKDWN
from tocsin.notify.wording.message import Message, message
from tocsin.notify.wording.templates import Wording

#: Alertmanager's `fields` and `actions`: texts are templates.
Parts: TypeAlias = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage(HttpReceiver):
    """What a message looks like; the settings are those of Alertmanager's `slack_configs`."""

    channel: str = ""
    username: str = ""
    icon_emoji: str = ""
    icon_url: str = ""
    link_names: bool = False
    message_text: str = ""
    title: str = ""
    title_link: str = ""
    pretext: str = ""
    text: str = ""
    fallback: str = ""
    color: str = ""
    footer: str = ""
    callback_id: str = ""
    image_url: str = ""
    thumb_url: str = ""
    short_fields: bool = False
    fields: Parts = ()
    actions: Parts = ()
    mrkdwn_in: tuple[str, ...] = ("fallback", "pretext", "text", "fields")

    def payload(self, notification: Notification) -> dict[str, Any]:
        """The body of a request; see https://docs.slack.dev/messaging/formatting-message-text."""
        say = self.wording(notification)
        overrides = {
            "channel": say.exactly(self.channel),
            "username": say.text(self.username, "slack.default.username"),
            "icon_emoji": say.text(self.icon_emoji, "slack.default.iconemoji"),
            "icon_url": say.text(self.icon_url, "slack.default.iconurl"),
            "link_names": self.link_names or None,
            "text": say.text(self.message_text),
        }
        return given(overrides) | {"attachments": [self._attachment(message(notification), say)]}

    def preview(self, notification: Notification) -> str:
        return readable(self.payload(notification))

    def _attachment(self, told: Message, say: Wording) -> dict[str, Any]:
        title = say.text(self.title, "slack.default.title") or MRKDWN.escape(told.title)
        text = say.text(self.text, "slack.default.text")
        attachment = {
            "fallback": say.text(self.fallback, "slack.default.fallback") or title,
            "title": title,
            "title_link": say.text(self.title_link, "slack.default.titlelink") or told.url,
            "pretext": say.text(self.pretext, "slack.default.pretext"),
            "text": text or MRKDWN.bold(MRKDWN.escape(told.glance)),
            "color": say.text(self.color, "slack.default.color") or told.colour,
            "fields": self._fields(told, say, written=bool(text)),
            "actions": [_part(action, say) for action in self.actions],
            "footer": say.text(self.footer, "slack.default.footer") or (more(told.left_out) if told.left_out else ""),
            "callback_id": say.text(self.callback_id, "slack.default.callbackid"),
            "image_url": say.text(self.image_url),
            "thumb_url": say.text(self.thumb_url),
            "mrkdwn_in": list(self.mrkdwn_in),
        }
        return given(attachment)

    def _fields(self, told: Message, say: Wording, *, written: bool) -> list[dict[str, Any]]:
        """One an alert, unless the configuration has its own fields or text."""
        if self.fields:
            return [{"short": self.short_fields} | _part(each, say) for each in self.fields]
        if written:
            return []
        return [{"title": heading(item, MRKDWN), "value": details(item, MRKDWN), "short": False} for item in told.items]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack(SlackMessage):
    """Posts each notification to an incoming webhook; `channel` and the like override the webhook's own."""

    api_url: Secret = field(repr=False)

    def __post_init__(self) -> None:
        self.endpoint(self.api_url)

    def deliver(self, notification: Notification, *, key: str) -> None:  # noqa: ARG002  Slack knows no such key
        """Hand it to Slack; see `Receiver`."""
        self.endpoint(self.api_url).post(msgspec.json.encode(self.payload(notification)))


def _part(part: Mapping[str, Any], say: Wording) -> dict[str, Any]:
    """With every text rendered, however deep."""
    return {name: _rendered(value, say) for name, value in part.items()}


def _rendered(value: Any, say: Wording) -> Any:
    if isinstance(value, Mapping):
        return _part(value, say)
    return say.text(value) if isinstance(value, str) else value

"""Discord's webhooks: one embed a notification."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from tocsin.notify.notification import Notification
from tocsin.notify.receivers.http_receiver import HttpReceiver, given, readable
from tocsin.notify.secret import Secret
from tocsin.notify.wording.layout import body
from tocsin.notify.wording.markup import MARKDOWN
from tocsin.notify.wording.message import message

#: What Discord accepts, in characters.
TITLE_LENGTH = 256
DESCRIPTION_LENGTH = 4096
CONTENT_LENGTH = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Discord(HttpReceiver):
    """Posts each notification to a webhook; nobody is mentioned by what a label holds.

    The settings are those of Alertmanager's `discord_configs`.
    """

    webhook_url: Secret = field(repr=False)
    title: str = ""
    message: str = ""
    content: str = ""
    username: str = ""
    avatar_url: str = ""

    def __post_init__(self) -> None:
        self.endpoint(self.webhook_url)

    def deliver(self, notification: Notification, *, key: str) -> None:  # noqa: ARG002  Discord knows no such key
        """Hand it to Discord; see `Receiver`."""
        self.endpoint(self.webhook_url).post(msgspec.json.encode(self.payload(notification)))

    def preview(self, notification: Notification) -> str:
        return readable(self.payload(notification))

    def payload(self, notification: Notification) -> dict[str, Any]:
        """The body of a request; see https://discord.com/developers/docs/resources/webhook#execute-webhook."""
        say, told = self.wording(notification), message(notification)
        written = say.text(self.message, "discord.default.message")
        content = say.text(self.content, "discord.default.content")
        embed = {
            "title": (say.text(self.title, "discord.default.title") or told.title)[:TITLE_LENGTH],
            "description": (written or body(told, MARKDOWN, limit=DESCRIPTION_LENGTH))[:DESCRIPTION_LENGTH],
            "color": told.rgb,
            "url": told.url,
        }
        overrides = {"content": content[:CONTENT_LENGTH], "username": self.username, "avatar_url": self.avatar_url}
        mentions = {"allowed_mentions": {"parse": ["users", "roles", "everyone"] if content else []}}
        return given(overrides) | {"embeds": [given(embed)]} | mentions

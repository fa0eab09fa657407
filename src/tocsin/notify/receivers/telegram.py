"""Telegram's bot API: one message a notification."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from tocsin.notify.notification import Notification
from tocsin.notify.receivers.http_receiver import HttpReceiver, given, readable
from tocsin.notify.secret import Secret, reveal
from tocsin.notify.wording.layout import body
from tocsin.notify.wording.markup import HTML
from tocsin.notify.wording.message import Message, message

API = "https://api.telegram.org"
#: What Telegram accepts, in characters without markup; with it we stay below all the same.
TEXT_LENGTH = 4096
_MODES = ("HTML", "Markdown", "MarkdownV2", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram(HttpReceiver):
    """Sends each notification to a chat; without a sound where nothing of it is urgent.

    The settings are those of Alertmanager's `telegram_configs`; `parse_mode` is that of `message`.
    """

    bot_token: Secret = field(repr=False)
    chat_id: str
    api_url: str = API
    message: str = ""
    message_thread_id: int = 0
    parse_mode: str = "HTML"
    disable_notifications: bool = False

    def __post_init__(self) -> None:
        self.endpoint(self.api_url)
        if self.parse_mode not in _MODES:
            raise ValueError(f"parse_mode is {self.parse_mode!r}, use one of {', '.join(filter(None, _MODES))}")
        if not self.chat_id:
            raise ValueError("chat_id is missing, it says to which chat the messages go")

    def deliver(self, notification: Notification, *, key: str) -> None:  # noqa: ARG002  Telegram knows no such key
        """Hand it to Telegram; see `Receiver`."""
        path = f"/bot{reveal(self.bot_token)}/sendMessage"
        self.endpoint(self.api_url).post(msgspec.json.encode(self.payload(notification)), path=path)

    def preview(self, notification: Notification) -> str:
        return readable(self.payload(notification))

    def payload(self, notification: Notification) -> dict[str, Any]:
        """The body of a request; see https://core.telegram.org/bots/api#sendmessage."""
        told, say = message(notification), self.wording(notification)
        written = say.text(self.message, "telegram.default.message", html=self.parse_mode == "HTML")[:TEXT_LENGTH]
        sending = {
            "chat_id": say.exactly(self.chat_id),
            "message_thread_id": self.message_thread_id or None,
            "text": written or _laid_out(told),
            "parse_mode": self.parse_mode if written else "HTML",
        }
        quiet = self.disable_notifications or told.severity.quiet or not told.firing
        return given(sending) | {"disable_notification": quiet, "link_preview_options": {"is_disabled": True}}


def _laid_out(told: Message) -> str:
    head = f"{told.mark} {HTML.bold(HTML.escape(told.title))}\n"
    return head + body(told, HTML, limit=TEXT_LENGTH - len(head))

"""Slack for apps: `chat.postMessage` with a token, and the message turns green when all is over."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.notification import Notification
from tocsin.notify.receivers.slack import SlackMessage
from tocsin.notify.secret import Authorization, Secret
from tocsin.notify.transport.http import Endpoint

POST_MESSAGE = "https://slack.com/api/chat.postMessage"
#: Refusals of Slack's that may be over in a moment.
_PASSING = {
    *("accesslimited", "fatal_error", "internal_error", "message_limit_exceeded", "rate_limited", "ratelimited"),
    *("request_timeout", "service_unavailable", "team_added_to_org"),
}
#: Refusals of an update after which a new message will do.
_GONE = {"cant_update_message", "channel_not_found", "edit_window_closed", "is_inactive", "message_not_found"}
#: Messages that are remembered, the newest ones.
REMEMBERED = 1000


class _Answer(msgspec.Struct):
    ok: bool = False
    error: str = ""
    channel: str = ""
    ts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackApp(SlackMessage):
    """Posts to `channel` as an app. The message of a group is updated when the group is resolved, or, with
    `update_message`, at each notification; where it is not known or gone, a new one is posted.

    `messages` remembers channel and time stamp of each group's message, by group key; by default in memory.
    """

    app_token: Secret = field(default="", repr=False)
    app_url: str = POST_MESSAGE
    update_message: bool = False
    messages: MutableMapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.endpoint(self.app_url)
        if not self.channel:
            raise ValueError("channel is missing, an app has no channel of its own")
        if not self.app_token and self.http.authorization is None:
            raise ValueError("app_token is missing, an app proves itself with one")

    def deliver(self, notification: Notification, *, key: str) -> None:  # noqa: ARG002  Slack knows no such key
        """Hand it to Slack; see `Receiver`."""
        payload = self.payload(notification)
        resolved = notification.status == "resolved"
        if (resolved or self.update_message) and self._update(notification.group_key, payload):
            answer = None
        else:
            answer = self._call(self.app_url, payload)
        self._remember(notification.group_key, answer, forget=resolved)

    def _update(self, group_key: str, payload: dict[str, Any]) -> bool:
        """Whether the message that was posted for the group says this now."""
        channel, _, ts = self.messages.get(group_key, "").partition("/")
        if not ts or not self.app_url.endswith("chat.postMessage"):
            return False
        url = f"{self.app_url.removesuffix('postMessage')}update"
        answer = self._call(url, payload | {"channel": channel, "ts": ts}, passable=_GONE)
        return answer.ok

    def _call(self, url: str, payload: dict[str, Any], *, passable: frozenset[str] | set[str] = frozenset()) -> _Answer:
        """Slack says 200 to whatever it understands, and whether it did it in the body."""
        headers = {"authorization": Authorization(credentials=self.app_token).header()} if self.app_token else {}
        said = Endpoint(url, self.http).post(msgspec.json.encode(payload), headers=headers, answered=True)
        try:
            answer = msgspec.json.decode(said, type=_Answer)
        except msgspec.DecodeError:
            raise DeliveryError("Slack's answer is no JSON", recoverable=True) from None
        if not answer.ok and answer.error not in passable:
            raise DeliveryError(f"Slack refused: {answer.error[:100]}", recoverable=answer.error in _PASSING)
        return answer

    def _remember(self, group_key: str, answer: _Answer | None, *, forget: bool) -> None:
        if forget:
            self.messages.pop(group_key, None)
        elif answer is not None and answer.ts:
            self.messages.pop(group_key, None)
            self.messages[group_key] = f"{answer.channel}/{answer.ts}"
            if len(self.messages) > REMEMBERED:
                self.messages.pop(next(iter(self.messages)))

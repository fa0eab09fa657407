"""E-mail by SendGrid's web API."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import getaddresses
from typing import Any

import msgspec

from tocsin.notify.notification import Notification
from tocsin.notify.receivers.http_receiver import HttpReceiver, readable
from tocsin.notify.secret import Authorization, Secret
from tocsin.notify.wording.letter import OURS, Letter, LetterTexts

API = "https://api.sendgrid.com"
#: Headers that SendGrid makes itself from the other parts of a request.
_RESERVED = {"from", "to", "cc", "bcc", "subject", "reply-to", "content-type", "content-transfer-encoding", "received"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGrid(HttpReceiver):
    """Sends each notification to `to`, addresses separated by commas, as HTML and text."""

    api_key: Secret = field(repr=False)
    to: str
    sender: str
    texts: LetterTexts = OURS
    api_url: str = API
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self.endpoint(self.api_url)

    def deliver(self, notification: Notification, *, key: str) -> None:
        """Hand it to SendGrid; see `Receiver`. A letter that comes twice has one Message-ID."""
        headers = {"authorization": Authorization(credentials=self.api_key).header()}
        body = msgspec.json.encode(self.payload(notification, key))
        self.endpoint(self.api_url).post(body, path="/v3/mail/send", headers=headers)

    def preview(self, notification: Notification) -> str:
        return readable(self.payload(notification, "preview"))

    def payload(self, notification: Notification, key: str) -> dict[str, Any]:
        """The body of a request; see https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send."""
        letter = self._letter(notification, key)
        return {
            "personalizations": [{"to": _named(letter.headers["To"])}],
            "from": _named(letter.headers["From"])[0],
            "subject": letter.headers["Subject"],
            "content": [{"type": "text/plain", "value": letter.text}, {"type": "text/html", "value": letter.html}],
            "headers": {name: text for name, text in letter.headers.items() if name.lower() not in _RESERVED},
            "custom_args": {"tocsin_key": key},
        }

    def _letter(self, notification: Notification, key: str) -> Letter:
        return self.texts.letter(
            notification, key=key, sender=self.sender, to=self.to, templates=self.templates, now=self.clock()
        )


def _named(addresses: str) -> list[dict[str, str]]:
    return [{"email": address} | ({"name": name} if name else {}) for name, address in getaddresses([addresses])]

"""Twilio: text messages, for what is bad enough."""

from collections import deque
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.notification import Notification
from tocsin.notify.progress import step
from tocsin.notify.receivers.http_receiver import HttpReceiver, readable
from tocsin.notify.secret import Authorization, Secret
from tocsin.notify.severity import SEVERITIES, severity_of
from tocsin.notify.wording.message import message
from tocsin.notify.wording.sms import fit

API = "https://api.twilio.com"
#: Messages to one number that are remembered, so that the failure of one number repeats no message to another.
REMEMBERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Twilio(HttpReceiver):
    """Sends a text message to each of the numbers `to` when an alert is at least as bad as `severity`.

    `sender` is a number of yours, or the id of a messaging service (`MG…`). A message takes no more than
    `max_segments` of what carriers count and bill. A resolution is sent where the alert was bad enough.
    """

    account_sid: str
    auth_token: Secret = field(repr=False)
    sender: str
    to: tuple[str, ...]
    text: str = ""
    severity: str = "critical"
    max_segments: int = 2
    api_url: str = API
    sent: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=REMEMBERED), repr=False)

    def __post_init__(self) -> None:
        self.endpoint(self.api_url)
        if self.severity not in SEVERITIES:
            raise ValueError(f"severity is {self.severity!r}, use one of {', '.join(SEVERITIES)}")
        if not self.to or self.max_segments < 1:
            raise ValueError("to must name at least one number, and max_segments be at least 1")

    def deliver(self, notification: Notification, *, key: str) -> None:
        """Hand it to Twilio, number by number; see `Receiver`. One number's failure keeps no other from being told."""
        if not self.wants(notification):
            step("left out", f"no alert is at least {self.severity}")
            return
        failures = [error for number in self.to if (error := self._send(notification, number, key)) is not None]
        if failures:
            raise max(failures, key=lambda error: (error.recoverable, error.retry_after or 0.0))

    def preview(self, notification: Notification) -> str:
        if not self.wants(notification):
            return f"nothing: no alert is at least {self.severity}"
        return readable([dict(self._form(notification, number)) for number in self.to])

    def wants(self, notification: Notification) -> bool:
        """Whether an alert is bad enough for a text message."""
        least = SEVERITIES[self.severity].rank
        return any(severity_of(alert.labels).rank >= least for alert in notification.alerts)

    def _send(self, notification: Notification, number: str, key: str) -> DeliveryError | None:
        if (key, number) in self.sent:
            return None
        authorization = Authorization(user=self.account_sid, credentials=self.auth_token)
        path = f"/2010-04-01/Accounts/{quote(self.account_sid, safe='')}/Messages.json"
        try:
            headers = {"authorization": authorization.header(), "Content-Type": "application/x-www-form-urlencoded"}
            form = urlencode(self._form(notification, number)).encode()
            self.endpoint(self.api_url).post(form, path=path, headers=headers)
        except DeliveryError as error:
            return error
        self.sent.append((key, number))
        return None

    def _form(self, notification: Notification, number: str) -> list[tuple[str, str]]:
        """See https://www.twilio.com/docs/messaging/api/message-resource#create-a-message."""
        sender = "MessagingServiceSid" if self.sender.startswith("MG") else "From"
        return [("To", number), (sender, self.sender), ("Body", self._text(notification))]

    def _text(self, notification: Notification) -> str:
        told = message(notification)
        written = self.wording(notification).text(self.text)
        url = next((link.url for item in told.items for link in item.links), "")
        own = " ".join([told.title, f"({told.glance})", url])
        # These two would halve what fits, they are not in the carriers' alphabet.
        own = own.replace(" · ", ", ").replace("…", "...")
        return fit((written or own).strip(), limit=self.max_segments)

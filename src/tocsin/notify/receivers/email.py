"""E-mail by SMTP."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.notification import Notification
from tocsin.notify.transport.smtp import MailServer
from tocsin.notify.wording.letter import OURS, Letter, LetterTexts
from tocsin.notify.wording.templates import Templates, default_templates

#: What RFC 5322 allows.
_HEADER = re.compile(r"[!-9;-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """Sends each notification to `to`, addresses separated by commas, as HTML and text.

    The settings are those of Alertmanager's `email_configs`, in three groups: the addresses, the server, the texts.
    """

    to: str
    sender: str
    server: MailServer
    texts: LetterTexts = OURS
    templates: Templates = field(default_factory=default_templates, repr=False)
    clock: Callable[[], float] = time.time

    def deliver(self, notification: Notification, *, key: str) -> None:
        """Hand it to the mail server; see `Receiver`. A letter that comes twice has one Message-ID."""
        letter = self._letter(notification, key)
        try:
            composed = compose(letter, at=self.clock())
        except ValueError as error:
            raise DeliveryError(f"the e-mail cannot be written: {error}", recoverable=False) from error
        self.server.send(composed, sender=letter.sender, to=letter.to)

    def preview(self, notification: Notification) -> str:
        letter = self._letter(notification, "preview")
        headers = "\n".join(f"{name}: {text}" for name, text in letter.headers.items())
        return f"{headers}\n\n{letter.text}\n\n{letter.html}"

    def _letter(self, notification: Notification, key: str) -> Letter:
        return self.texts.letter(
            notification, key=key, sender=self.sender, to=self.to, templates=self.templates, now=self.clock()
        )


def compose(letter: Letter, *, at: float) -> EmailMessage:
    """The letter in MIME, with the date. Raises ValueError where a header cannot be one."""
    composed = EmailMessage(policy=SMTP)
    date = format_datetime(datetime.fromtimestamp(at, tz=timezone.utc))
    for name, text in {"Date": date, **letter.headers}.items():
        if not _HEADER.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a header")
        composed[name] = text
    composed.set_content(letter.text)
    composed.add_alternative(letter.html, subtype="html")
    return composed

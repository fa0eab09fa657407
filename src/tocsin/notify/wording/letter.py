"""A notification as an e-mail, before anybody carries it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import getaddresses

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.notification import Notification
from tocsin.notify.wording.layout import body
from tocsin.notify.wording.letter_html import letter_html
from tocsin.notify.wording.markup import PLAIN
from tocsin.notify.wording.message import message
from tocsin.notify.wording.templates import Templates, Wording

#: Characters of the plain text.
TEXT_LENGTH = 20_000
DAILY = "daily"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`to` are bare addresses; `headers` include `To`, `From` and `Subject`, each on one line."""

    sender: str
    to: tuple[str, ...]
    headers: Mapping[str, str]
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTexts:
    """What the configuration says about e-mails: Go templates, those not given are written by us.

    All e-mails of one group are one thread, with `thread_by_date="daily"` one a day.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    html: str = ""
    thread: bool = True
    thread_by_date: str = ""

    def letter(
        self, notification: Notification, *, key: str, sender: str, to: str, templates: Templates, now: float
    ) -> Letter:
        """The same `key` gives the same Message-ID, so that a letter that comes twice is one.

        Raises:
            DeliveryError: a template in an address fails, or there is no usable address.
        """
        say, told = Wording(templates, notification), message(notification)
        sender, to = say.exactly(sender), say.exactly(to)
        from_address, addresses = _addresses(sender), _addresses(to)
        if not from_address or not addresses:
            wanted = "an e-mail needs a sender and a recipient, such as ops@example.org"
            raise DeliveryError(wanted, recoverable=False)
        domain = from_address[0].rpartition("@")[2]
        headers = {
            "From": sender,
            "To": to,
            "Subject": say.text("", "email.default.subject") or told.title,
            "Message-ID": f"<{key[:40]}.tocsin@{domain}>",
            **self._threading(notification, domain, now),
            "Auto-Submitted": "auto-generated",
            "X-Priority": "1" if told.firing and told.severity.texted else "3",
        }
        # Names of headers count without their case.
        canonical = {name.lower(): name for name in headers}
        headers |= {canonical.get(name.lower(), name): text for name, text in say.texts(self.headers).items()}
        return Letter(
            sender=from_address[0],
            to=tuple(addresses),
            headers={name: " ".join(text.split()) for name, text in headers.items()},
            text=say.text(self.text) or body(told, PLAIN, limit=TEXT_LENGTH),
            html=say.text(self.html, "email.default.html", html=True) or letter_html(told),
        )

    def _threading(self, notification: Notification, domain: str, now: float) -> dict[str, str]:
        """Refers to a first letter of the group, which need not exist: clients put together what refers to one."""
        if not self.thread:
            return {}
        day = datetime.fromtimestamp(now, tz=timezone.utc).strftime("%Y%m%d") if self.thread_by_date == DAILY else ""
        group = hashlib.sha256(f"{notification.group_key}{day}".encode()).hexdigest()[:40]
        root = f"<{group}.thread.tocsin@{domain}>"
        return {"In-Reply-To": root, "References": root}


def _addresses(text: str) -> list[str]:
    return [address for _, address in getaddresses([text]) if "@" in address]


#: Everything is written by us.
OURS = LetterTexts()

"""Apprise: the many services that have no receiver of their own here."""

from dataclasses import dataclass, field
from importlib.util import find_spec

from opentelemetry.instrumentation.utils import suppress_instrumentation

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.notification import Notification
from tocsin.notify.secret import Secret, reveal
from tocsin.notify.wording.layout import body
from tocsin.notify.wording.markup import PLAIN
from tocsin.notify.wording.message import Message, message
from tocsin.notify.wording.templates import Templates, Wording, default_templates

TEXT_LENGTH = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Apprise:
    """Sends each notification to the services that `urls` name (`ntfy://…`, `matrix://…`). Needs the extra `apprise`.

    A service says only whether it took the message, not why not: whatever fails is worth another try.
    """

    urls: tuple[Secret, ...] = field(repr=False)
    title: str = ""
    body: str = ""
    templates: Templates = field(default_factory=default_templates, repr=False)

    def __post_init__(self) -> None:
        if find_spec("apprise") is None:
            raise ValueError("apprise needs a package: pip install 'tocsin[apprise]'")
        if not self.urls:
            raise ValueError("urls must name at least one service, see https://appriseit.com/services/")

    def deliver(self, notification: Notification, *, key: str) -> None:  # noqa: ARG002  services know no such key
        """Hand it to all services; see `Receiver`. Those that failed are told of by number, their URLs are secrets."""
        import apprise  # noqa: PLC0415  an extra

        told = message(notification)
        title, text = self._texts(notification, told)
        failed = []
        with suppress_instrumentation():
            for number, url in enumerate(self.urls, start=1):
                service = apprise.Apprise()
                known = service.add(reveal(url))
                if not known:
                    raise DeliveryError(f"url {number} is none that Apprise knows", recoverable=False)
                if not service.notify(body=text, title=title, notify_type=_kind(told), body_format="text"):
                    failed.append(number)
        if failed:
            raise DeliveryError(f"url {', '.join(map(str, failed))} did not take the message", recoverable=True)

    def preview(self, notification: Notification) -> str:
        title, text = self._texts(notification, message(notification))
        return f"{title}\n\n{text}"

    def _texts(self, notification: Notification, told: Message) -> tuple[str, str]:
        say = Wording(self.templates, notification)
        return say.text(self.title) or told.title, say.text(self.body) or body(told, PLAIN, limit=TEXT_LENGTH)


def _kind(told: Message) -> str:
    """What Apprise tells its services to colour by."""
    if not told.firing:
        return "success"
    return {0: "info", 1: "warning"}.get(told.severity.rank, "failure")

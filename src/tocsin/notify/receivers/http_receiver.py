"""What receivers that speak HTTP have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tocsin.notify.notification import Notification
from tocsin.notify.secret import Secret
from tocsin.notify.transport.http import Endpoint
from tocsin.notify.transport.http_options import DEFAULT, HttpOptions
from tocsin.notify.wording.templates import Templates, Wording, default_templates


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReceiver:
    """The settings of all of them. Texts are Go templates; one that is not given is laid out by the receiver itself."""

    http: HttpOptions = DEFAULT
    templates: Templates = field(default_factory=default_templates, repr=False)

    def wording(self, notification: Notification) -> Wording:
        return Wording(self.templates, notification)

    def endpoint(self, url: Secret) -> Endpoint:
        """Raises ValueError where the URL is none."""
        return Endpoint(url, self.http)


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {name: value for name, value in values.items() if value not in ("", None, (), [], {})}


def readable(payload: object) -> str:
    """As JSON, for a person."""
    return msgspec.json.format(msgspec.json.encode(payload), indent=2).decode()

"""Which receivers there are: ours, and those that other packages bring along."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from tocsin.notify.delivery import Receiver
from tocsin.notify.receivers.http_receiver import HttpReceiver
from tocsin.notify.transport.http_options import ALLOW, DEFAULT

#: Under this group other packages name their receivers: the kind, and what makes one from its settings.
GROUP = "tocsin_receivers"

_OURS = {
    "apprise": "Apprise",
    "console": "Console",
    "discord": "Discord",
    "email": "Email",
    "file": "File",
    "log": "Log",
    "msteams": "MSTeams",
    "opsgenie": "Opsgenie",
    "pagerduty": "PagerDuty",
    "sendgrid": "SendGrid",
    "sentry": "Sentry",
    "slack": "Slack",
    "slack_app": "SlackApp",
    "telegram": "Telegram",
    "twilio": "Twilio",
    "webhook": "Webhook",
}


class Kinds(Mapping[str, Callable[..., Receiver]]):
    """By the name of their kind; their keyword arguments are their settings. A receiver is imported when it is used.

    A package cannot replace a receiver of ours.
    """

    def __getitem__(self, kind: str) -> Callable[..., Receiver]:
        """Raises KeyError for an unknown kind, ImportError or AttributeError for a package that is broken."""
        entry = _ours(kind) if kind in _OURS else self._others()[kind]
        made: Any = entry.load()
        return made  # type: ignore[no-any-return]  # what an entry point names has no type

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(_OURS.keys() | self._others().keys()))

    def __len__(self) -> int:
        return len(_OURS.keys() | self._others().keys())

    def _others(self) -> dict[str, EntryPoint]:
        """Takes some milliseconds, for every package of the environment is looked at."""
        return {entry.name: entry for entry in entry_points(group=GROUP)}


def _ours(kind: str) -> EntryPoint:
    return EntryPoint(kind, f"tocsin.notify.receivers.{kind}:{_OURS[kind]}", GROUP)


RECEIVERS: Mapping[str, Callable[..., Receiver]] = Kinds()


def acknowledges(kind: str) -> bool:
    """Whether receivers of that kind are `Acknowledging`; one that cannot be made is not."""
    try:
        return bool(getattr(RECEIVERS[kind], "acknowledges", False))
    except (KeyError, ImportError, AttributeError):
        return False


def make(
    kind: str,
    settings: Mapping[str, Any],
    *,
    private_targets: str = ALLOW,
    messages: MutableMapping[str, str] | None = None,
) -> Receiver:
    """A receiver with its settings; `private_targets` holds for every one that speaks HTTP by `HttpReceiver`.

    One with an argument `messages` remembers there what it posted, by group key, if they are given.

    Raises:
        ValueError: there is no such receiver, its package is broken, or it refuses its settings.
    """
    try:
        made = RECEIVERS[kind]
        guarded = private_targets != ALLOW and isinstance(made, type) and issubclass(made, HttpReceiver)
        http = {"http": replace(settings.get("http", DEFAULT), private_targets=private_targets)} if guarded else {}
        remembers = messages is not None and "messages" in getattr(made, "__dataclass_fields__", {})
        return made(**{**settings, **http, **({"messages": messages} if remembers else {})})
    except KeyError:
        raise ValueError(f"there is no receiver {kind!r}, known are {', '.join(RECEIVERS)}") from None
    except (ImportError, AttributeError, TypeError) as error:
        raise ValueError(f"receiver {kind}: {error}") from error

"""Who is told of what: the routing tree and the receivers it leads to."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.alerting.matcher import Matcher
from tocsin.alerting.routing import Route, format_matchers

#: The receivers of `simple`: the second one, for alerts about one issue, does not hear that it is no longer new.
DEFAULT_RECEIVER = "default"
ISSUE_RECEIVER = "issues"
#: The label that alerts about one issue have.
ISSUE = "issue"
#: One message for everything that is wrong with one service in one way; one for each issue.
DEFAULT_GROUP_BY = ("alertname", "job", "service_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One way in which a receiver is told; `settings` are the keyword arguments of its kind and hold secrets."""

    kind: str
    settings: Mapping[str, Any] = field(repr=False)
    send_resolved: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverConfig:
    """A name in the routing tree, and the integrations that Tocsin delivers itself."""

    name: str
    integrations: tuple[Integration, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertingConfig:
    """`undelivered` and `unapplied` name what the file asks for and this version does not do: tell a person."""

    route: Route
    receivers: tuple[ReceiverConfig, ...]
    undelivered: tuple[str, ...] = ()
    unapplied: tuple[str, ...] = ()
    external_url: str = ""

    def receiver(self, name: str) -> ReceiverConfig:
        """The one of that name, or one without integrations."""
        return next((each for each in self.receivers if each.name == name), ReceiverConfig(name=name))


def simple(
    *,
    webhook_url: str | None = None,
    slack_webhook_url: str | None = None,
    file: str | os.PathLike[str] | None = None,
    console: bool = False,
    group_wait: float = 10.0,
    group_interval: float = 300.0,
    repeat_interval: float = 4 * 3600.0,
    external_url: str = "",
) -> AlertingConfig:
    """Everything is told in all the given ways; resolutions too, but not that an issue is no longer new."""
    wanted: list[tuple[str, dict[str, Any], bool]] = [
        ("webhook", {"url": webhook_url}, webhook_url is not None),
        ("slack", {"api_url": slack_webhook_url}, slack_webhook_url is not None),
        ("file", {"path": file}, file is not None),
        ("console", {}, console),
    ]
    integrations = tuple(Integration(kind=kind, settings=settings) for kind, settings, on in wanted if on)
    once = tuple(replace(integration, send_resolved=False) for integration in integrations)
    route = Route(
        receiver=DEFAULT_RECEIVER,
        group_by=DEFAULT_GROUP_BY,
        group_wait=group_wait,
        group_interval=group_interval,
        repeat_interval=repeat_interval,
    )
    return AlertingConfig(
        route=replace(route, routes=(_issue_route(route),)),
        receivers=(
            ReceiverConfig(name=DEFAULT_RECEIVER, integrations=integrations),
            ReceiverConfig(name=ISSUE_RECEIVER, integrations=once),
        ),
        external_url=external_url,
    )


def _issue_route(parent: Route) -> Route:
    matchers = (Matcher(ISSUE, "!=", ""),)
    path = f"{parent.key}/{format_matchers(matchers)}"
    return replace(
        parent,
        receiver=ISSUE_RECEIVER,
        matchers=matchers,
        group_by=(*DEFAULT_GROUP_BY, ISSUE),
        key=path,
        id=path,
    )

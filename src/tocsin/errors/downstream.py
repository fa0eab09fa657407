"""Whom a failing call was for, as the attributes of its span tell."""

import re
from collections.abc import Mapping

from tocsin.errors.categories import Category
from tocsin.errors.category import categorize
from tocsin.errors.failure import Failure

#: Attributes that name what was called, the most telling first.
_NAMES = (
    "peer.service",
    "rpc.service",
    "messaging.destination.name",
    "server.address",
    "net.peer.name",
    "http.host",
)
_NAMED = frozenset(_NAMES)
#: Attributes of a request that is being served: then `server.address` is the application itself.
_SERVED = frozenset({"http.route", "client.address", "http.target", "url.path", "http.client_ip", "faas.trigger"})
#: Categories in which whom one called is the cause.
_OF_OTHERS: frozenset[Category] = frozenset(
    {"external_service", "network", "timeout", "rate_limit", "authentication", "authorization"}
)
_DIGITS = re.compile(r"\d+")
_ADDRESS = re.compile(r"[\d.]+|[0-9a-fA-F]*:[0-9a-fA-F:.]*|localhost|")


def downstream_of(failure: Failure, attributes: Mapping[str, object]) -> str:
    """The service that failed to answer; empty for failures of another kind and where only an address is known."""
    name = named_downstream(attributes)
    return name if name and is_of_others(failure) else ""


def is_of_others(failure: Failure) -> bool:
    """Whether it is of a category in which whom one called is the cause."""
    return categorize(failure, reported=failure, attributes={}) in _OF_OTHERS


def named_downstream(attributes: Mapping[str, object]) -> str:
    """The service that a span is a call to; empty where it serves a request, or only an address is known."""
    if not attributes or not _SERVED.isdisjoint(attributes) or _NAMED.isdisjoint(attributes):
        return ""
    names = (host_name(str(attributes.get(name, ""))) for name in _NAMES)
    return next(filter(None, names), "")


def host_name(host: str) -> str:
    """The name of a host without what tells its replicas apart; empty for addresses, which depend on the deployment."""
    name = host.lower().rstrip(".")
    return "" if _ADDRESS.fullmatch(name) else _DIGITS.sub("<n>", name)[:128]

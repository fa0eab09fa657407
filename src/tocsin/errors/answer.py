"""Failures that have no exception: a status that this application answered, or was answered."""

from collections.abc import Mapping
from types import MappingProxyType

from tocsin.errors.categories import Category
from tocsin.errors.failure import Failure
from tocsin.errors.fingerprint import Component, fingerprint_of
from tocsin.errors.grouping import Grouping
from tocsin.errors.kinds import BY_STATUS
from tocsin.errors.severity import severity_of
from tocsin.errors.verdict import Identity


def identify_answer(
    status: int,
    *,
    route: str,
    handled: bool,
    peer: str = "",
    grouping: Grouping = Grouping(),  # noqa: B008  immutable
    attributes: Mapping[str, object] = MappingProxyType({}),
) -> Identity:
    """The identity of an answer: its status and its route, or the service that gave it. Never a path with values.

    To rules of grouping, its type is the status, its message the title.
    """
    where = peer or route
    components = (
        Component("status", str(status), "nothing else is known of the failure"),
        Component("peer" if peer else "route", where, "the service that answered" if peer else "the way in"),
    )
    category = _category(status, is_own=not peer)
    identity = Identity(
        fingerprint=fingerprint_of(components),
        title=f"{status} {'from' if peer else 'at'} {where or 'no route'}",
        culprit=where,
        category=category,
        severity=severity_of("", category, handled=handled, entry="program" if peer else "request"),
        components=components,
    )
    failure = Failure(type=str(status), message=identity.title)
    return grouping.apply(identity, failure, attributes) if grouping else identity


def _category(status: int, *, is_own: bool) -> Category:
    if is_own and status >= 500:
        return "internal"
    return BY_STATUS.get(str(status), "validation" if is_own else "external_service")

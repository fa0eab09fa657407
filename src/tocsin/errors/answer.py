"""Failures that have no exception: a status that this application answered, or was answered."""

from tocsin.errors.fingerprint import Component, fingerprint_of
from tocsin.errors.kinds import BY_STATUS, Category
from tocsin.errors.severity import severity_of
from tocsin.errors.verdict import Identity


def identify_answer(status: int, *, route: str, handled: bool, peer: str = "") -> Identity:
    """The identity of an answer: its status and its route, or the service that gave it. Never a path with values."""
    where = peer or route
    components = (
        Component("status", str(status), "nothing else is known of the failure"),
        Component("peer" if peer else "route", where, "the service that answered" if peer else "the way in"),
    )
    category = _category(status, is_own=not peer)
    return Identity(
        fingerprint=fingerprint_of(components),
        title=f"{status} {'from' if peer else 'at'} {where or 'no route'}",
        culprit=where,
        category=category,
        severity=severity_of("", category, handled=handled),
        components=components,
    )


def _category(status: int, *, is_own: bool) -> Category:
    if is_own and status >= 500:
        return "internal"
    return BY_STATUS.get(str(status), "validation" if is_own else "external_service")

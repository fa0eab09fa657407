"""The kind of an error, which decides who looks at it. Table driven: no library is imported."""

import builtins
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from tocsin.errors.categories import Category, extensions
from tocsin.errors.failure import Failure
from tocsin.errors.kinds import (
    BUG_PHRASES,
    BY_API_ERROR,
    BY_ERRNO,
    BY_PACKAGE,
    BY_PACKAGE_FIRST,
    BY_PHRASE,
    BY_RAISING_PACKAGE,
    BY_RPC_STATUS,
    BY_SQLSTATE,
    BY_STATUS,
    BY_TYPE,
    BY_WEAK_PHRASE,
    BY_WORD,
    SERVERS,
)
from tocsin.errors.module_path import is_library

#: Names of Python's own exceptions.
BUILTIN = frozenset(name for name, value in vars(builtins).items() if isinstance(value, type))

#: Categories in which the input decides how a library words its complaint.
_OF_INPUT = frozenset({"validation", "serialization", "network", "timeout"})
#: Categories that a wrapper or a cause may make more precise.
_VAGUE = frozenset({"internal", "external_service", "network"})


def categorize(failure: Failure, *, reported: Failure, attributes: Mapping[str, object]) -> Category:
    """The category of a failure: the most precise that it, its causes and the exceptions that wrapped it suggest.

    `reported` is the exception that arrived, `failure` the one of its chain that decides. Where nothing tells, it is
    the operation's: a database call's failure is `database`. Otherwise `internal`.
    """
    vague: Category = "internal"
    for link in _links(failure, reported):
        category = _category_of(link)
        if category not in _VAGUE:
            return category
        vague = category if vague == "internal" else vague
    return "database" if vague == "internal" and is_database_call(attributes) else vague


def is_worded_by_input(failure: Failure) -> bool:
    """Whether the words of a message say more about the data than about the cause.

    Part of the identity, so it takes no more than every carrier has: the message and the type without module.
    """
    return (phrase_category(failure.headline) or _by_type(failure.short_type)) in _OF_INPUT


def is_database_call(attributes: Mapping[str, object]) -> bool:
    """Whether a span's attributes say that it is a call to a database."""
    return "db.system.name" in attributes or "db.system" in attributes


def _links(failure: Failure, reported: Failure) -> Iterator[Failure]:
    """The failure, what it was explicitly raised from, and what was raised from it."""
    link = failure
    yield link
    while link.cause is not None and link.cause_is_explicit:
        link = link.cause
        yield link
    for link in reported.chain():
        if link.is_same_exception(failure):
            return
        yield link


def _category_of(failure: Failure) -> Category:
    codes = {**dict(failure.hints), **dict(failure.codes)}
    package = failure.type.partition(".")[0]
    return (
        _by_extension(failure)
        or _by_status(codes.get("http.status", ""), package)
        or BY_RPC_STATUS.get(codes.get("rpc.status", ""))
        or _by_pattern(BY_API_ERROR, codes.get("api.error", ""))
        or BY_SQLSTATE.get(codes.get("sqlstate", "")[:2])
        or phrase_category(failure.headline)
        or BY_PACKAGE_FIRST.get(package)
        or _by_place(failure)
        or _by_bug(failure)
        or _by_type(failure.short_type)
        or BY_ERRNO.get(codes.get("errno", ""))
        or BY_PACKAGE.get(package)
        or _by_bases(codes.get("bases", ""))
        or _by_weak_phrase(failure)
        or "internal"
    )


def _by_extension(failure: Failure) -> Category | None:
    """What somebody registered for the type, by its full or short name."""
    return extensions.get(failure.type) or extensions.get(failure.short_type) if extensions else None


def _by_place(failure: Failure) -> Category | None:
    """What the library that raised an exception of Python's own tells."""
    if not failure.frames or failure.short_type not in {"KeyError", "ValueError", "EOFError", "LookupError"}:
        return None
    deepest = failure.frames[-1]
    if (deepest.module, deepest.function) == ("os", "__getitem__"):
        return "configuration"
    is_raising = is_library(deepest.path) and (not deepest.source or "raise" in deepest.source)
    return BY_RAISING_PACKAGE.get(deepest.module.partition(".")[0]) if is_raising else None


def _by_bug(failure: Failure) -> Category | None:
    """Whether a `ValueError` is about code that does not fit its data, rather than about input."""
    is_bug = failure.short_type == "ValueError" and any(phrase in failure.headline for phrase in BUG_PHRASES)
    return "internal" if is_bug else None


def _by_bases(names: str) -> Category | None:
    """What the classes that an exception is derived from tell; only live exceptions know them."""
    return next((category for name in names.split(",") if name and (category := _by_type(name))), None)


def _by_weak_phrase(failure: Failure) -> Category | None:
    if not failure.type or failure.short_type in BUILTIN:
        return None
    text = failure.headline.lower()
    return next((category for phrase, category in BY_WEAK_PHRASE if phrase in text), None)


def _by_pattern(table: tuple[tuple[re.Pattern[str], Category], ...], name: str) -> Category | None:
    return next((category for pattern, category in table if pattern.search(name)), None) if name else None


def _by_status(status: str, package: str) -> Category | None:
    if not status.isdigit() or not 400 <= int(status) <= 599:
        return None
    if status in BY_STATUS:
        return BY_STATUS[status]
    if package not in SERVERS:
        return "external_service"
    return "validation" if status < "500" else "internal"


@lru_cache(maxsize=512)
def phrase_category(headline: str) -> Category | None:
    """The category that the words of a message give away."""
    text = headline.lower()
    return next((category for phrase, category in BY_PHRASE if phrase in text), None)


@lru_cache(maxsize=512)
def _by_type(name: str) -> Category | None:
    return BY_TYPE.get(name) or _by_pattern(BY_WORD, name)

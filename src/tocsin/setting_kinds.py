"""How values of settings are read, and what the reader may be told about them."""

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from msgspec import Struct

from tocsin.errors.categories import Category
from tocsin.errors.grouping import Grouping
from tocsin.privacy import Flaw, Policy

#: Quiet where the application and its machine are fine.
DEFAULT_PACKS = (
    "issues", "application", "outgoing", "database", "celery", "cache", "host", "telemetry", "patterns", "heartbeats",
)  # fmt: skip
#: Those, what they look at and bring along, and the one whose alert always fires.
PACKS = (*DEFAULT_PACKS, "signals", "watchdog")

#: What is told of a failure beside its stack trace.
DEFAULT_CONTEXT = (
    "release", "request", "user", "attributes", "flags", "breadcrumbs", "source", "arguments", "process", "versions",
    "exemplars",
)  # fmt: skip
#: That, and what others may have sent along.
CONTEXT = (*DEFAULT_CONTEXT, "baggage")
#: Environments that are nobody's but a developer's.
DEVELOPMENT = frozenset({"dev", "development", "local", "test", "testing"})

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, None: 1.0}
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class Kind(Struct, frozen=True):
    """How a value is read, and what the reader may be told about it."""

    allowed: str
    read: Callable[[object], object]
    #: What of a value that can be read cannot be used, and has no effect.
    flaws: Callable[[Any], Iterable[Flaw]] = lambda _: ()


def _boolean(value: object) -> bool:
    return _BOOLEANS[str(value).strip().lower()]


def _duration(value: object) -> float:
    match = _DURATION.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(value)
    return float(match[1]) * _SECONDS[match[2]]


def _count(value: object) -> int:
    count = int(str(value))
    if count < 1:
        raise ValueError(value)
    return count


def _status(value: object) -> int | None:
    if str(value).strip().lower() == "none":
        return None
    status = int(str(value))
    if not 400 <= status <= 599:
        raise ValueError(value)
    return status


def _names(value: object) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise TypeError(value)
    return tuple(str(part).strip() for part in parts if str(part).strip())


def _some_of(allowed: Collection[str], value: object) -> tuple[str, ...]:
    names = _names(value)
    if names == ("none",):
        return ()
    if set(names) - set(allowed):
        raise ValueError(value)
    return names


def _percentage(value: object) -> float:
    return _number(str(value).strip().removesuffix("%"))


def _number(value: object) -> float:
    number = float(str(value))
    if not 0 <= number < math.inf:
        raise ValueError(value)
    return number


def _entries(value: object) -> Mapping[str, object]:
    entries = read_yaml(value) if isinstance(value, str) else value
    if not isinstance(entries, dict):
        raise TypeError(value)
    return {str(name): entry for name, entry in entries.items()}


def _grouping(value: object) -> Grouping:
    lines = value.splitlines() if isinstance(value, str) else value
    if not isinstance(lines, list | tuple):
        raise TypeError(value)
    return Grouping.of(map(str, lines))


def _hash_key(value: object) -> str:
    if not re.fullmatch(r"[\w+/=-]{16,}", str(value)):
        raise ValueError(value)
    return str(value)


def _one_of(allowed: Collection[str], value: object) -> str:
    if value not in allowed:
        raise ValueError(value)
    return str(value)


def _categories(value: object) -> Mapping[str, object]:
    categories = _entries(value)
    if set(categories.values()) - set(get_args(Category)):
        raise ValueError(value)
    return categories


def _url(value: object) -> str:
    if not re.fullmatch(r"https?://[^\s/]+\S*", str(value)):
        raise ValueError(value)
    return str(value)


def _urls(value: object) -> tuple[str, ...]:
    return tuple(map(_url, _names(value)))


def _path(value: object) -> Path:
    try:
        return Path(str(value)).expanduser()
    except RuntimeError as error:  # there is no such home
        raise ValueError(value) from error


def _guard(value: object) -> str:
    if value not in {"allow", "deny"}:
        raise ValueError(value)
    return str(value)


def _otlp_flaws(stanza: Mapping[str, object]) -> Iterator[Flaw]:
    if stanza:
        from tocsin.telemetry.translation import flaws_of  # noqa: PLC0415  imports the SDK, for those who have a stanza

        yield from (Flaw(*flaw) for flaw in flaws_of(stanza))


def read_yaml(text: str) -> object:
    """Raises ValueError, without the line that a YAML error quotes: there may be a secret on it."""
    import yaml  # noqa: PLC0415  its ten milliseconds are for those who have a file

    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise ValueError(f"line {mark.line + 1}: {error.problem}" if mark else str(error)) from error
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


BOOLEAN = Kind("true or false", _boolean)
AUTO = Kind("auto, true or false", lambda value: value if value == "auto" else _boolean(value))
COUNT = Kind("a whole number from 1", _count)
DURATION = Kind("a duration such as 500ms, 15s, 5m, 1h", _duration)
GROUPING = Kind(
    "a list of rules such as 'type:KeyError message:\"*cart*\" -> lost-cart' or 'module:shop.legacy.* -app';"
    " in the environment one a line",
    _grouping,
)
CATEGORIES = Kind(f"a mapping of exception types to {', '.join(get_args(Category))}", _categories)
ENTRIES = Kind("a mapping of names to definitions, in the environment as YAML", _entries)
HASH_KEY = Kind("16 or more letters, digits, _, +, /, = and -", _hash_key)
MASKING = Kind(ENTRIES.allowed, _entries, lambda block: Policy.of(block).flaws)
OTLP = Kind(ENTRIES.allowed, _entries, _otlp_flaws)
MATCHERS = Kind("fallback, classic or utf8", lambda value: _one_of(("fallback", "classic", "utf8"), value))
NAMES = Kind("a list, in the environment separated by commas", _names)
NUMBER = Kind("a number from 0", _number)
PERCENTAGE = Kind("a percentage such as 70", _percentage)
PACK_NAMES = Kind(f"a list of {', '.join(PACKS)}; or none", lambda value: _some_of(PACKS, value))
CONTEXT_PARTS = Kind(f"a list of {', '.join(CONTEXT)}; or none", lambda value: _some_of(CONTEXT, value))
PATH = Kind("a path", _path)
STATUS = Kind("an HTTP status from 400 to 599, or none", _status)
GUARD = Kind("allow or deny", _guard)
TEXT = Kind("text", str)
URL = Kind("a URL that starts with http:// or https://", _url)
URLS = Kind("a list of URLs that start with http:// or https://, in the environment separated by commas", _urls)

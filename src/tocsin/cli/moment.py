"""Points in time as people say them."""

import re
import time
from datetime import datetime, timezone

import click

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([dhms])")


def ago(at: float, *, now: float) -> str:
    """How long ago, in the largest unit that fits. Clocks of machines differ: the future is `now`."""
    seconds = int(now - at)
    return next((f"{seconds // size}{unit} ago" for unit, size in _UNITS if seconds >= size), "now")


def utc(at: float) -> str:
    """Date and time to the second, in UTC."""
    return datetime.fromtimestamp(at, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration(text: str) -> float:
    """Seconds, from texts such as 90s, 5m, 1.5h; as an option's type."""
    match = _DURATION.fullmatch(text)
    if match is None or float(match[1]) == 0:
        raise click.BadParameter(f"{text} is no duration, write one like 30s, 5m or 1h")
    return float(match[1]) * dict(_UNITS)[match[2]]


def moment(text: str) -> float:
    """A unix time, from that itself, from RFC 3339, or from how long ago it was; as an option's type."""
    return _moment(text, direction=-1, example="5m for five minutes ago")


def moment_ahead(text: str) -> float:
    """As `moment`, but a duration says how far ahead."""
    return _moment(text, direction=1, example="12h for in twelve hours")


def _moment(text: str, *, direction: int, example: str) -> float:
    try:
        return time.time() + direction * duration(text) if _DURATION.fullmatch(text) else _unix(text)
    except (ValueError, OverflowError) as error:
        allowed = f"write {example}, 2026-01-31T12:00:00Z, or unix seconds"
        raise click.BadParameter(f"{text} is no time, {allowed}") from error


def _unix(text: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)).timestamp()

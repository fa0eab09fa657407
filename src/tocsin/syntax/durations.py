"""Prometheus' notation of durations."""

import re
from typing import Final

#: In seconds: what fits 64 bits of nanoseconds, as Prometheus keeps durations.
MAX_DURATION: Final = 2**63 / 1e9

_MILLISECONDS = {
    "y": 365 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1000,
    "ms": 1,
}
_DURATION = re.compile("".join(f"(?:([0-9]+){unit})?" for unit in _MILLISECONDS))
_PART = re.compile(r"[0-9]+([a-z]+)")
_WRITTEN = ("d", "h", "m", "s", "ms")


def parse_duration(text: str) -> float:
    """The seconds of `1h30m` or `-5m`: units from long to short, each at most once; only zero needs none.

    Raises:
        ValueError: `text` is no duration, or one longer than 292 years.
    """
    digits = text.removeprefix("-")
    if digits == "0":
        return 0.0
    match = _DURATION.fullmatch(digits)
    if match is None or not digits:
        raise ValueError(_what_is_wrong(digits))
    counts = zip(match.groups(default="0"), _MILLISECONDS.values(), strict=True)
    milliseconds = sum(int(count) * size for count, size in counts)
    if milliseconds >= MAX_DURATION * 1000:
        raise ValueError("duration out of range")
    return milliseconds / (-1000 if text.startswith("-") else 1000)


def _what_is_wrong(text: str) -> str:
    if not text:
        return "empty duration string"
    unknown = next((unit for unit in _PART.findall(text) if unit not in _MILLISECONDS), None)
    return f'unknown unit "{unknown}" in duration "{text}"' if unknown else f'not a valid duration string: "{text}"'


def format_duration(seconds: float) -> str:
    """The reverse, to the millisecond, in the largest unit up to days that leaves nothing over: `90m`."""
    milliseconds = round(seconds * 1000)
    unit = next(unit for unit in _WRITTEN if milliseconds % _MILLISECONDS[unit] == 0) if milliseconds else "s"
    return f"{milliseconds // _MILLISECONDS[unit]}{unit}"

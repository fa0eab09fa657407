"""Prometheus' notation of durations."""

import re

_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_NAMES = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_UNITS = (365 * 86400.0, 7 * 86400.0, 86400.0, 3600.0, 60.0, 1.0, 0.001)


def duration(text: str) -> float:
    """Seconds, from `90s`, `1h30m`, `500ms`; only zero needs no unit.

    Raises:
        ValueError: `text` is something else.
    """
    if text == "0":
        return 0.0
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise ValueError(f"{text!r} is no duration, write one like 30s, 5m or 1h30m")
    return sum(int(amount) * unit for amount, unit in zip(match.groups(), _UNITS, strict=True) if amount)


def written(seconds: float) -> str:
    """The reverse, to the millisecond, in the largest unit that fits."""
    milliseconds = round(seconds * 1000)
    fitting = ((unit, size) for unit, size in _NAMES.items() if milliseconds % size == 0)
    unit, size = next(fitting) if milliseconds else ("s", 1)
    return f"{milliseconds // size}{unit}"

"""Spans of time as Go and Prometheus write them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from tocsin.gotemplate.formatting import fixed

_UNITS = (("y", 31_536_000), ("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1), ("ms", 0.001))
_DURATION = re.compile("".join(rf"(?:(\d+){unit})?" for unit, _ in _UNITS))
_MAX_SECONDS = (1 << 63) / 1e9


def parse_duration(text: str) -> float:
    """The seconds of a Prometheus duration such as `1h30m` or `-5m`; units from large to small, each once.

    Raises:
        ValueError: Not a duration, or beyond 292 years.
    """
    negative = text.startswith("-")
    digits = text[1:] if negative else text
    if digits == "0":
        return 0.0
    found = _DURATION.fullmatch(digits)
    if not digits or found is None:
        reason = "empty duration string" if not digits else f'not a valid duration string: "{text}"'
        raise ValueError(reason)
    milliseconds = sum(
        int(count or 0) * round(size * 1000) for count, (_, size) in zip(found.groups(), _UNITS, strict=True)
    )
    if milliseconds >= _MAX_SECONDS * 1000:
        raise ValueError("duration out of range")
    return milliseconds / (-1000 if negative else 1000)


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """Go's time.Duration."""

    nanoseconds: int

    go_type: ClassVar[str] = "time.Duration"
    exported: ClassVar[Mapping[str, str]] = {
        "String": "__str__",
        "Nanoseconds": "nanoseconds",
        "Milliseconds": "milliseconds",
        "Seconds": "seconds",
        "Minutes": "minutes",
        "Hours": "hours",
    }

    def milliseconds(self) -> int:
        return self.nanoseconds // 1_000_000

    def seconds(self) -> float:
        return self.nanoseconds / 1e9

    def minutes(self) -> float:
        return self.nanoseconds / 60e9

    def hours(self) -> float:
        return self.nanoseconds / 3600e9

    def __str__(self) -> str:
        """`1h2m3.5s`, and below a second `1.5ms`."""
        magnitude, sign = abs(self.nanoseconds), "-" if self.nanoseconds < 0 else ""
        for size, unit in ((1, "ns"), (1000, "µs"), (1_000_000, "ms")):
            if 0 < magnitude < min(size * 1000, 1_000_000_000):
                return f"{sign}{fixed(magnitude / size)}{unit}"
        minutes, rest = divmod(magnitude, 60_000_000_000)
        hours, minutes = divmod(minutes, 60)
        larger = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
        return f"{sign}{larger}{fixed(rest / 1e9)}s"

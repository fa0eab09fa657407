"""Spans of time as Go has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from tocsin.gotemplate.formatting import fixed


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

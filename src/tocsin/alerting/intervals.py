"""Named times at which routes are muted, or at which alone they are active."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = 24 * 60


class Range(NamedTuple):
    """From `first` to `last`, both inclusive."""

    first: int
    last: int

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and self.first <= value <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInterval:
    """What a moment has to meet, in every respect that is not None; one of the ranges is enough in each.

    `times` are minutes of the day, the last one exclusive; weekdays count from Sunday, 0; negative days count from the
    end of the month. An empty tuple is never met. `location` is a time zone; `Local` is the machine's.
    """

    times: tuple[Range, ...] | None = None
    weekdays: tuple[Range, ...] | None = None
    days_of_month: tuple[Range, ...] | None = None
    months: tuple[Range, ...] | None = None
    years: tuple[Range, ...] | None = None
    location: str = "UTC"

    def contains(self, at: float) -> bool:
        """Whether the unix time is in the interval."""
        there = datetime.fromtimestamp(at, tz=zone(self.location))
        length = calendar.monthrange(there.year, there.month)[1]
        return (
            _met(self.times, there.hour * 60 + there.minute)
            and _met(self.weekdays, there.isoweekday() % 7)
            and _met(self.months, there.month)
            and _met(self.years, there.year)
            and (self.days_of_month is None or any(_has_day(days, there.day, length) for days in self.days_of_month))
        )


TimeIntervals: TypeAlias = Mapping[str, tuple[TimeInterval, ...]]
"""By name; a moment is in a named one if it is in any of its parts."""


@lru_cache
def zone(location: str) -> tzinfo | None:
    """The time zone of that name; None for the machine's own.

    Raises:
        ValueError: this machine knows no such zone.
    """
    if location == "Local":
        return None
    try:
        return ZoneInfo(location or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"{location!r} is no time zone that this machine knows, write one like Europe/Berlin"
            " (without zones on the machine: pip install tzdata)"
        ) from error


def _met(ranges: tuple[Range, ...] | None, value: int) -> bool:
    return ranges is None or any(value in each for each in ranges)


def _has_day(days: Range, day: int, length: int) -> bool:
    """Ranges that begin after the end of the month are not met; what ends there ends with the month."""
    first, last = (length + each + 1 if each < 0 else each for each in days)
    return first <= length and max(first, -length) <= day <= min(last, length)

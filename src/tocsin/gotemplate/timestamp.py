"""A point in time, as templates see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.gotemplate.duration import Duration
from tocsin.gotemplate.formatting import text_of
from tocsin.gotemplate.layout import day_name, format_time

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_PRINTED = "2006-01-02 15:04:05.999999999 -0700 MST"


@dataclass(frozen=True, slots=True)
class Time:
    """Go's time.Time: nanoseconds since the epoch, shown in a zone."""

    nanoseconds: int
    zone: tzinfo = timezone.utc

    go_type: ClassVar[str] = "time.Time"
    exported: ClassVar[Mapping[str, str]] = {
        "Add": "add",
        "After": "after",
        "Before": "before",
        "Day": "day",
        "Format": "format",
        "Hour": "hour",
        "IsZero": "is_zero",
        "Minute": "minute",
        "String": "__str__",
        "Sub": "sub",
        "UTC": "utc",
        "Unix": "unix",
        "UnixMilli": "unix_milli",
        "UnixNano": "nanoseconds",
        "Weekday": "weekday",
        "Year": "year",
    }

    @classmethod
    def from_seconds(cls, seconds: float) -> "Time":
        """A unix time, to the millisecond.

        Raises:
            ValueError: Out of the range of 64-bit nanoseconds.
        """
        if not abs(seconds * 1e9) < 1 << 63:
            raise ValueError(
                f"{text_of(seconds)} cannot be represented as a nanoseconds timestamp since it overflows int64"
            )
        return cls(int(int(seconds * 1e9) / 1_000_000) * 1_000_000)

    @classmethod
    def from_datetime(cls, moment: datetime) -> "Time":
        """An aware datetime."""
        return cls((moment - _EPOCH) // timedelta(microseconds=1) * 1000, moment.tzinfo or timezone.utc)

    @property
    def moment(self) -> datetime:
        """As a datetime, to the microsecond."""
        return (_EPOCH + timedelta(microseconds=self.nanoseconds // 1000)).astimezone(self.zone)

    def into(self, zone: str) -> "Time":
        """The same moment in the zone of that name.

        Raises:
            ValueError: There is no such zone.
        """
        try:
            return Time(self.nanoseconds, ZoneInfo(zone))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"unknown time zone {zone}") from None

    def format(self, layout: str) -> str:
        return format_time(layout, self.moment, self.nanoseconds % 1_000_000_000)

    def add(self, duration: Duration) -> "Time":
        return Time(self.nanoseconds + duration.nanoseconds, self.zone)

    def sub(self, other: "Time") -> Duration:
        return Duration(self.nanoseconds - other.nanoseconds)

    def after(self, other: "Time") -> bool:
        return self.nanoseconds > other.nanoseconds

    def before(self, other: "Time") -> bool:
        return self.nanoseconds < other.nanoseconds

    def is_zero(self) -> bool:
        return self.nanoseconds == ZERO.nanoseconds

    def utc(self) -> "Time":
        return Time(self.nanoseconds)

    def unix(self) -> int:
        return self.nanoseconds // 1_000_000_000

    def unix_milli(self) -> int:
        return self.nanoseconds // 1_000_000

    def year(self) -> int:
        return self.moment.year

    def day(self) -> int:
        return self.moment.day

    def hour(self) -> int:
        return self.moment.hour

    def minute(self) -> int:
        return self.moment.minute

    def weekday(self) -> str:
        return day_name(self.moment)

    def __str__(self) -> str:
        return self.format(_PRINTED)


#: Go's zero time: the first second of the year one.
ZERO = Time.from_datetime(datetime(1, 1, 1, tzinfo=timezone.utc))

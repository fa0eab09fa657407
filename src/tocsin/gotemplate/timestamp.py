"""A point in time with Go's layouts: `2006-01-02 15:04:05 MST` is the pattern, and the example."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.gotemplate.duration import Duration

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_PRINTED = "2006-01-02 15:04:05.999999999 -0700 MST"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CHUNK = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|002|01|02|03|04|05|06|15|__2|_2(?!006)|PM|pm"
    r"|-07:00|-0700|-07|Z07:00|Z0700|Z07|[.,](?:0+|9+)(?!\d)|[12345]"
)


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
            raise ValueError(f"{seconds} cannot be represented as a nanoseconds timestamp since it overflows int64")
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
        return _CHUNK.sub(lambda chunk: _format(chunk[0], self), layout)

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
        return _DAYS[self.moment.weekday()]

    def __str__(self) -> str:
        return self.format(_PRINTED)


#: Go's zero time: the first second of the year one.
ZERO = Time.from_datetime(datetime(1, 1, 1, tzinfo=timezone.utc))


def _zone_name(moment: datetime) -> str:
    """The abbreviation of the zone; of a nameless one, its offset."""
    name = moment.tzname() or "UTC"
    return name[3:].replace(":", "") if re.match(r"UTC[+-]", name) else name


def _offset(chunk: str, time: Time) -> str:
    seconds = round((time.moment.utcoffset() or timedelta()).total_seconds())
    if chunk.startswith("Z") and not seconds:
        return "Z"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    sign = "-" if seconds < 0 else "+"
    return f"{sign}{hours:02}" + (f":{minutes:02}" if ":" in chunk else f"{minutes:02}" if chunk.endswith("00") else "")


def _fraction(chunk: str, time: Time) -> str:
    digits = f"{time.nanoseconds % 1_000_000_000:09}"[: len(chunk) - 1]
    kept = digits.rstrip("0") if "9" in chunk else digits
    return chunk[0] + kept if kept else ""


_FORMATS: dict[str, Callable[[datetime], str]] = {
    "January": lambda moment: _MONTHS[moment.month - 1],
    "Jan": lambda moment: _MONTHS[moment.month - 1][:3],
    "Monday": lambda moment: _DAYS[moment.weekday()],
    "Mon": lambda moment: _DAYS[moment.weekday()][:3],
    "MST": lambda moment: _zone_name(moment),
    "2006": lambda moment: f"{moment.year:04}",
    "06": lambda moment: f"{moment.year % 100:02}",
    "01": lambda moment: f"{moment.month:02}",
    "1": lambda moment: f"{moment.month}",
    "02": lambda moment: f"{moment.day:02}",
    "_2": lambda moment: f"{moment.day:2}",
    "2": lambda moment: f"{moment.day}",
    "002": lambda moment: f"{moment.timetuple().tm_yday:03}",
    "__2": lambda moment: f"{moment.timetuple().tm_yday:3}",
    "15": lambda moment: f"{moment.hour:02}",
    "03": lambda moment: f"{moment.hour % 12 or 12:02}",
    "3": lambda moment: f"{moment.hour % 12 or 12}",
    "04": lambda moment: f"{moment.minute:02}",
    "4": lambda moment: f"{moment.minute}",
    "05": lambda moment: f"{moment.second:02}",
    "5": lambda moment: f"{moment.second}",
    "PM": lambda moment: "AM" if moment.hour < 12 else "PM",
    "pm": lambda moment: "am" if moment.hour < 12 else "pm",
}


def _format(chunk: str, time: Time) -> str:
    if chunk in _FORMATS:
        return _FORMATS[chunk](time.moment)
    return _fraction(chunk, time) if chunk[0] in ".," else _offset(chunk, time)


_STRPTIME = {
    "January": "%B",
    "Jan": "%b",
    "Monday": "%A",
    "Mon": "%a",
    "2006": "%Y",
    "06": "%y",
    "15": "%H",
    "01": "%m",
    "1": "%m",
    "02": "%d",
    "2": "%d",
    "_2": "%d",
    "03": "%I",
    "3": "%I",
    "PM": "%p",
    "pm": "%p",
    "04": "%M",
    "4": "%M",
    "05": "%S",
    "5": "%S",
    **dict.fromkeys(("-07:00", "Z07:00", "-0700", "Z0700"), "%z"),
    "MST": "%Z",
}


def parse_time(layout: str, text: str) -> Time:
    """The time that a text in this layout means; UTC unless the text says otherwise.

    Raises:
        ValueError: The text does not follow the layout, or the layout has a part that is not supported here.
    """
    directives = _CHUNK.sub(lambda chunk: _STRPTIME.get(chunk[0], chunk[0]), layout.replace("%", "%%"))
    try:
        moment = datetime.strptime(text, directives)  # noqa: DTZ007  the zone is set below
    except ValueError:
        raise ValueError(f'parsing time "{text}" as "{layout}": cannot parse "{text}" as "{_first(layout)}"') from None
    return Time.from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))


def _first(layout: str) -> str:
    found = _CHUNK.search(layout)
    return found[0] if found else layout

"""Go's layouts of dates and times: `Mon Jan 2 15:04:05 MST 2006` is the pattern, and the example."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CHUNK = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|002|01|02|03|04|05|06|15|__2|_2(?!006)|PM|pm"
    r"|-07:00|-0700|-07|Z07:00|Z0700|Z07|[.,](?:0+|9+)(?!\d)|[12345]"
)


def format_time(layout: str, moment: datetime, nanoseconds: int) -> str:
    """The moment in this layout; `nanoseconds` are those since its second, since a datetime holds only microseconds."""
    return _CHUNK.sub(lambda chunk: _format(chunk[0], moment, nanoseconds), layout)


def parse_time(layout: str, text: str) -> datetime:
    """The moment that a text in this layout means; UTC unless the text says otherwise.

    Raises:
        ValueError: The text does not follow the layout, or the layout has a part that is not supported here.
    """
    pattern = _CHUNK.sub(lambda chunk: _DIRECTIVES.get(chunk[0], chunk[0]), layout.replace("%", "%%"))
    try:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007  the zone is set below
    except ValueError:
        expected = _CHUNK.search(layout)
        where = f'cannot parse "{text}" as "{expected[0] if expected else layout}"'
        raise ValueError(f'parsing time "{text}" as "{layout}": {where}') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def day_name(moment: datetime) -> str:
    """The weekday, in English whatever the locale."""
    return _DAYS[moment.weekday()]


def _month_name(moment: datetime) -> str:
    return _MONTHS[moment.month - 1]


def _zone_name(moment: datetime) -> str:
    """The abbreviation of the zone; of a nameless one, its offset."""
    name = moment.tzname() or "UTC"
    return name[3:].replace(":", "") if re.match(r"UTC[+-]", name) else name


_FORMATS: dict[str, Callable[[datetime], str]] = {
    "January": _month_name,
    "Jan": lambda moment: _month_name(moment)[:3],
    "Monday": day_name,
    "Mon": lambda moment: day_name(moment)[:3],
    "MST": _zone_name,
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


def _format(chunk: str, moment: datetime, nanoseconds: int) -> str:
    if chunk in _FORMATS:
        return _FORMATS[chunk](moment)
    return _fraction(chunk, nanoseconds) if chunk[0] in ".," else _offset(chunk, moment)


def _fraction(chunk: str, nanoseconds: int) -> str:
    """Zeros in the layout stand for digits, nines for digits as far as needed."""
    digits = f"{nanoseconds:09}"[: len(chunk) - 1]
    kept = digits.rstrip("0") if "9" in chunk else digits
    return chunk[0] + kept if kept else ""


def _offset(chunk: str, moment: datetime) -> str:
    seconds = round((moment.utcoffset() or timedelta()).total_seconds())
    if chunk.startswith("Z") and not seconds:
        return "Z"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    ending = f":{minutes:02}" if ":" in chunk else f"{minutes:02}" if chunk.endswith("00") else ""
    return f"{'-' if seconds < 0 else '+'}{hours:02}{ending}"


_DIRECTIVES = {
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
    "MST": "%Z",
    **dict.fromkeys(("-07:00", "Z07:00", "-0700", "Z0700"), "%z"),
}

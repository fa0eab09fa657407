"""The time intervals of the file."""

import calendar
import re
from collections.abc import Callable

from tocsin.alerting.intervals import DAY, Range, TimeInterval, zone
from tocsin.syntax.document import Section

_WEEKDAYS = {name.lower(): (number + 1) % 7 for number, name in enumerate(calendar.day_name)}
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_CLOCK = re.compile(r"(?:([01]\d|2[0-3]):([0-5]\d))|24:00", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+", re.ASCII)
#: Days from the end are compared with those from the beginning as Alertmanager does, in a short month.
_MONTH = 28


def read_interval(section: Section) -> tuple[TimeInterval, ...]:
    """The parts of one named interval; what is wrong with them is noted in the sections' findings."""
    parts = tuple(read_part(each) for each in section.sections("time_intervals"))
    section.accept("name")
    section.close()
    return parts


def read_part(section: Section) -> TimeInterval:
    """One part: what its moments have to meet."""
    part = TimeInterval(
        times=_times(section),
        weekdays=_ranges(section, "weekdays", _weekdays),
        days_of_month=_ranges(section, "days_of_month", _days),
        months=_ranges(section, "months", _months),
        years=_ranges(section, "years", _years),
        location=_location(section),
    )
    section.close()
    return part


def _times(section: Section) -> tuple[Range, ...] | None:
    if not section.holds("times"):
        return None
    found = []
    for each in section.sections("times"):
        first, last = (_minutes(each, name) for name in ("start_time", "end_time"))
        if first is not None and last is not None and first >= last:
            each.report("must be later than start_time", "end_time")
        each.close()
        found.append(Range(first or 0, (last or DAY) - 1))
    return tuple(found)


def _minutes(section: Section, name: str) -> int | None:
    """Of the day; None, with a problem noted, where there are none."""
    text = section.text(name)
    match = _CLOCK.fullmatch(text)
    if match is None:
        section.report(f"must be a time from 00:00 to 24:00, not {text!r}" if text else "is missing", name)
        return None
    return DAY if match[1] is None else int(match[1]) * 60 + int(match[2])


def _ranges(section: Section, name: str, read: Callable[[str, str], Range]) -> tuple[Range, ...] | None:
    if not section.holds(name):
        return None
    found = []
    for text in section.texts(name):
        first, _, last = text.value.lower().partition(":")
        try:
            found.append(read(first, last if ":" in text.value else first))
        except (KeyError, ValueError) as error:
            section.report(f"{text.value!r} {_reason(error, name)}", name, line=text.line)
    return tuple(found)


def _reason(error: Exception, name: str) -> str:
    said = str(error) if type(error) is _BackwardsError else ""
    return said or f"is none of the {name.replace('_', ' ')}, write {_EXAMPLES[name]}"


class _BackwardsError(ValueError):
    """A range that ends before it begins."""


_EXAMPLES = {
    "weekdays": "sunday, or monday:friday",
    "days_of_month": "1, 1:15, or -3:-1 for the last three (1 to 31, -31 to -1)",
    "months": "january, january:march, or 1:3",
    "years": "2030, or 2030:2032",
}


def _weekdays(first: str, last: str) -> Range:
    return _forwards(Range(_WEEKDAYS[first], _WEEKDAYS[last]))


def _months(first: str, last: str) -> Range:
    return _forwards(Range(*(_MONTHS[each] if each in _MONTHS else _number(each) for each in (first, last))))


def _years(first: str, last: str) -> Range:
    return _forwards(Range(_number(first), _number(last)))


def _days(first: str, last: str) -> Range:
    days = Range(_number(first), _number(last))
    if not all(1 <= abs(day) <= 31 for day in days):
        raise ValueError(days)
    if days.first < 0 < days.last:
        raise _BackwardsError("begins at the end of the month, so it has to end there: with a negative day")
    _forwards(Range(*(_MONTH + day if day < 0 else day for day in days)))
    return days


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _forwards(found: Range) -> Range:
    if found.first > found.last:
        raise _BackwardsError("ends before it begins")
    return found


def _location(section: Section) -> str:
    location = section.text("location", "UTC")
    try:
        zone(location)
    except ValueError as error:
        section.report(str(error), "location")
        return "UTC"
    return location

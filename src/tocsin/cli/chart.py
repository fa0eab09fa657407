"""Curves in a terminal."""

import math
from collections.abc import Iterable, Mapping, Sequence

_BARS = "▁▂▃▄▅▆▇█"
_GAP = " "
_HOUR = 3600


def sparkline(values: Sequence[float | None]) -> str:
    """A bar for each value, the lowest for the least, the highest for the greatest; a blank where there is none."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    return "".join(_bar(value, low, high) for value in values)


def resampled(samples: Iterable[tuple[float, float]], *, start: float, end: float, width: int) -> list[float | None]:
    """The last sample of each of `width` equal stretches of time, None where there is none."""
    columns: list[float | None] = [None] * width
    for at, value in samples:
        place = int((at - start) / (end - start) * width) if end > start else 0
        columns[min(max(place, 0), width - 1)] = value
    return columns


def hourly(hours: Mapping[int, int], *, now: float, hours_back: int) -> str:
    """A bar for each of the last hours, the one that runs included, in a frame; `hours` are counts by their beginning.

    Bars begin at zero: the busiest hour is full, one without anything is blank. Nothing where all are.
    """
    this = int(now) // _HOUR * _HOUR
    counts = [hours.get(this - _HOUR * ago, 0) for ago in reversed(range(hours_back))]
    most = max(counts)
    return f"|{''.join(_share(count, most) for count in counts)}|" if most else ""


def _share(count: int, most: int) -> str:
    return _BARS[math.ceil(count / most * len(_BARS)) - 1] if count else _GAP


def _bar(value: float | None, low: float, high: float) -> str:
    if value is None or math.isnan(value):
        return _GAP
    if math.isinf(value) or high == low:
        return _BARS[-1] if value > high else _BARS[0]
    return _BARS[round((value - low) / (high - low) * (len(_BARS) - 1))]

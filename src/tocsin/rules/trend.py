"""Where a signal is heading, and how unusual it is: templates over its recorded series."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.rules.compiled import Rule
    from tocsin.rules.entry import Entry

#: How a signal is written, with `max` or `min` for the worst of several series of a gauge.
PromQL: TypeAlias = "Callable[[str], str]"

TREND_KEYS = ("forecast", "anomaly")
ANOMALIES = ("recent", "same hour")

#: Which end of several series of a gauge a comparison is about.
_SIDES = {"max": ("above", "outside"), "min": ("below", "outside")}
_DAYS = range(1, 8)
#: From the distance of the quartiles to the standard deviation, if the values were normal.
_NORMAL = 1.349


def trend_of(name: str, entry: Entry, promql: PromQL) -> tuple[list[Rule], PromQL]:
    """The rules that record the signal, and what is compared instead of it; without a trend, the signal itself.

    `forecast: 4h` is the value in four hours, if the last hour goes on as it did. `anomaly: recent` is the robust
    z-score against the last hour, `anomaly: same hour` against the same hour of the last seven days: the distance from
    the median, in standard deviations estimated from the quartiles, which outliers do not move.
    Both need half an hour of samples, the last one three days.
    """
    given = [key for key in TREND_KEYS if entry.has(key)]
    if len(given) > 1:
        entry.problem("anomaly", "cannot be combined with forecast; make two entries")
    if not given:
        return [], promql
    if entry.has("equals"):
        entry.problem("equals", "is not for a forecast or a score; use above, below or outside")
    rules: dict[str, str] = {}
    trends = {
        worst: _recorded(rules, f"threshold:{_slug(name)}:{worst}", promql(worst), entry)
        for worst, comparisons in _SIDES.items()
        if any(map(entry.has, comparisons))
    }
    return [{"record": record, "expr": expr} for record, expr in rules.items()], trends.__getitem__


def trend_in_words(entry: Entry) -> str:
    """What is said of the signal, before the signal."""
    if entry.has("forecast"):
        return f"Forecast for {entry.text('forecast')} ahead: "
    return f"Robust z-score ({entry.text('anomaly')}): " if entry.has("anomaly") else ""


def _slug(name: str) -> str:
    return re.sub("[^a-zA-Z0-9_]", "_", name)


def _recorded(rules: dict[str, str], record: str, expr: str, entry: Entry) -> str:
    """The name of the series with the trend; what is the same for both sides is recorded once."""
    known = {expr: record for record, expr in rules.items()}
    if expr in known:
        return f"{known[expr]}_trend"
    rules[record] = expr
    if entry.has("forecast"):
        trend = f"predict_linear({record}[1h], {entry.seconds('forecast', 1):.15g}) and {record} offset 30m"
    elif entry.choice("anomaly", ANOMALIES, "recent") == "recent":
        trend = f"{_score(record, 'quantile_over_time({}, ' + record + '[1h])')} and {record} offset 30m"
    else:
        rules[f"{record}_days"] = " or ".join(_day(record, day) for day in _DAYS)
        enough = f"count without (day) ({record}_days) >= 3"
        trend = f"{_score(record, 'quantile without (day) ({}, ' + record + '_days)')} and {enough}"
    rules[f"{record}_trend"] = trend
    return f"{record}_trend"


def _score(record: str, quantile: str) -> str:
    """Nothing while the values do not vary."""
    median, upper, lower = map(quantile.format, (0.5, 0.75, 0.25))
    return f"({record} - {median}) / (({upper} - {lower} > 0) / {_NORMAL})"


def _day(record: str, day: int) -> str:
    """The average of this hour so many days ago."""
    return f'label_replace(avg_over_time({record}[1h] offset {day}d), "day", "{day}", "", "")'

"""Where a signal is heading, and how unusual it is: templates over its recorded series."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from tocsin.syntax.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.rules.compiled import Rule, Rules
    from tocsin.rules.entry import Entry

#: How a signal is written, with `max` or `min` for the worst of several series of a gauge.
PromQL: TypeAlias = "Callable[[str], str]"

TREND_KEYS = ("forecast", "anomaly")
ANOMALIES = ("recent", "same hour")

#: Which end of several series of a gauge a comparison is about.
_SIDES = {"max": ("above", "outside"), "min": ("below", "outside")}
_DAYS = range(1, 8)
#: What a forecast goes on from: a quarter of how far it looks ahead, from an hour to a week.
_LEAST, _MOST = 3600.0, 7 * 86400.0
#: From the distance of the quartiles to the standard deviation, if the values were normal.
_NORMAL = 1.349


def trend_of(name: str, entry: Entry, promql: PromQL, rules: Rules) -> PromQL:
    """What is compared instead of the signal, whose recording is added to the rules; without a trend, the signal.

    `forecast: 24h` is the value in a day if it goes on as in the last six hours: a quarter of the time ahead, an hour
    at least and a week at most. `anomaly: recent` is the robust z-score against the last hour, `anomaly: same hour`
    against the same hour of the last seven days: the distance from the median, in standard deviations estimated from
    the quartiles, which outliers do not move. There is nothing before half the time looked at has samples, for the same
    hour before three days have.
    """
    given = [key for key in TREND_KEYS if entry.has(key)]
    if len(given) > 1:
        entry.problem("anomaly", "cannot be combined with forecast; make two entries")
    if not given:
        return promql
    if entry.has("equals"):
        entry.problem("equals", "is not for a forecast or a score; use above, below or outside")
    sides = [side for side, comparisons in _SIDES.items() if any(map(entry.has, comparisons))]
    # What is the same for both sides is recorded once.
    records = {promql(side): f"threshold:{_slug(name)}:{side}" for side in reversed(sides)}
    for expr, record in records.items():
        _record(rules, record, expr, entry)
    return {side: f"{records[promql(side)]}_trend" for side in sides}.__getitem__


def trend_in_words(entry: Entry) -> str:
    """What is said of the signal, before the signal."""
    if entry.has("forecast"):
        return f"Forecast for {entry.text('forecast')} ahead: "
    return f"Robust z-score ({entry.text('anomaly')}): " if entry.has("anomaly") else ""


def _slug(name: str) -> str:
    return re.sub("[^a-zA-Z0-9_]", "_", name)


def _record(rules: Rules, record: str, expr: str, entry: Entry) -> None:
    if entry.has("forecast"):
        rules.evenly.append(_rule(record, expr))
        trend = _forecast(record, entry.seconds("forecast", _LEAST))
    elif entry.choice("anomaly", ANOMALIES, "recent") == "recent":
        rules.others.append(_rule(record, expr))
        trend = f"{_score(record, 'quantile_over_time({}, ' + record + '[1h])')} and {record} offset 30m"
    else:
        rules.evenly.append(_rule(record, expr))
        rules.others.append(_rule(f"{record}_days", " or ".join(_day(record, day) for day in _DAYS)))
        enough = f"count without (day) ({record}_days) >= 3"
        trend = f"{_score(f'({expr})', 'quantile without (day) ({}, ' + record + '_days)')} and {enough}"
    rules.others.append(_rule(f"{record}_trend", trend))


def _rule(record: str, expr: str) -> Rule:
    return {"record": record, "expr": expr}


def _forecast(record: str, ahead: float) -> str:
    basis = max(_LEAST, min(ahead / 4, _MOST))
    middle = f"last_over_time({record}[10m] offset {format_duration(basis / 2)})"
    return f"predict_linear({record}[{format_duration(basis)}], {ahead:.15g}) and {middle}"


def _score(present: str, quantile: str) -> str:
    """Nothing while the values do not vary."""
    median, upper, lower = map(quantile.format, (0.5, 0.75, 0.25))
    return f"({present} - {median}) / (({upper} - {lower} > 0) / {_NORMAL})"


def _day(record: str, day: int) -> str:
    """The average of this hour so many days ago."""
    return f'label_replace(avg_over_time({record}[1h] offset {day}d), "day", "{day}", "", "")'

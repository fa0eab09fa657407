"""Service level objectives: entries of `tocsin.yml` become burn-rate alerts and error budgets.

    slo:
      checkout-availability:
        objective: 99.9%
        window: 30d
        total: {metric: http_server_request_duration_seconds_count, where: {http_route: /checkout}}
        bad: {metric: http_server_request_duration_seconds_count, where: {http_route: /checkout, error_type: {not: ""}}}

Instead of `bad` there may be `good`; instead of `total` and either of them, `latency` with the `metric` of a histogram,
`where`, and `below`, which must be a boundary of its buckets.

The windows are those of the Site Reliability Workbook, chapter 5: an alert when a share of the error budget goes within
a long window and still goes in one a twelfth as long. Windows up to an hour look at the metrics themselves. Longer
ones, and the budget over the whole window, add up rates over 5 minutes that are recorded every 5 minutes: each event is
counted once, and nothing but these rates has to be kept for so long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tocsin.rules.compiled import EVENLY, Compiled, Rule, Rules, alert, compile_entries
from tocsin.rules.entry import number
from tocsin.rules.source import Source, source_of
from tocsin.setting_keys import LATENCY, OBJECTIVE, SOURCE
from tocsin.syntax.durations import format_duration
from tocsin.syntax.quoting import quote_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tocsin.rules.entry import Entry

_HOUR = 3600.0
_DAY = 24 * _HOUR
_WINDOW = 30 * _DAY
_BAD, _TOTAL = "slo:bad:rate5m", "slo:total:rate5m"


#: The rates of all and of bad events over so many seconds, as PromQL.
Rates: TypeAlias = "Callable[[float], tuple[str, str]]"


class Burn(NamedTuple):
    """An alert: so much of the budget gone within the long window, and within the short one at the same pace."""

    budget: float
    long: float
    severity: str

    @property
    def short(self) -> float:
        """A twelfth, so that the alert ends soon after the errors do."""
        return self.long / 12

    def rate(self, window: float) -> float:
        """How many times faster than the budget allows."""
        return self.budget * window / self.long


BURNS = (
    Burn(0.02, _HOUR, "critical"),
    Burn(0.05, 6 * _HOUR, "critical"),
    Burn(0.1, _DAY, "warning"),
    Burn(0.1, 3 * _DAY, "warning"),
)


@dataclass(frozen=True, slots=True)
class Objective:
    """A share of events that has to be good."""

    name: str
    target: float
    window: float
    rates: Rates

    @property
    def selector(self) -> str:
        """What the recorded series of this objective have in common."""
        return f"{{slo={quote_value(self.name)}}}"

    @property
    def burns(self) -> list[Burn]:
        """The alerts whose pace is one that the objective does not allow."""
        return [burn for burn in BURNS if burn.rate(self.window) >= 1]


def compile_slos(given: object) -> Compiled:
    """Every entry that can be used as rules, and every problem of the others. Pure."""
    return compile_entries(given, key="slo", allowed=OBJECTIVE, compile_entry=_rules)


def _rules(name: str, entry: Entry) -> Rules:
    objective = _objective(name, entry)
    _check_reachable(entry, objective)
    rates = zip((_TOTAL, _BAD), objective.rates(EVENLY), strict=True)
    evenly = [_record(record, rate, objective) for record, rate in rates]
    return Rules(evenly, list(_others(name, entry, objective)))


def _others(name: str, entry: Entry, objective: Objective) -> Iterator[Rule]:
    for seconds in _windows(objective):
        yield _record(f"slo:error_ratio:rate{format_duration(seconds)}", _ratio(objective, seconds), objective)
    yield _record(
        "slo:burn_rate:rate1h", f"slo:error_ratio:rate1h{objective.selector} / {_budget(objective)}", objective
    )
    left = f"1 - slo:error_ratio:rate{format_duration(objective.window)}{objective.selector} / {_budget(objective)}"
    yield _record("slo:error_budget:remaining_ratio", left, objective)
    for burn in objective.burns:
        yield _burn(entry, objective, burn)
    if entry.has("latency"):
        yield _boundary(name, entry, objective)


def _objective(name: str, entry: Entry) -> Objective:
    target = entry.amount("objective")
    if target and not (target.shown_by == "humanizePercentage" and 0 < target.value < 1):
        entry.problem("objective", "must be a percentage below 100%, such as 99.9%")
    window = entry.seconds("window", _WINDOW)
    if not 7 * _DAY <= window <= 90 * _DAY:
        entry.problem("window", "must be from 7d to 90d")
    rates = _rates(entry, entry.labels("by", ("job",)))
    return Objective(name, target.value if target else 0.5, window, rates)


def _rates(entry: Entry, by: tuple[str, ...]) -> Rates:
    """The rates of all and of bad events. Where no good one has a series all are bad, and the other way round."""
    given = [key for key in ("good", "bad", "latency") if entry.has(key)]
    if len(given) != 1:
        entry.problem("", "needs one of good, bad and latency")
        return lambda _: ("", "")
    if given == ["latency"]:
        return _latency_rates(entry, by)
    all_events = source_of(entry.entry("total", SOURCE))
    some_events = source_of(entry.entry(given[0], SOURCE))

    def rates(seconds: float) -> tuple[str, str]:
        total = _sum(all_events, by, seconds)
        part = f"({_sum(some_events, by, seconds)} or 0 * {total})"
        return total, part if given == ["bad"] else f"{total} - {part}"

    return rates


def _latency_rates(entry: Entry, by: tuple[str, ...]) -> Rates:
    histogram, boundary = _latency(entry)

    def rates(seconds: float) -> tuple[str, str]:
        total = _sum(histogram.suffixed("_count"), by, seconds)
        return total, f"{total} - {_sum(histogram.suffixed('_bucket', boundary), by, seconds)}"

    return rates


def _latency(entry: Entry) -> tuple[Source, str]:
    """The histogram, and what matches the buckets that end at the boundary: some write 1 as 1.0."""
    inside = entry.entry("latency", LATENCY)
    if entry.has("total"):
        entry.problem("total", "is the histogram itself where there is `latency`; remove it")
    below = inside.amount("below")
    end = number(below.value) if below else ""
    return source_of(inside), f'le=~"{end}|{end}\\\\.0"' if end.isdecimal() else f'le="{end}"'


def _sum(source: Source, by: tuple[str, ...], seconds: float) -> str:
    grouping = f" by ({', '.join(by)})" if by else ""
    return f"sum{grouping} (rate({source.over(seconds)}))"


def _check_reachable(entry: Entry, objective: Objective) -> None:
    """An alert that even nothing but errors could not set off is none."""
    fastest = max(burn.rate(objective.window) for burn in BURNS)
    if entry.has("objective") and fastest * (1 - objective.target) >= 1:
        least = 100 * (1 - 1 / fastest)
        entry.problem(
            "objective", f"must be above {least:.2f}% with this window, or the fastest alert could never fire"
        )


def _record(name: str, expr: str, objective: Objective) -> Rule:
    return {"record": name, "expr": expr, "labels": {"slo": objective.name}}


def _windows(objective: Objective) -> list[float]:
    burning = {seconds for burn in objective.burns for seconds in (burn.short, burn.long)}
    return sorted(burning | {_HOUR, objective.window})


def _ratio(objective: Objective, seconds: float) -> str:
    """Weighed by traffic, because rates are added up before they are divided."""
    if seconds <= _HOUR:
        total, bad = objective.rates(seconds)
        return f"({bad}) / ({total} > 0)"
    bad, total = (f"sum_over_time({name}{objective.selector}[{format_duration(seconds)}])" for name in (_BAD, _TOTAL))
    return f"{bad} / ({total} > 0)"


def _budget(objective: Objective) -> str:
    return number(round(1 - objective.target, 9))


def _burn(entry: Entry, objective: Objective, burn: Burn) -> Rule:
    limit = number(round(burn.rate(objective.window) * (1 - objective.target), 9))
    long, short = format_duration(burn.long), format_duration(burn.short)
    conditions = (f"slo:error_ratio:rate{window}{objective.selector} > {limit}" for window in (long, short))
    pace = f"at {burn.rate(objective.window):.3g} times the pace that lasts for {format_duration(objective.window)}"
    return alert(
        "ErrorBudgetBurns",
        entry,
        expr=" and ".join(conditions),
        severity=burn.severity,
        hold=0,
        labels={"slo": objective.name, "window": long},
        summary=f"{{{{ with $labels.job }}}}{{{{ . }}}} {{{{ end }}}}{objective.name}: error budget burns",
        description=(
            f"{{{{ humanizePercentage $value }}}} of the events of the last {long} were bad, and as many in the last"
            f" {short}: the error budget goes {pace}."
        ),
    )


def _boundary(name: str, entry: Entry, objective: Objective) -> Rule:
    """Otherwise nothing would be said of a latency that no bucket ends at."""
    total, bad = objective.rates(EVENLY)
    return alert(
        "ObjectiveNotMeasured",
        entry,
        expr=f"{total} unless ({bad})",
        severity="warning",
        hold=300,
        summary=f"{name}: nothing is known of the latency",
        description="No bucket of the histogram ends at the latency of the objective; choose one of its boundaries.",
        labels={"slo": objective.name},
    )

"""Thresholds for people who do not write PromQL: entries of `tocsin.yml` become the rules that Prometheus evaluates.

    thresholds:
      SlowCheckout:
        metric: http_server_request_duration_seconds
        where: {http_route: /checkout}
        stat: p95
        over: 5m
        by: [job]
        min_count: 20
        above: {warning: 500ms, critical: 2s}
        for: 5m
        runbook: Open a slow trace of the route.

`stat` is `value` (the default), `avg`, `min` or `max` of a gauge over time, `rate` or `increase` of a counter, or `p1`
to `p99` or `avg` of a histogram. `of` makes it a ratio of two. Without `by`, each `job` is judged on its own. Of
several series of one `job`, the worst counts where the stat is `value`; otherwise they count together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.rules.compiled import Compiled, Rule, Rules, alert, compile_entries
from tocsin.rules.entry import Amount, Entry
from tocsin.rules.signal import Signal, signal_of
from tocsin.rules.source import source_of
from tocsin.rules.trend import trend_in_words, trend_of
from tocsin.setting_keys import SEVERITIES, THRESHOLD
from tocsin.syntax.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.rules.source import Source
    from tocsin.rules.trend import PromQL

COMPARISONS = ("above", "below", "equals", "outside")

_WORDS = {"above": "above", "below": "below", "equals": "exactly", "outside": "outside"}


def compile_thresholds(given: object) -> Compiled:
    """Every entry that can be used as rules, and every problem of the others. Pure."""
    return compile_entries(given, key="thresholds", allowed=THRESHOLD, compile_entry=_rules)


@dataclass(frozen=True, slots=True)
class Level:
    """A severity and where it begins; two bounds for `outside`."""

    severity: str
    bounds: tuple[Amount, ...]


def _rules(name: str, entry: Entry) -> Rules:
    rules = Rules([], [])
    source = source_of(entry)
    compared = [key for key in COMPARISONS if entry.has(key)]
    if len(compared) > 1 or not (compared or entry.has("absent_for")):
        entry.problem("", f"needs one of {', '.join(COMPARISONS)}, or absent_for")
    signal = signal_of(entry, source)
    _severity(entry)
    for key in compared[:1]:
        promql = trend_of(name, entry, signal.promql, rules)
        rules.others.extend(_alerts(name, entry, signal, key, promql))
    if entry.has("absent_for"):
        rules.others.append(_absent(name, entry, source))
    return rules


def _alerts(name: str, entry: Entry, signal: Signal, key: str, promql: PromQL) -> Iterator[Rule]:
    count = entry.count("min_count")
    for level in _levels(entry, key):
        expr = _condition(promql, signal, key, level.bounds)
        yield alert(
            name,
            entry,
            expr=f"({expr}) and {signal.count()} >= {count}" if count else expr,
            severity=level.severity,
            hold=entry.seconds("for", 0),
            summary=_summary(name, signal.by, level.bounds),
            description=trend_in_words(entry) + _said(signal, key, level.bounds),
        )


def _absent(name: str, entry: Entry, source: Source) -> Rule:
    seconds = entry.seconds("absent_for", 0)
    return alert(
        f"{name}Absent",
        entry,
        expr=f"absent({source})",
        severity=_severity(entry),
        hold=seconds,
        summary=f"{name}: nothing is measured",
        description=f"There has been no {source} for {format_duration(seconds)}.",
    )


def _severity(entry: Entry) -> str:
    return entry.choice("severity", SEVERITIES, "warning")


def _summary(name: str, by: tuple[str, ...], bounds: tuple[Amount, ...]) -> str:
    """The alert's own labels, its name and its value as thresholds are written."""
    own = "".join(f"{{{{ with $labels.{label} }}}}{{{{ . }}}} {{{{ end }}}}" for label in by)
    shown_by = bounds[0].shown_by if bounds else "humanize"
    return f"{own}{name}: {{{{ {shown_by} $value }}}}"


def _levels(entry: Entry, key: str) -> list[Level]:
    if not isinstance(entry.values[key], dict):
        return [Level(_severity(entry), _bounds(entry, key, key))]
    given = entry.entry(key, SEVERITIES)
    levels = [Level(severity, _bounds(given, severity, key)) for severity in SEVERITIES if given.has(severity)]
    starts = [level.bounds[0].value for level in levels if level.bounds]
    if starts != sorted(starts, reverse=key == "below") and key in {"above", "below"}:
        entry.problem(key, f"must {'fall' if key == 'below' else 'rise'} from {' to '.join(SEVERITIES)}")
    if not levels:
        entry.problem(key, f"must have a number, or one for some of {', '.join(SEVERITIES)}")
    return levels


def _bounds(entry: Entry, key: str, comparison: str) -> tuple[Amount, ...]:
    """Empty where there is a problem: the entry is then not used."""
    value = entry.values[key]
    if comparison != "outside":
        amounts = [entry.amount(key)]
    elif isinstance(value, list) and len(value) == 2:
        inside = Entry(f"{entry.path}.{key}", {"low": value[0], "high": value[1]}, entry.problems)
        amounts = [inside.amount("low"), inside.amount("high")]
    else:
        entry.problem(key, "must be the lowest and the highest good value, such as [10, 50]")
        return ()
    found = tuple(amount for amount in amounts if amount is not None)
    if len(found) == 2 and found[0].value >= found[1].value:
        entry.problem(key, "must have the lower value first")
    return found if len(found) == len(amounts) else ()


def _condition(promql: PromQL, signal: Signal, key: str, bounds: tuple[Amount, ...]) -> str:
    values = [bound.promql for bound in bounds]
    if key == "equals":
        return " or ".join(map(signal.equal_to, values))
    sides = {"above": [("max", ">")], "below": [("min", "<")], "outside": [("min", "<"), ("max", ">")]}[key]
    return " or ".join(
        f"{promql(worst)} {operator} {value}" for (worst, operator), value in zip(sides, values, strict=False)
    )


def _said(signal: Signal, key: str, bounds: tuple[Amount, ...]) -> str:
    """The condition in words."""
    values = " to ".join(bound.written for bound in bounds)
    over = "" if signal.stat == "value" else f" over {format_duration(signal.over)}"
    ratio = f" / {signal.of}" if signal.of else ""
    return f"{signal.stat} of {signal.source}{ratio}{over} is {_WORDS[key]} {values}."

"""What a threshold compares: a statistic of one metric, or the ratio of two."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.rules.entry import Entry
from tocsin.rules.source import Source, source_of
from tocsin.setting_keys import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator

GAUGE_STATS = ("value", "avg", "min", "max")
COUNTER_STATS = ("rate", "increase")

_OVER = 300.0
_QUANTILE = re.compile(r"p([1-9]\d?)")
_STATS = (*GAUGE_STATS, *COUNTER_STATS, *(f"p{percent}" for percent in range(1, 100)))


@dataclass(frozen=True, slots=True)
class Signal:
    """What is compared."""

    source: Source
    stat: str
    over: float
    by: tuple[str, ...]
    of: Source | None = None

    def promql(self, worst: str) -> str:
        """`worst`, `max` or `min`, is how the series of a gauge are taken together."""
        if self.of is None:
            return self._of(self.source, worst)
        part, whole = self._of(self.source, "sum"), self._of(self.of, "sum")
        return f"({part} or 0 * {whole}) / {whole}"

    def count(self) -> str:
        """How many measurements the stat was made of."""
        if self.stat in GAUGE_STATS:
            measured = f"{self._together('sum')} (count_over_time({self.source.over(self.over)}))"
            return f"({self._observed('_count', 'increase')} or {measured})" if self.stat == "avg" else measured
        counter = self.of or (self.source.suffixed("_count") if self.quantile else self.source)
        return f"{self._together('sum')} (increase({counter.over(self.over)}))"

    def equal_to(self, value: str) -> str:
        """Where it, or of several series of a gauge any, is exactly that."""
        if self.stat == "value" and self.of is None:
            return f"{self._together('max')} ({self.source} == {value})"
        return f"{self.promql('max')} == {value}"

    @property
    def quantile(self) -> str:
        """Of `p95`, 0.95."""
        found = _QUANTILE.fullmatch(self.stat)
        return f"0.{int(found[1]):02}".rstrip("0") if found else ""

    def _of(self, source: Source, worst: str) -> str:
        if self.quantile:
            buckets = source.suffixed("_bucket").over(self.over)
            return f"histogram_quantile({self.quantile}, {self._together('sum', 'le')} (rate({buckets})))"
        if self.stat in COUNTER_STATS:
            return f"{self._together('sum')} ({self.stat}({source.over(self.over)}))"
        if self.stat == "value":
            return f"{self._together(worst)} ({source})"
        measured = f"{self._together(self.stat)} ({self.stat}_over_time({source.over(self.over)}))"
        return f"({self._mean()} or {measured})" if self.stat == "avg" else measured

    def _mean(self) -> str:
        """Of what a histogram or summary observed; nothing where the metric is a gauge, which has no such series."""
        return f"{self._observed('_sum', 'rate')} / ({self._observed('_count', 'rate')} > 0)"

    def _observed(self, suffix: str, function: str) -> str:
        return f"{self._together('sum')} ({function}({self.source.suffixed(suffix).over(self.over)}))"

    def _together(self, operator: str, *also: str) -> str:
        labels = (*self.by, *also)
        return f"{operator} by ({', '.join(labels)})" if labels else operator


def signal_of(entry: Entry, source: Source) -> Signal:
    """The keys `stat`, `over`, `by` and `of` of an entry."""
    stat = entry.text("stat", "value")
    if stat not in _STATS:
        entry.choice("stat", (*GAUGE_STATS, *COUNTER_STATS, "p50", "p95", "p99"), "value")
    of = _whole(entry) if entry.has("of") else None
    signal = Signal(source, stat, entry.seconds("over", _OVER), entry.labels("by", ("job",)), of)
    for key, fix in _misuses(entry, signal):
        entry.problem(key, fix)
    return signal


def _whole(entry: Entry) -> Source:
    """The denominator: a metric's name, or a mapping with `metric` and `where`."""
    if isinstance(entry.values["of"], str):
        return source_of(Entry(entry.path, {"metric": entry.values["of"]}, entry.problems))
    return source_of(entry.entry("of", SOURCE))


def _misuses(entry: Entry, signal: Signal) -> Iterator[tuple[str, str]]:
    """What could be compiled, and would never mean what was meant."""
    gauge = signal.stat in GAUGE_STATS
    if gauge and signal.source.metric.endswith("_total"):
        yield "stat", f"{signal.source.metric} counts since its process started; use stat: rate or stat: increase"
    if signal.quantile and re.search(r"_(bucket|count|sum|total)$", signal.source.metric):
        yield "metric", "must be the histogram without _bucket, _count, _sum or _total, for a quantile"
    if signal.stat == "value" and entry.has("over"):
        yield "over", "is for other stats than value; add stat: avg, min or max, or remove it"
    if entry.has("min_count") and signal.stat == "value":
        yield "min_count", "is for what is counted or averaged; remove it, or choose another stat than value"
    if signal.of and signal.stat not in ("value", *COUNTER_STATS):
        yield "stat", "must be value, rate or increase where `of` makes it a ratio"

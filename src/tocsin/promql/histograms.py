"""Classic histograms: one series a bucket, told apart by the label `le`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.frame import Frame
from tocsin.promql.quantiles import warn_of_quantile
from tocsin.series import LabelSets
from tocsin.series.labels import METRIC_NAME, get, without

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tocsin.promql.invocation import Invocation
    from tocsin.promql.query import Query
    from tocsin.series import Labels
    from tocsin.series.samples import Ints, Values

_TOLERANCE = 1e-12
"""Counts of neighbouring buckets that differ by less, relatively, are equal: the difference comes from `rate`."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Which row of a frame is which bucket of which histogram; `others` are rows whose `le` is missing or no number."""

    labels: LabelSets
    rows: Ints
    histogram: Ints
    bound: Values
    others: list[int]

    @classmethod
    def of(cls, labels: LabelSets) -> Layout:
        return labels.derived("buckets", lambda: cls._of(labels))

    @classmethod
    def _of(cls, labels: LabelSets) -> Layout:
        texts = [get(one, "le") for one in labels]
        bounds = {text: _bound(text) for text in set(texts)}
        numbers: dict[Labels, int] = {}
        buckets: list[tuple[int, int, float]] = []
        others: list[int] = []
        for row, (one, text) in enumerate(zip(labels, texts, strict=True)):
            bound = bounds[text]
            if bound is None:
                others.append(row)
            else:
                buckets.append((row, numbers.setdefault(without(one, ("le",)), len(numbers)), bound))
        rows, histogram, bound_of_row = np.array(buckets).reshape(-1, 3).T
        return cls(LabelSets(list(numbers)), rows.astype(np.intp), histogram.astype(np.intp), bound_of_row, others)


def _bound(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _warn_of_bound(query: Query, frame: Frame, row: int) -> None:
    if frame.present[row].any():
        name, text = get(frame.labels[row], METRIC_NAME), get(frame.labels[row], "le")
        message = f'bucket label "le" is missing or has a malformed value of "{text}" for metric name "{name}"'
        query.annotations.warn(message)


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Row `i` is a histogram: its `size[i]` cumulative `counts` with ascending upper `bounds`.

    To the right, rows are filled up with their last bucket. The last bound of a complete histogram is infinite.
    """

    bounds: Values
    counts: Values
    size: Ints

    @classmethod
    def of(cls, histogram: Ints, bound: Values, count: Values) -> tuple[Buckets, Ints]:
        """Also returns the numbers of the histograms that the rows stand for. Equal bounds are added up."""
        order = np.lexsort((bound, histogram))
        histogram, bound, count = histogram[order], bound[order], count[order]
        starts = np.flatnonzero(np.r_[True, (np.diff(histogram) != 0) | (np.diff(bound) != 0)])
        histogram, bound, count = histogram[starts], bound[starts], np.add.reduceat(count, starts)
        numbers, first, size = np.unique(histogram, return_index=True, return_counts=True)
        index = first[:, None] + np.minimum(np.arange(size.max()), size[:, None] - 1)
        return cls(bound[index], count[index], size), numbers

    @property
    def complete(self) -> NDArray[np.bool_]:
        complete: NDArray[np.bool_] = self.bounds[:, -1] == np.inf
        return complete

    @property
    def total(self) -> Values:
        total: Values = self.counts[:, -1]
        return total

    def repaired(self) -> tuple[Buckets, NDArray[np.bool_]]:
        """Counts that never fall, and where falling ones had to be raised by more than a rounding error."""
        counts = self.counts.copy()
        raised = np.zeros(len(counts), bool)
        for column in range(1, counts.shape[1]):
            before, count = counts[:, column - 1], counts[:, column]
            same = np.abs(count - before) <= _TOLERANCE * np.abs(count)
            raised |= (count < before) & ~same
            counts[:, column] = np.where(same | (count < before), before, count)
        return Buckets(self.bounds, counts, self.size), raised


def histogram_quantile(call: Invocation) -> Frame:
    levels = call.scalar(0).tolist()
    for q in levels:
        warn_of_quantile(call.query, q)
    return _evaluate(call, call.frame(1), lambda buckets, step: _quantile(call.query, levels[step], buckets))


def histogram_fraction(call: Invocation) -> Frame:
    lower, upper = call.scalar(0).tolist(), call.scalar(1).tolist()
    return _evaluate(call, call.frame(2), lambda buckets, step: _fraction(lower[step], upper[step], buckets))


def _evaluate(call: Invocation, frame: Frame, function: Callable[[Buckets, int], Values]) -> Frame:
    layout = Layout.of(frame.labels)
    for row in layout.others:
        _warn_of_bound(call.query, frame, row)
    shape = (len(layout.labels), frame.present.shape[1])
    values, present = np.zeros(shape), np.zeros(shape, bool)
    for step in range(shape[1]):
        here = frame.present[layout.rows, step]
        if here.any():
            counts = frame.values[layout.rows[here], step]
            buckets, numbers = Buckets.of(layout.histogram[here], layout.bound[here], counts)
            values[numbers, step] = function(buckets, step)
            present[numbers, step] = True
    return Frame(layout.labels, values, present).without_name()


def _quantile(query: Query, q: float, buckets: Buckets) -> Values:
    """Linear interpolation within the bucket that holds the quantile; the lowest one is taken to begin at 0."""
    if math.isnan(q) or not 0 <= q <= 1:
        return np.full(len(buckets.size), math.nan if math.isnan(q) else math.copysign(math.inf, q))
    buckets, forced = buckets.repaired()
    usable = buckets.complete & (buckets.size >= 2) & (buckets.total != 0)
    if (forced & buckets.complete).any():
        query.annotations.inform("input to histogram_quantile needed to be fixed for monotonicity")
    rank = q * buckets.total
    last = buckets.size - 1
    below = ~(buckets.counts >= rank[:, None]) & (np.arange(buckets.counts.shape[1]) < last[:, None])
    return np.where(usable, _interpolate(buckets, below.sum(axis=1), rank), np.nan)


def _interpolate(buckets: Buckets, index: Ints, rank: Values) -> Values:
    row = np.arange(len(index))
    before = np.maximum(index - 1, 0)
    start = np.where(index > 0, buckets.bounds[row, before], 0.0)
    below = np.where(index > 0, buckets.counts[row, before], 0.0)
    end, count = buckets.bounds[row, index], buckets.counts[row, index]
    inside = start + (end - start) * ((rank - below) / (count - below))
    highest = buckets.bounds[row, np.maximum(buckets.size - 2, 0)]
    inside = np.where((index == 0) & (end <= 0), end, inside)
    return np.where(index == buckets.size - 1, highest, inside)


def _fraction(lower: float, upper: float, buckets: Buckets) -> Values:
    """The share of observations between two values."""
    total = buckets.total
    if math.isnan(lower) or math.isnan(upper):
        return np.full(len(total), np.nan)
    share = (_rank(upper, buckets) - _rank(lower, buckets)) / total
    usable = buckets.complete & (total != 0)
    return np.where(usable, share if lower < upper else np.zeros(len(total)), np.nan)


def _rank(value: float, buckets: Buckets) -> Values:
    """How many observations are not above `value`, by linear interpolation except in a bucket without lower bound."""
    row = np.arange(len(buckets.size))
    index = np.minimum((buckets.bounds <= value).sum(axis=1), buckets.size - 1)
    before = np.maximum(index - 1, 0)
    lowest = np.where(buckets.bounds[:, 0] > 0, 0.0, -np.inf)
    start = np.where(index > 0, buckets.bounds[row, before], lowest)
    below = np.where(index > 0, buckets.counts[row, before], 0.0)
    end, count = buckets.bounds[row, index], buckets.counts[row, index]
    inside = np.where(np.isinf(start), count, below + (count - below) * (value - start) / (end - start))
    rank = np.where(value <= start, below, inside)
    return np.minimum(np.where(value >= end, count, rank), buckets.total)

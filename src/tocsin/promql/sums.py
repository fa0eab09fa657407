"""Sums, means and variances that lose no digits: `1 + 1e100 - 1e100` is 1."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.series.samples import Ints, Values


def grouped_sum(values: Values, starts: Ints) -> Values:
    """Sums runs of rows; run `i` goes from row `starts[i]` to the next start, and no run is empty.

    Neighbours are added pairwise, level by level, and the rounding error of every addition (Knuth's TwoSum) is carried
    along, which is at least as exact as the Kahan-Neumaier summation of Prometheus and takes log2(rows) numpy steps.
    """
    if len(starts) == len(values):
        return values
    total, error = values, np.zeros_like(values)
    for left, paired, right in _levels(starts.tobytes(), len(values)):
        lost, addend = error[right], total[right]
        total, error = total[left], error[left]
        total[paired], rounding = _two_sum(total[paired], addend)
        error[paired] += rounding + lost
    return np.where(np.isfinite(total), total + error, total)


@lru_cache(maxsize=64)
def _levels(starts_of_runs: bytes, rows: int) -> list[tuple[Ints, NDArray[np.bool_], Ints]]:
    """The rows that stay, whether they have a neighbour within their run, and these neighbours.

    Remembered because rules add up the same runs at every evaluation.
    """
    starts = np.frombuffer(starts_of_runs, np.intp)
    sizes = np.diff(starts, append=rows)
    levels = []
    while (sizes > 1).any():
        rank = np.arange(sizes.sum()) - np.repeat(starts, sizes)
        left = np.flatnonzero(rank % 2 == 0)
        paired = rank[left] + 1 < np.repeat(sizes, sizes)[left]
        levels.append((left, paired, left[paired] + 1))
        sizes = (sizes + 1) // 2
        starts = np.cumsum(sizes) - sizes
    return levels


def _two_sum(left: Values, right: Values) -> tuple[Values, Values]:
    total = left + right
    virtual = total - left
    error = (left - (total - virtual)) + (right - virtual)
    return total, np.where(np.isfinite(total), error, 0.0)


def grouped_mean(values: Values, starts: Ints, counts: Ints) -> Values:
    """`counts` may be smaller than the runs, which then contain zeros. Does not overflow where the mean does not."""
    mean = grouped_sum(values, starts) / counts
    if np.isfinite(mean).all():
        return mean
    sizes = np.diff(starts, append=len(values))
    scaled = grouped_sum(values / np.repeat(counts, sizes, axis=0), starts)
    return np.where(np.isfinite(mean), mean, scaled)


def grouped_variance(values: Values, starts: Ints, counts: Ints, valid: NDArray[np.bool_]) -> Values:
    """Of the population, in two passes. The mean is taken twice, so that equal values have no variance at all."""
    sizes = np.diff(starts, append=len(values))
    deviation = values
    for _ in range(2):
        mean = grouped_mean(deviation, starts, counts)
        deviation = np.where(valid, deviation - np.repeat(mean, sizes, axis=0), 0.0)
    return grouped_mean(deviation * deviation, starts, counts)


_WHOLE = np.zeros(1, np.intp)


def column_sum(values: Values) -> Values:
    """The sum of every column; zero where there are no rows."""
    return grouped_sum(values, _WHOLE)[0] if len(values) else np.zeros(values.shape[1:])

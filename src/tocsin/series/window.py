"""The samples of several series within a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.series.samples import Ints, Times, Values


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A column for every series, its oldest sample on top.

    A column has `counts[column]` samples; below them `values` are NaN and `times` have no meaning. Time runs down
    the first axis because numpy works along the last one, and there are more series than samples of one.
    """

    times: Times
    values: Values
    counts: Ints

    @classmethod
    def of(cls, times: Times, values: Values, keep: NDArray[np.bool_]) -> Window:
        """Moves the samples to keep to the top of their column."""
        counts = keep.sum(axis=0)
        on_top = np.arange(len(keep))[:, None] < counts
        if not np.array_equal(keep, on_top):
            order = np.argsort(~keep, axis=0, kind="stable")
            times, values = np.take_along_axis(times, order, 0), np.take_along_axis(values, order, 0)
        height = int(counts.max(initial=0))
        return cls(times[:height], np.where(on_top, values, np.nan)[:height], counts)

    @property
    def valid(self) -> NDArray[np.bool_]:
        valid: NDArray[np.bool_] = np.arange(len(self.values))[:, None] < self.counts
        return valid

    def at(self, index: Ints) -> tuple[Times, Values]:
        """Times and values of one sample a series; where there is none, NaN or anything."""
        if not len(self.values):
            return np.zeros(len(self.counts), np.int64), np.full(len(self.counts), np.nan)
        rows, columns = np.minimum(np.maximum(index, 0), len(self.values) - 1), np.arange(len(self.counts))
        return self.times[rows, columns], self.values[rows, columns]

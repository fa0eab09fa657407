"""Quantiles of plain samples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.promql.query import Query
    from tocsin.series.samples import Ints, Values


def grouped_quantile(q: float, values: Values, present: NDArray[np.bool_], starts: Ints) -> Values:
    """Of each run of values, from one start to the next; NaN counts as smaller than everything.

    Interpolates between neighbours. NaN for a NaN `q`, -Inf below 0, +Inf above 1.
    """
    if math.isnan(q) or not 0 <= q <= 1:
        return np.full(len(starts), math.copysign(math.inf, q) if q == q else math.nan)  # noqa: PLR0124  NaN
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(values)))
    ordered = values[np.lexsort((values, ~np.isnan(values), ~present, group))]
    last = np.add.reduceat(present, starts, dtype=np.intp) - 1
    rank = q * last
    lower = np.floor(rank).astype(np.intp).clip(0)
    upper = np.minimum(lower + 1, last).clip(0)
    weight = rank - np.floor(rank)
    result: Values = ordered[starts + lower] * (1 - weight) + ordered[starts + upper] * weight
    return result


def warn_of_quantile(query: Query, q: float) -> None:
    if not 0 <= q <= 1:
        text = "NaN" if math.isnan(q) else f"{q:g}"
        query.annotations.warn(f"quantile value should be between 0 and 1, got {text}")

"""Functions over the samples of a window, each on its own: `avg_over_time` and its kin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.quantiles import grouped_quantile, warn_of_quantile
from tocsin.promql.sums import column_sum, grouped_mean, grouped_variance

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.promql.frame import Frame
    from tocsin.promql.invocation import Invocation
    from tocsin.series import Window
    from tocsin.series.samples import Values

_ALL_ROWS = np.zeros(1, np.intp)


def _filled(window: Window) -> Values:
    return np.where(window.valid, window.values, 0.0)


def _mean(window: Window) -> Values:
    mean: Values = grouped_mean(_filled(window), _ALL_ROWS, window.counts[None, :])[0]
    return mean


def _variance(window: Window) -> Values:
    variance: Values = grouped_variance(_filled(window), _ALL_ROWS, window.counts[None, :], window.valid)[0]
    return variance


OVER_TIME: dict[str, Callable[[Window], Values]] = {
    "avg_over_time": _mean,
    "count_over_time": lambda window: window.counts.astype(float),
    # fmax and fmin prefer any number to NaN
    "max_over_time": lambda window: np.fmax.reduce(window.values, axis=0),
    "min_over_time": lambda window: np.fmin.reduce(window.values, axis=0),
    "present_over_time": lambda window: np.ones(len(window.counts)),
    "stddev_over_time": lambda window: np.sqrt(_variance(window)),
    "stdvar_over_time": _variance,
    "sum_over_time": lambda window: column_sum(_filled(window)),
}


def over_time(call: Invocation) -> Frame:
    return call.ranges(0).reduce(OVER_TIME[call.node.signature.name]).without_name()


def last_over_time(call: Invocation) -> Frame:
    """The one that keeps the metric name, since the value stays what it was."""
    return call.ranges(0).reduce(lambda window: window.at(window.counts - 1)[1])


def quantile_over_time(call: Invocation) -> Frame:
    levels = call.scalar(0).tolist()
    for q in levels:
        warn_of_quantile(call.query, q)

    def quantile(window: Window, step: int) -> Values:
        starts = np.arange(len(window.counts)) * len(window.values)
        return grouped_quantile(levels[step], window.values.T.ravel(), window.valid.T.ravel(), starts)

    return call.ranges(1).reduce_steps(quantile).without_name()

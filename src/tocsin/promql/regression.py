"""Straight lines through the samples of a window: `deriv` and `predict_linear`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.sums import column_sum

if TYPE_CHECKING:
    from tocsin.promql.frame import Frame
    from tocsin.promql.invocation import Invocation
    from tocsin.series import Window
    from tocsin.series.samples import Times, Values


def deriv(call: Invocation) -> Frame:
    """The slope a second."""
    return call.ranges(0).reduce(lambda window: _line(window, window.times[0])[0], at_least=2).without_name()


def predict_linear(call: Invocation) -> Frame:
    """The value so many seconds after the evaluation."""
    steps, ahead = call.query.steps, call.scalar(1)

    def predict(window: Window, step: int) -> Values:
        slope, intercept = _line(window, steps[step : step + 1])
        predicted: Values = slope * ahead[step] + intercept
        return predicted

    return call.ranges(0).reduce_steps(predict, at_least=2).without_name()


def _line(window: Window, origin: Times) -> tuple[Values, Values]:
    """Slope and value at `origin` of the least-squares line; exact where all samples are equal."""
    valid = window.valid
    x = np.where(valid, (window.times - origin) / 1000, 0.0)
    y = np.where(valid, window.values, 0.0)
    n = window.counts
    sum_x, sum_y, sum_xy, sum_xx = (column_sum(terms) for terms in (x, y, x * y, x * x))
    slope = (sum_xy - sum_x * sum_y / n) / (sum_xx - sum_x * sum_x / n)
    intercept = sum_y / n - slope * sum_x / n
    first = window.values[0]
    constant = ((window.values == first) | ~valid).all(axis=0)
    flat = np.where(np.isinf(first), np.nan, 0.0)
    return np.where(constant, flat, slope), np.where(constant, first + flat, intercept)

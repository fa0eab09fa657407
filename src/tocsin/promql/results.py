"""From the operands of the engine to the values that callers get."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.frame import Frame
from tocsin.promql.ranges import Ranges
from tocsin.promql.values import Matrix, Scalar, Series, String, Value, Vector, VectorSample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.promql.operands import Operand
    from tocsin.series.samples import Times


def at_instant(operand: Operand, now_ms: int) -> Value:
    if isinstance(operand, str):
        return String(now_ms, operand)
    if isinstance(operand, Frame):
        return Vector(tuple(_samples(operand, now_ms)))
    if isinstance(operand, Ranges):
        return _sorted(_window_series(operand))
    return Scalar(now_ms, float(operand[0]))


def over_steps(operand: Operand, steps: Times) -> Matrix:
    if isinstance(operand, np.ndarray):
        return _sorted([Series((), tuple(zip(steps.tolist(), operand.tolist(), strict=True)))])
    if not isinstance(operand, Frame):
        raise TypeError(f"no value at every step: {type(operand).__name__}")
    return _sorted(_step_series(operand, steps))


def _samples(frame: Frame, now_ms: int) -> Iterable[VectorSample]:
    columns = zip(frame.labels, frame.values[:, 0].tolist(), frame.present[:, 0].tolist(), strict=True)
    return (VectorSample(labels, now_ms, value) for labels, value, present in columns if present)


def _step_series(frame: Frame, steps: Times) -> Iterable[Series]:
    for labels, values, present in zip(frame.labels, frame.values, frame.present, strict=True):
        yield Series(labels, tuple(zip(steps[present].tolist(), values[present].tolist(), strict=True)))


def _window_series(ranges: Ranges) -> Iterable[Series]:
    window = ranges.windows.window(0, slice(None))
    for column, (labels, count) in enumerate(zip(ranges.labels, window.counts.tolist(), strict=True)):
        times, values = window.times[:count, column], window.values[:count, column]
        yield Series(labels, tuple(zip(times.tolist(), values.tolist(), strict=True)))


def _sorted(series: Iterable[Series]) -> Matrix:
    return Matrix(tuple(sorted(one for one in series if one.samples)))

"""Every function by its name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql import ast, dates, histograms, label_functions, range_functions, rates, regression
from tocsin.promql.frame import Frame
from tocsin.series import LabelSets
from tocsin.series.labels import METRIC_NAME, from_mapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tocsin.promql.invocation import Invocation
    from tocsin.promql.operands import Operand
    from tocsin.series import Labels
    from tocsin.series.samples import Values

_ELEMENTWISE: dict[str, Callable[[Values], Values]] = {
    "abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "ceil": np.ceil,
    "cos": np.cos,
    "cosh": np.cosh,
    "deg": np.degrees,
    "exp": np.exp,
    "floor": np.floor,
    "ln": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "rad": np.radians,
    "sgn": np.sign,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}


def call(invocation: Invocation) -> Operand:
    """What the function returns.

    Raises:
        EvaluationError: the result would have two series with the same labels, or an argument has no meaning.
    """
    name = invocation.node.signature.name
    if name in _ELEMENTWISE:
        frame = invocation.frame(0)
        return frame.map(_ELEMENTWISE[name](frame.values))
    return _FUNCTIONS[name](invocation)


def _absent(call: Invocation) -> Frame:
    return _where_absent(call, call.frame(0))


def _absent_over_time(call: Invocation) -> Frame:
    return _where_absent(call, call.ranges(0).reduce(lambda window: np.ones(len(window.counts))))


def _where_absent(call: Invocation, frame: Frame) -> Frame:
    absent: NDArray[np.bool_] = ~np.any(frame.present, axis=0)[None, :]
    return Frame(LabelSets([_expected_labels(call.node.args[0])]), np.ones(absent.shape), absent)


def _expected_labels(expr: ast.Expr) -> Labels:
    """What a selector says its series would have. As in Prometheus, any matcher takes back an equality before it."""
    selector = expr.selector if isinstance(expr, ast.MatrixSelector) else expr
    if not isinstance(selector, ast.VectorSelector):
        return ()
    labels: dict[str, str] = {}
    equal: set[str] = set()
    for matcher in selector.matchers:
        first = matcher.op == "=" and matcher.name not in equal
        labels[matcher.name] = matcher.value if first else ""
        equal.update([matcher.name] if first else [])
    return from_mapping({**labels, METRIC_NAME: ""})


def _clamp(call: Invocation) -> Frame:
    """Empty where the minimum is above the maximum."""
    frame, low, high = call.frame(0), call.scalar(1), call.scalar(2)
    clamped = frame.map(_greater(low, _lesser(high, frame.values)))
    return clamped.where(~(high < low)[None, :])


def _clamp_max(call: Invocation) -> Frame:
    return call.frame(0).map(_lesser(call.frame(0).values, call.scalar(1)))


def _clamp_min(call: Invocation) -> Frame:
    return call.frame(0).map(_greater(call.frame(0).values, call.scalar(1)))


def _greater(left: Values, right: Values) -> Values:
    """As in Go: infinity is greater than NaN, which is greater than any number."""
    return np.where(np.isposinf(left) | np.isposinf(right), np.inf, np.maximum(left, right))


def _lesser(left: Values, right: Values) -> Values:
    return -_greater(-left, -right)


def _round(call: Invocation) -> Frame:
    """Half is rounded up. Multiplies with the inverse, as Prometheus does to stay exact for steps such as 0.1."""
    inverse = 1.0 / call.scalar(1) if len(call.args) > 1 else 1.0
    return call.frame(0).map(np.floor(call.frame(0).values * inverse + 0.5) / inverse)


def _scalar(call: Invocation) -> Values:
    """NaN unless there is exactly one sample."""
    frame = call.frame(0)
    single = frame.present.sum(axis=0) == 1
    return np.where(single, np.where(frame.present, frame.values, 0.0).sum(axis=0), np.nan)


def _sort(call: Invocation, *, descending: bool) -> Frame:
    """Has an effect on queries at one instant only."""
    frame = call.frame(0)
    if call.query.step_ms:
        call.query.annotations.warn("sort is ineffective for range queries since results are always ordered by labels")
    if frame.values.shape[1] != 1:
        return frame
    values = frame.values[:, 0]
    return frame.rows(np.lexsort((-values if descending else values, np.isnan(values))))


def _time(call: Invocation) -> Values:
    return call.query.steps / 1000


def _timestamp(call: Invocation) -> Frame:
    """That of the samples if the argument is a selector, that of the evaluation otherwise."""
    frame, selected = call.frame(0), isinstance(ast.unwrap(call.node.args[0]), ast.VectorSelector)
    times = frame.times if selected and frame.times is not None else call.query.steps
    return frame.map(np.broadcast_to(times / 1000, frame.values.shape))


def _vector(call: Invocation) -> Frame:
    values = call.scalar(0)[None, :]
    return Frame(LabelSets([()]), values, np.ones(values.shape, bool))


_FUNCTIONS: dict[str, Callable[[Invocation], Operand]] = {
    "absent": _absent,
    "absent_over_time": _absent_over_time,
    "changes": rates.changes,
    "clamp": _clamp,
    "clamp_max": _clamp_max,
    "clamp_min": _clamp_min,
    "delta": rates.delta,
    "deriv": regression.deriv,
    "histogram_fraction": histograms.histogram_fraction,
    "histogram_quantile": histograms.histogram_quantile,
    "idelta": rates.idelta,
    "increase": rates.increase,
    "irate": rates.irate,
    "label_join": label_functions.label_join,
    "label_replace": label_functions.label_replace,
    "last_over_time": range_functions.last_over_time,
    "pi": lambda call: np.full(len(call.query.steps), math.pi),
    "predict_linear": regression.predict_linear,
    "quantile_over_time": range_functions.quantile_over_time,
    "rate": rates.rate,
    "resets": rates.resets,
    "round": _round,
    "scalar": _scalar,
    "sort": lambda call: _sort(call, descending=False),
    "sort_desc": lambda call: _sort(call, descending=True),
    "time": _time,
    "timestamp": _timestamp,
    "vector": _vector,
    **dict.fromkeys(range_functions.OVER_TIME, range_functions.over_time),
    **dict.fromkeys(dates.PARTS, dates.date_part),
}

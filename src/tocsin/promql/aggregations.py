"""`sum by (…) (…)` and its kin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.errors import EvaluationError
from tocsin.promql.frame import Frame
from tocsin.promql.groups import Groups, grouping_key
from tocsin.promql.label_functions import check_label_name
from tocsin.promql.late_names import dropped_first
from tocsin.promql.quantiles import grouped_quantile, warn_of_quantile
from tocsin.promql.sums import grouped_mean, grouped_sum, grouped_variance
from tocsin.series import LabelSets
from tocsin.series.labels import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.promql import ast
    from tocsin.promql.operands import Operand
    from tocsin.promql.query import Query
    from tocsin.series import Labels
    from tocsin.series.samples import Ints, Values


def aggregate(query: Query, node: ast.Aggregation, frame: Frame, param: Operand | None) -> Frame:
    """One series a group, or for `topk` and `bottomk` the chosen series of every group.

    Raises:
        EvaluationError: the parameter has no meaning: `topk(NaN, …)`, `count_values("", …)`.
    """
    if node.op == "count_values" and isinstance(param, str):
        return _count_values(node, frame, param)
    if query.late_names:
        frame = dropped_first(frame)
    if node.op in _REDUCTIONS and not len(frame.labels):
        return frame
    groups = Groups.of(frame, node.grouping, keep=not node.without)
    if node.op in _REDUCTIONS:
        return _reduce(groups, _REDUCTIONS[node.op])
    if not isinstance(param, np.ndarray):
        raise TypeError(f"parameter of {node.op}: {param!r}")
    if node.op == "quantile":
        return _quantile(query, groups, param)
    # Of equal values the first by their labels are chosen.
    frame = frame.rows(frame.labels.by_label)
    groups = Groups.of(frame, node.grouping, keep=not node.without)
    return _select(frame, groups, _how_many(param), largest=node.op == "topk")


def _reduce(groups: Groups, reduction: Callable[[Groups], Values]) -> Frame:
    return Frame(groups.labels, reduction(groups), groups.counts > 0)


def _variance(groups: Groups) -> Values:
    return grouped_variance(groups.filled(0.0), groups.starts, groups.counts, groups.present)


_REDUCTIONS: dict[str, Callable[[Groups], Values]] = {
    "avg": lambda groups: grouped_mean(groups.filled(0.0), groups.starts, groups.counts),
    "count": lambda groups: groups.counts.astype(float),
    "group": lambda groups: np.ones(groups.counts.shape),
    # fmax and fmin prefer any number to NaN
    "max": lambda groups: np.fmax.reduceat(groups.filled(math.nan), groups.starts, axis=0),
    "min": lambda groups: np.fmin.reduceat(groups.filled(math.nan), groups.starts, axis=0),
    "stddev": lambda groups: np.sqrt(_variance(groups)),
    "stdvar": _variance,
    "sum": lambda groups: grouped_sum(groups.filled(0.0), groups.starts),
}


def _quantile(query: Query, groups: Groups, param: Values) -> Frame:
    for q in param.tolist():
        warn_of_quantile(query, q)

    def quantiles(groups: Groups) -> Values:
        columns = [
            grouped_quantile(q, groups.values[:, i], groups.present[:, i], groups.starts) for i, q in enumerate(param)
        ]
        return np.stack(columns, axis=1)

    return _reduce(groups, quantiles)


def _how_many(param: Values) -> Ints:
    if np.isnan(param).any():
        raise EvaluationError("Parameter value is NaN")
    for value in param.tolist():
        if abs(value) >= 2**63:
            raise EvaluationError(f"Scalar value {value} {'overflows' if value > 0 else 'underflows'} int64")
    return param.astype(np.intp)


def _select(frame: Frame, groups: Groups, limits: Ints, *, largest: bool) -> Frame:
    """The rows themselves, the first `limits[step]` of every group; at a single step in order of their value."""
    frame = frame.rows(groups.grouping.order)
    chosen = np.zeros(frame.present.shape, bool)
    order = np.arange(len(frame.labels))
    for step, limit in enumerate(limits.tolist()):
        order = _ranking(groups, step, largest=largest)
        rank = np.arange(len(order)) - np.repeat(groups.starts, groups.grouping.sizes)
        chosen[order, step] = rank < limit
    if len(limits) > 1:
        return frame.where(chosen)
    return frame.rows(order).where(chosen[order])


def _ranking(groups: Groups, step: int, *, largest: bool) -> Ints:
    """Rows by group, then value, those without one last. Equal values keep their order."""
    values, absent = groups.values[:, step], ~groups.present[:, step]
    group = np.repeat(np.arange(len(groups.labels)), groups.grouping.sizes)
    ranking: Ints = np.lexsort((-values if largest else values, np.isnan(values), absent, group))
    return ranking


def _count_values(node: ast.Aggregation, frame: Frame, label: str) -> Frame:
    check_label_name(label, "count_values()")
    key = grouping_key((*node.grouping, *(() if node.without else (label,))), keep=not node.without)
    counts: dict[Labels, Values] = {}
    steps = frame.present.shape[1]
    for row, step in np.argwhere(frame.present).tolist():
        value = format_value(frame.values[row, step])
        labels = key(replace(frame.labels[row], {label: value}))
        counts.setdefault(labels, np.zeros(steps))[step] += 1
    if not counts:
        return Frame.empty(steps)
    values = np.stack(list(counts.values()))
    return Frame(LabelSets(list(counts)), values, values > 0)


def format_value(value: float) -> str:
    """The shortest decimal form without an exponent, as Go's `FormatFloat(value, 'f', -1, 64)`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return np.format_float_positional(value, trim="-")

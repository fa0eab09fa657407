"""Binary operators: between scalars, between a vector and a scalar, and between the matching samples of two vectors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql import matching, set_operators
from tocsin.promql.checks import SET_OPERATORS
from tocsin.promql.frame import Frame
from tocsin.series.labels import drop_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tocsin.promql import ast
    from tocsin.series import Labels
    from tocsin.series.samples import Values


def _power(base: Values, exponent: Values) -> Values:
    """As C and Go have it; numpy takes a root for an exponent of 0.5, and minus infinity has none there."""
    return np.where(np.isneginf(base) & (exponent == 0.5), np.inf, np.power(base, exponent))


_ARITHMETIC: dict[str, Callable[[Values, Values], Values]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": _power,
    "atan2": np.arctan2,
}
_COMPARISON: dict[str, Callable[[Values, Values], NDArray[np.bool_]]] = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}


def apply(node: ast.Binary, left: Frame | Values, right: Frame | Values) -> Frame | Values:
    """A scalar for two scalars, otherwise a vector without the samples that have no partner or fail the comparison.

    Raises:
        EvaluationError: samples of one side match several of the other in a way that the operator does not allow.
    """
    if isinstance(left, Frame) and isinstance(right, Frame):
        return _vectors(node, left, right)
    left_values, right_values = (side.values if isinstance(side, Frame) else side for side in (left, right))
    frame = left if isinstance(left, Frame) else right
    if isinstance(frame, Frame):
        return _filter_or_map(node, frame, left_values, right_values)
    return _values(node.op, left_values, right_values)


def _values(op: str, left: Values, right: Values) -> Values:
    if op in _ARITHMETIC:
        return _ARITHMETIC[op](left, right)
    return _COMPARISON[op](left, right).astype(float)


def _filter_or_map(node: ast.Binary, frame: Frame, left: Values, right: Values) -> Frame:
    if node.op in _COMPARISON and not node.return_bool:
        return frame.where(_COMPARISON[node.op](left, right))
    return frame.map(_values(node.op, left, right))


def _vectors(node: ast.Binary, left: Frame, right: Frame) -> Frame:
    if node.op in SET_OPERATORS:
        return set_operators.apply(node, left, right)
    left, right = matching.align(node.matching, left, right, _result_labels(node), (node.op, node.return_bool))
    if node.op in _COMPARISON and not node.return_bool:
        return left.where(_COMPARISON[node.op](left.values, right.values))
    return Frame(left.labels, _values(node.op, left.values, right.values), left.present)


def _result_labels(node: ast.Binary) -> Callable[[Labels, Labels], Labels]:
    """Arithmetic has no metric name, unless `group_left(__name__)` asks for it; `bool` never has one."""
    join = partial(matching.join_labels, node.matching)
    if node.return_bool:
        return lambda many, one: drop_name(join(many, one))
    if node.op in _ARITHMETIC:
        return lambda many, one: join(drop_name(many), one)
    return join

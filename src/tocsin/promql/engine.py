"""Evaluates a syntax tree over the head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tocsin.promql import aggregations, ast, binary, functions, results, selectors
from tocsin.promql.annotations import Annotations
from tocsin.promql.deadline import NEVER, Deadline
from tocsin.promql.errors import EvaluationError
from tocsin.promql.frame import Frame
from tocsin.promql.invocation import Invocation
from tocsin.promql.late_names import settle
from tocsin.promql.query import LOOKBACK, Query, check_size, milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.promql.operands import Operand
    from tocsin.promql.values import Matrix, Value
    from tocsin.series import Head
    from tocsin.series.samples import Times, Values


def evaluate(
    expr: ast.Expr,
    head: Head,
    at: float,
    *,
    lookback: float = LOOKBACK,
    default_step: float = 60.0,
    annotations: Annotations | None = None,
    deadline: Deadline = NEVER,
    delayed_name_removal: bool = False,
) -> Value:
    """The value of a query at one instant, as Prometheus 3 gives it with its default feature flags.

    Times and durations are in seconds. `default_step` is that of subqueries without one. Warnings and remarks about
    the data go to `annotations`. `delayed_name_removal` is Prometheus' feature flag of that name. Must run in the
    thread that writes to the head.

    Raises:
        EvaluationError: duplicate series, many-to-many matching, a parameter without meaning, too many samples, or the
            deadline is over.
    """
    now = milliseconds(at)
    query = Query(
        head=head,
        steps=np.array([now], np.int64),
        start_ms=now,
        end_ms=now,
        step_ms=0,
        lookback_ms=milliseconds(lookback),
        default_step_ms=milliseconds(default_step),
        annotations=annotations or Annotations(),
        deadline=deadline,
        late_names=delayed_name_removal,
    )
    return results.at_instant(_run(query, expr), now)


def evaluate_range(  # noqa: PLR0913  what a range query has, and the options of `evaluate`
    expr: ast.Expr,
    head: Head,
    start: float,
    end: float,
    step: float,
    *,
    lookback: float = LOOKBACK,
    default_step: float = 60.0,
    annotations: Annotations | None = None,
    deadline: Deadline = NEVER,
    delayed_name_removal: bool = False,
) -> Matrix:
    """The values of a query at `start`, `start + step` and so on, not after `end`; otherwise as `evaluate`.

    Raises:
        EvaluationError: as `evaluate`; or the query has a type without a value for every step, or there is no step.
    """
    start_ms, end_ms, step_ms = milliseconds(start), milliseconds(end), milliseconds(step)
    query = Query(
        head=head,
        steps=_steps(start_ms, end_ms, step_ms),
        start_ms=start_ms,
        end_ms=end_ms,
        step_ms=step_ms,
        lookback_ms=milliseconds(lookback),
        default_step_ms=milliseconds(default_step),
        annotations=annotations or Annotations(),
        deadline=deadline,
        late_names=delayed_name_removal,
    )
    if expr.type not in {"scalar", "instant vector"}:
        raise EvaluationError(
            f'invalid expression type "{expr.type}" for range query, must be scalar or instant vector'
        )
    return results.over_steps(_run(query, expr), query.steps)


def _steps(start_ms: int, end_ms: int, step_ms: int) -> Times:
    if step_ms <= 0:
        raise EvaluationError(f"step of {step_ms} ms is too short, must be at least 1 ms")
    if end_ms < start_ms:
        raise EvaluationError(f"end of {end_ms} ms is before the start, {start_ms} ms")
    check_size(1, (end_ms - start_ms) // step_ms)
    return np.arange(start_ms, end_ms + 1, step_ms, dtype=np.int64)


def _run(query: Query, expr: ast.Expr) -> Operand:
    with np.errstate(all="ignore"):
        operand = _evaluate(query, expr)
    return settle(operand) if query.late_names else operand


def _evaluate(query: Query, expr: ast.Expr) -> Operand:
    query.deadline.check()
    return _EVALUATORS[type(expr)](query, expr)


def _number(query: Query, node: ast.NumberLiteral) -> Operand:
    return np.full(len(query.steps), node.value)


def _unary(query: Query, node: ast.Unary) -> Operand:
    operand = _evaluate(query, node.expr)
    if node.op == "+":
        return operand
    if isinstance(operand, np.ndarray):
        return -operand
    frame = _frame(operand)
    return frame.map(-frame.values)


def _binary(query: Query, node: ast.Binary) -> Operand:
    left, right = _evaluate(query, node.left), _evaluate(query, node.right)
    return binary.apply(node, _number_or_frame(left), _number_or_frame(right))


def _aggregation(query: Query, node: ast.Aggregation) -> Operand:
    param = None if node.param is None else _evaluate(query, node.param)
    return aggregations.aggregate(query, node, _frame(_evaluate(query, node.expr)), param)


def _call(query: Query, node: ast.Call) -> Operand:
    return functions.call(Invocation(query, node, tuple([_evaluate(query, arg) for arg in node.args])))


_EVALUATORS: dict[type[Any], Callable[[Query, Any], Operand]] = {
    ast.Aggregation: _aggregation,
    ast.Binary: _binary,
    ast.Call: _call,
    ast.MatrixSelector: selectors.matrix,
    ast.NumberLiteral: _number,
    ast.Paren: lambda query, node: _evaluate(query, node.expr),
    ast.StringLiteral: lambda _, node: node.value,
    ast.Subquery: lambda query, node: selectors.subquery(query, node, _evaluate),
    ast.Unary: _unary,
    ast.VectorSelector: selectors.instant,
}


def _frame(operand: Operand) -> Frame:
    if isinstance(operand, Frame):
        return operand
    raise TypeError(f"expected an instant vector, got {type(operand).__name__}")


def _number_or_frame(operand: Operand) -> Frame | Values:
    return operand if isinstance(operand, np.ndarray) else _frame(operand)

"""Duration expressions: `[5m]`, `offset -(1h/2)`, `[max_of(step(), 1m)]`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tocsin.promql.ast import Duration, DurationExpr
from tocsin.promql.errors import EvaluationError
from tocsin.syntax.durations import MAX_DURATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.promql.cursor import Cursor

_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 3}
_SIGN_BINDS = 3
"""A sign binds weaker than `^` and stronger than the rest: `-2^2` is -4."""

_BY_ZERO = {"/": "division by zero", "%": "modulo by zero"}


def parse_range(cursor: Cursor) -> Duration:
    """What stands in brackets: any arithmetic; a plain number has to be positive."""
    position = cursor.token.position
    duration = _expression(cursor, 0, "subquery or range selector")
    if isinstance(duration, float) and duration <= 0:
        cursor.fail("duration must be greater than 0", position)
    return duration


def parse_offset(cursor: Cursor) -> Duration:
    """What follows `offset`: arithmetic only in parentheses, since `foo offset 1m + 2` adds 2 to the values."""
    return _operand(cursor, "offset", arithmetic=False)


def _expression(cursor: Cursor, precedence: int, context: str) -> Duration:
    levels = 2
    cursor.descend(levels)
    left = _operand(cursor, context, arithmetic=True)
    while (operator := cursor.token).kind == "operator" and _PRECEDENCE.get(operator.text, -1) >= precedence:
        cursor.descend()
        levels += 1
        cursor.advance()
        binds = _PRECEDENCE[operator.text] + (operator.text != "^")
        right = _expression(cursor, binds, context)
        if right == 0 and operator.text in _BY_ZERO:
            cursor.fail(_BY_ZERO[operator.text], operator.position)
        left = DurationExpr(operator.text, (left, right))
    cursor.descend(-levels)
    return left


def _operand(cursor: Cursor, context: str, *, arithmetic: bool) -> Duration:
    token = cursor.token
    if token.kind in {"number", "duration"}:
        return _literal(cursor)
    if sign := cursor.accept("+", "-"):
        operand = _expression(cursor, _SIGN_BINDS, context) if arithmetic else _signed(cursor, context)
        if isinstance(operand, float):
            return -operand if sign.text == "-" else operand
        return DurationExpr(sign.text, (operand,))
    if cursor.accept("("):
        inner = _expression(cursor, 0, context)
        cursor.expect(")", context)
        return inner if isinstance(inner, DurationExpr) else DurationExpr("+", (inner,))
    if token.keyword in _FUNCTIONS:
        return _call(cursor, context)
    return cursor.unexpected(context, "number, duration, step(), or range()")


def _signed(cursor: Cursor, context: str) -> Duration:
    cursor.descend()
    operand = _operand(cursor, context, arithmetic=False)
    cursor.descend(-1)
    return operand


def _literal(cursor: Cursor) -> float:
    position = cursor.token.position
    seconds = cursor.number()
    if not abs(seconds) < MAX_DURATION:
        cursor.fail("duration out of range", position)
    return seconds


def _call(cursor: Cursor, context: str) -> DurationExpr:
    name = cursor.advance().keyword
    if not cursor.accept("("):
        cursor.unexpected(context, "number, duration, step(), or range()")
    operands: list[Duration] = []
    for index in range(_FUNCTIONS[name]):
        if index:
            cursor.expect(",", context)
        operands.append(_expression(cursor, 0, context))
    cursor.expect(")", context)
    return DurationExpr(name, tuple(operands))


_FUNCTIONS = {"step": 0, "range": 0, "min_of": 2, "max_of": 2}
"""And how many durations they take."""


def seconds(duration: Duration, *, step: float, query_range: float) -> float:
    """What the duration comes to in a query with this step and this distance from start to end.

    Raises:
        EvaluationError: the arithmetic has no finite result.
    """
    if not isinstance(duration, DurationExpr):
        return duration
    if duration.operator in {"step", "range"}:
        return step if duration.operator == "step" else query_range
    operands = [seconds(operand, step=step, query_range=query_range) for operand in duration.operands]
    if len(operands) == 1:
        return -operands[0] if duration.operator == "-" else operands[0]
    return _apply(duration.operator, *operands)


def _apply(operator: str, left: float, right: float) -> float:
    if right == 0 and operator in _BY_ZERO:
        raise EvaluationError(f"{_BY_ZERO[operator]} in duration expression")
    try:
        result = _ARITHMETIC[operator](left, right)
    except (OverflowError, ValueError, ZeroDivisionError):
        result = math.nan
    if not abs(result) < MAX_DURATION:
        raise EvaluationError("duration is out of range")
    return result


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "%": math.fmod,
    "^": math.pow,
    "min_of": min,
    "max_of": max,
}

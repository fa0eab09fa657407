"""What may follow an operand: `[5m]`, `[1h:1m]`, `offset 5m`, `@ 1700000000`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from tocsin.promql import ast, durations

if TYPE_CHECKING:
    from tocsin.promql.cursor import Cursor

_MAX_TIMESTAMP = float(2**63)


def modified(cursor: Cursor, expr: ast.Expr) -> ast.Expr:
    """`expr` with all the ranges, offsets and `@` that follow."""
    levels = 0
    while True:
        if cursor.token.is_operator("["):
            expr = _range(cursor, expr)
        elif cursor.token.keyword == "offset":
            expr = _offset(cursor, expr)
        elif cursor.token.is_operator("@"):
            expr = _at(cursor, expr)
        else:
            cursor.descend(-levels)
            return expr
        cursor.descend()
        levels += 1


def _range(cursor: Cursor, expr: ast.Expr) -> ast.Expr:
    bracket = cursor.advance()
    length = durations.parse_range(cursor)
    if cursor.accept(":"):
        return _subquery(cursor, expr, length)
    if not isinstance(expr, ast.VectorSelector):
        cursor.fail("ranges only allowed for vector selectors", bracket.position)
    if expr.offset:
        cursor.fail("no offset modifiers allowed before range", bracket.position)
    if expr.at is not None:
        cursor.fail("no @ modifiers allowed before range", bracket.position)
    cursor.expect("]", "subquery or range selector", '"]"')
    _refuse_extended_range(cursor)
    return ast.MatrixSelector(expr, length, position=expr.position)


def _refuse_extended_range(cursor: Cursor) -> None:
    if cursor.token.keyword in {"anchored", "smoothed"}:
        word = cursor.token.keyword
        cursor.fail(f"modifier {word} needs a feature flag in Prometheus and is not supported", cursor.token.position)


def _subquery(cursor: Cursor, expr: ast.Expr, length: ast.Duration) -> ast.Subquery:
    step = None if cursor.token.is_operator("]") else durations.parse_range(cursor)
    cursor.expect("]", "subquery selector", '"]"')
    if expr.type != "instant vector":
        got = "matrix" if expr.type == "range vector" else expr.type
        cursor.fail(f"subquery is only allowed on instant vector, got {got} instead", expr.position)
    return ast.Subquery(expr, length, step, position=expr.position)


def _offset(cursor: Cursor, expr: ast.Expr) -> ast.Expr:
    cursor.advance()
    offset = durations.parse_offset(cursor)
    target = _target(cursor, expr, "offset")
    if target.offset:
        cursor.fail("offset may not be set multiple times", expr.position)
    return _with(expr, replace(target, offset=offset))


def _at(cursor: Cursor, expr: ast.Expr) -> ast.Expr:
    cursor.advance()
    at = _timestamp(cursor, expr.position)
    target = _target(cursor, expr, "@")
    if target.at is not None:
        cursor.fail("@ <timestamp> may not be set multiple times", expr.position)
    return _with(expr, replace(target, at=at))


def _target(cursor: Cursor, expr: ast.Expr, modifier: str) -> ast.VectorSelector | ast.Subquery:
    if isinstance(expr, ast.MatrixSelector):
        return expr.selector
    if isinstance(expr, (ast.VectorSelector, ast.Subquery)):
        return expr
    allowed = "an instant vector selector or range vector selector or a subquery"
    return cursor.fail(f"{modifier} modifier must be preceded by {allowed}", expr.position)


def _with(expr: ast.Expr, target: ast.VectorSelector | ast.Subquery) -> ast.Expr:
    if isinstance(expr, ast.MatrixSelector):
        return replace(expr, selector=cast("ast.VectorSelector", target))
    return target


def _timestamp(cursor: Cursor, position: int) -> ast.At:
    if cursor.token.keyword in {"start", "end"}:
        word = cast("Literal['start', 'end']", cursor.advance().keyword)
        cursor.expect("(", "@")
        cursor.expect(")", "@")
        return word
    sign = cursor.accept("+", "-")
    if cursor.token.kind not in {"number", "duration"}:
        cursor.unexpected("@", "timestamp")
    timestamp = cursor.number() * (-1 if sign and sign.text == "-" else 1)
    if not abs(timestamp) < _MAX_TIMESTAMP:
        cursor.fail(f"timestamp out of bounds for @ modifier: {_go_float(timestamp)}", position)
    return timestamp


def _go_float(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else f"{value:f}"

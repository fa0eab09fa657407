"""Recursive descent over the tokens of PromQL."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from tocsin.promql import ast, checks, durations, literals
from tocsin.promql.cursor import Cursor
from tocsin.promql.matchers import parse_matchers
from tocsin.promql.signatures import (
    AGGREGATIONS,
    EXPERIMENTAL_AGGREGATIONS,
    EXPERIMENTAL_FUNCTIONS,
    NATIVE_HISTOGRAM_FUNCTIONS,
    SIGNATURES,
)
from tocsin.series import METRIC_NAME, Matcher

if TYPE_CHECKING:
    from tocsin.promql.lexer import Token

_PRECEDENCE = {
    **dict.fromkeys(("or",), 1),
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%", "atan2"), 5),
    "^": 6,
}
_NO_METRIC = frozenset({"on", "ignoring", "group_left", "group_right", "bool", "atan2"})
_FILL = frozenset({"fill", "fill_left", "fill_right"})
_MAX_TIMESTAMP = float(2**63)


def parse(query: str) -> ast.Expr:
    """The typed syntax tree of a query. Linear in the length of the query.

    Covers the stable language of Prometheus 3: everything but native histograms, experimental functions and what
    needs a feature flag, each of which is refused by name.

    Raises:
        ParseError: a message in Prometheus' words and the position it is about.
    """
    cursor = Cursor(query)
    if cursor.at_end:
        cursor.fail("no expression found in input", 0)
    expr = _expression(cursor)
    if not cursor.at_end:
        cursor.unexpected()
    return expr


def parse_selector(text: str) -> tuple[Matcher, ...]:
    """The matchers of a series selector such as `up{job="api"}`, without offset or `@`.

    Raises:
        ParseError: `text` is anything else.
    """
    expr = parse(text)
    if not isinstance(expr, ast.VectorSelector) or expr.offset or expr.at is not None:
        Cursor(text).fail("expected a series selector", expr.position)
    return expr.matchers


def _check(cursor: Cursor, complaint: checks.Complaint) -> None:
    if complaint:
        cursor.fail(*complaint)


# Operators


def _expression(cursor: Cursor, precedence: int = 0) -> ast.Expr:
    cursor.descend()
    levels = 1
    left = _unary(cursor)
    while _PRECEDENCE.get(cursor.token.keyword or _symbol(cursor.token), -1) >= precedence:
        cursor.descend()
        levels += 1
        left = _binary(cursor, left)
    cursor.descend(-levels)
    return left


def _symbol(token: Token) -> str:
    return token.text if token.kind == "operator" else ""


def _unary(cursor: Cursor) -> ast.Expr:
    sign = cursor.accept("+", "-")
    if sign is None:
        return _postfix(cursor)
    operand = _expression(cursor, _PRECEDENCE["^"])
    if isinstance(operand, ast.NumberLiteral):
        return replace(operand, value=-operand.value if sign.text == "-" else operand.value, position=sign.position)
    node = ast.Unary(cast("Literal['+', '-']", sign.text), operand, position=sign.position)
    _check(cursor, checks.unary(node))
    return node


def _binary(cursor: Cursor, left: ast.Expr) -> ast.Expr:
    operator = cursor.advance()
    op = operator.text.lower()
    return_bool = cursor.accept_keyword("bool") is not None
    matching = _matching(cursor)
    right = _expression(cursor, _PRECEDENCE[op] + (op != "^"))
    node = ast.Binary(op, left, right, return_bool, matching, position=left.position)
    _check(cursor, checks.binary(node, operator.position))
    return node


def _matching(cursor: Cursor) -> ast.Matching:
    kind = cursor.accept_keyword("on", "ignoring")
    if kind is None:
        return ast.Matching()
    labels = _label_list(cursor)
    group = cursor.accept_keyword("group_left", "group_right")
    include = _label_list(cursor) if group and cursor.token.is_operator("(") else ()
    if cursor.token.keyword in _FILL and cursor.following.is_operator("("):
        cursor.fail("the fill modifiers need a feature flag in Prometheus and are not supported", cursor.token.position)
    side = cast("Literal['', 'left', 'right']", group.keyword.removeprefix("group_") if group else "")
    return ast.Matching(labels, on=kind.keyword == "on", group=side, include=include)


def _label_list(cursor: Cursor) -> tuple[str, ...]:
    context = "grouping opts"
    cursor.expect("(", context, '"("')
    labels: list[str] = []
    while not cursor.accept(")"):
        if cursor.token.kind not in {"identifier", "string"}:
            cursor.unexpected(context, "label")
        labels.append(cursor.advance().text)
        if not cursor.token.is_operator(")"):
            cursor.expect(",", context, '"," or ")"')
    return tuple(labels)


# What follows an operand: ranges, offset, @


def _postfix(cursor: Cursor) -> ast.Expr:
    expr = _operand(cursor)
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
    target = _modified(cursor, expr, "offset")
    if target.offset:
        cursor.fail("offset may not be set multiple times", expr.position)
    return _with(expr, replace(target, offset=offset))


def _at(cursor: Cursor, expr: ast.Expr) -> ast.Expr:
    cursor.advance()
    at = _timestamp(cursor, expr.position)
    target = _modified(cursor, expr, "@")
    if target.at is not None:
        cursor.fail("@ <timestamp> may not be set multiple times", expr.position)
    return _with(expr, replace(target, at=at))


def _modified(cursor: Cursor, expr: ast.Expr, modifier: str) -> ast.VectorSelector | ast.Subquery:
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
    timestamp = _number(cursor).value * (-1 if sign and sign.text == "-" else 1)
    if not abs(timestamp) < _MAX_TIMESTAMP:
        cursor.fail(f"timestamp out of bounds for @ modifier: {_go_float(timestamp)}", position)
    return timestamp


def _go_float(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else f"{value:f}"


# Operands


def _operand(cursor: Cursor) -> ast.Expr:
    token = cursor.token
    if token.kind in {"number", "duration"}:
        return _number(cursor)
    if token.kind == "string":
        cursor.advance()
        return ast.StringLiteral(token.text, position=token.position)
    if cursor.accept("("):
        inner = _expression(cursor)
        cursor.expect(")")
        return ast.Paren(inner, position=token.position)
    if token.is_operator("{"):
        return _selector(cursor, name=None)
    if token.kind == "identifier" and token.keyword not in _NO_METRIC:
        return _named(cursor)
    return cursor.unexpected()


def _number(cursor: Cursor) -> ast.NumberLiteral:
    token = cursor.token
    try:
        value = literals.number(token.text) if token.kind == "number" else literals.duration(token.text)
    except ValueError as error:
        cursor.fail(str(error), token.position)
    cursor.advance()
    return ast.NumberLiteral(value, position=token.position)


def _named(cursor: Cursor) -> ast.Expr:
    """A word is the name of an aggregation, a function or a metric, depending on what follows."""
    name, following = cursor.token, cursor.following
    aggregates = following.is_operator("(") or following.keyword in {"by", "without"}
    if name.keyword in AGGREGATIONS and aggregates:
        return _aggregation(cursor)
    if name.keyword in EXPERIMENTAL_AGGREGATIONS and aggregates:
        cursor.fail(f"{name.keyword}() is experimental in Prometheus and not supported", name.position)
    if following.is_operator("("):
        return _call(cursor)
    return _selector(cursor, name=cursor.advance())


def _arguments(cursor: Cursor) -> tuple[ast.Expr, ...]:
    cursor.expect("(")
    args: list[ast.Expr] = []
    if cursor.accept(")"):
        return ()
    while True:
        args.append(_expression(cursor))
        comma = cursor.accept(",")
        if comma is None:
            cursor.expect(")")
            return tuple(args)
        if cursor.token.is_operator(")"):
            cursor.fail("trailing commas not allowed in function call args", comma.position)


def _call(cursor: Cursor) -> ast.Call:
    name = cursor.advance()
    if name.text in NATIVE_HISTOGRAM_FUNCTIONS:
        cursor.fail(f"{name.text}() works on native histograms, which are not supported", name.position)
    if name.text in EXPERIMENTAL_FUNCTIONS:
        cursor.fail(f'function "{name.text}" is experimental in Prometheus and not supported', name.position)
    if name.text not in SIGNATURES:
        cursor.fail(f'unknown function with name "{name.text}"', name.position)
    signature = SIGNATURES[name.text]
    args = _arguments(cursor)
    _check(cursor, checks.call(signature, args, name.position))
    return ast.Call(signature, args, position=name.position)


def _aggregation(cursor: Cursor) -> ast.Aggregation:
    name = cursor.advance()
    modifier = cursor.accept_keyword("by", "without")
    grouping = _label_list(cursor) if modifier else ()
    args = _arguments(cursor)
    if modifier is None and (modifier := cursor.accept_keyword("by", "without")):
        grouping = _label_list(cursor)
    _check(cursor, checks.aggregation(name.keyword, args, name.position))
    return ast.Aggregation(
        name.keyword,
        args[-1],
        args[0] if len(args) > 1 else None,
        grouping,
        without=modifier is not None and modifier.keyword == "without",
        position=name.position,
    )


# Selectors


def _selector(cursor: Cursor, *, name: Token | None) -> ast.VectorSelector:
    position = name.position if name else cursor.token.position
    matchers = parse_matchers(cursor) if cursor.accept("{") else []
    if name:
        for matcher in matchers:
            if matcher.name == METRIC_NAME:
                twice = f'"{name.text}" or "{matcher.value}"'
                cursor.fail(f"metric name must not be set twice: {twice}", position)
        matchers.insert(0, Matcher(METRIC_NAME, "=", name.text))
    node = ast.VectorSelector(tuple(matchers), position=position)
    _check(cursor, checks.selector(node))
    return node

"""Recursive descent over the tokens of PromQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from tocsin.promql import ast, checks
from tocsin.promql.cursor import Cursor
from tocsin.promql.matchers import parse_matchers
from tocsin.promql.modifiers import modified
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
    try:
        expr = _expression(cursor)
    except RecursionError:
        cursor.fail("expression is nested too deeply for what is left of the stack", 0)
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


def _expression(cursor: Cursor, precedence: int = 0) -> ast.Expr:
    levels = 2
    cursor.descend(levels)
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
        return modified(cursor, _operand(cursor))
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


def _operand(cursor: Cursor) -> ast.Expr:
    token = cursor.token
    if token.kind in {"number", "duration"}:
        return ast.NumberLiteral(cursor.number(), position=token.position)
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

"""Why a rule fires or does not: what the parts of its expression give, and how far its comparisons are from true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from tocsin.promql import Scalar, Vector, ast
from tocsin.promql.checks import SET_OPERATORS
from tocsin.promql.printer import print_expr
from tocsin.rules.group import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tocsin.promql import Expr, Value
    from tocsin.series import Labels

#: Gives the value of an expression.
Evaluate: TypeAlias = "Callable[[Expr], Value]"

_COMPARISONS: Final = frozenset({"==", "!=", ">", "<", ">=", "<="})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One sub-expression; `depth` is 0 for the whole. Without a value it has an `error`, or is a string."""

    depth: int
    text: str
    value: Value | None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """A series whose `value` is compared with `limit`; whether the comparison `holds`, so that the series stays."""

    labels: Labels
    value: float
    limit: float
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A comparison on which the result depends, with all series that it looks at."""

    text: str
    op: str
    margins: tuple[Margin, ...]


def parts(expr: Expr, evaluate: Evaluate, *, depth: int = 0) -> Iterator[Part]:
    """The expression and all that it is made of, each before what is in it; literals are left out."""
    expr = ast.unwrap(expr)
    if isinstance(expr, (ast.NumberLiteral, ast.StringLiteral)):
        return
    value, error = _value(expr, evaluate)
    yield Part(depth=depth, text=print_expr(expr), value=value, error=error)
    for child in _children(expr):
        yield from parts(child, evaluate, depth=depth + 1)


def comparisons(expr: Expr, evaluate: Evaluate) -> Iterator[Comparison]:
    """Those that decide which series the expression gives: its own, or those that `and`, `or`, `unless` join."""
    expr = ast.unwrap(expr)
    if not isinstance(expr, ast.Binary):
        return
    if expr.op in SET_OPERATORS:
        yield from comparisons(expr.left, evaluate)
        yield from comparisons(expr.right, evaluate)
    elif expr.op in _COMPARISONS and not expr.return_bool:
        try:
            yield Comparison(text=print_expr(expr), op=expr.op, margins=tuple(_margins(expr, evaluate)))
        except FAILURES:
            return


def _value(expr: Expr, evaluate: Evaluate) -> tuple[Value | None, str]:
    try:
        return evaluate(expr), ""
    except FAILURES as error:
        return None, str(error)


def _children(expr: Expr) -> tuple[Expr, ...]:
    if isinstance(expr, ast.Binary):
        return expr.left, expr.right
    if isinstance(expr, ast.Call):
        return expr.args
    if isinstance(expr, ast.Aggregation):
        return (expr.expr,) if expr.param is None else (expr.param, expr.expr)
    return (expr.expr,) if isinstance(expr, (ast.Subquery, ast.Unary)) else ()


def _margins(expr: ast.Binary, evaluate: Evaluate) -> Iterator[Margin]:
    """Each side times the other to the power of 0, which is 1 whatever it is, has its value and the result's labels."""
    verdicts = _samples(evaluate(replace(expr, return_bool=True)))
    values, limits = (_samples(evaluate(_with_labels_of_both(expr, side))) for side in ("left", "right"))
    for labels, verdict in verdicts.items():
        if labels in values and labels in limits:
            yield Margin(labels=labels, value=values[labels], limit=limits[labels], holds=verdict == 1)


def _with_labels_of_both(expr: ast.Binary, side: str) -> Expr:
    nothing = ast.NumberLiteral(0.0)
    if side == "left":
        return replace(expr, op="*", right=ast.Binary("^", expr.right, nothing))
    return replace(expr, op="*", left=ast.Binary("^", expr.left, nothing))


def _samples(value: Value) -> dict[Labels, float]:
    if isinstance(value, Vector):
        return {sample.labels: sample.value for sample in value.samples}
    return {(): value.value} if isinstance(value, Scalar) else {}

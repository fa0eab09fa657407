"""How far back an expression looks, so that nobody has to find out from an alert that never fires."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tocsin.promql.ast import (
    Aggregation,
    Binary,
    Call,
    DurationExpr,
    MatrixSelector,
    Paren,
    Subquery,
    Unary,
    VectorSelector,
)
from tocsin.rules.rule import RecordingRule
from tocsin.series import METRIC_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.promql import Expr
    from tocsin.promql.ast import Duration
    from tocsin.rules.rule import Group, Rule


def within(group: Group, seconds: float) -> tuple[Group, tuple[Rule, ...]]:
    """The group without the rules that look back further, and these.

    With them go the rules of the group that look at series which only they would record.
    """
    kept: list[Rule] = []
    left_out: list[Rule] = []
    missing: set[str] = set()
    for rule in group.rules:
        if reach(rule.expr) <= seconds and missing.isdisjoint(_metrics(rule.expr)):
            kept.append(rule)
        else:
            left_out.append(rule)
            missing.update([rule.name] if isinstance(rule, RecordingRule) else [])
    return replace(group, rules=tuple(kept)), tuple(left_out)


def reach(expr: Expr) -> float:
    """Seconds from the time of evaluation to the oldest sample that may count, the lookback left out.

    `@` and durations that are computed count as nothing: they depend on the query.
    """
    if isinstance(expr, VectorSelector):
        return _seconds(expr.offset)
    if isinstance(expr, MatrixSelector):
        return _seconds(expr.range) + reach(expr.selector)
    if isinstance(expr, Subquery):
        return _seconds(expr.range) + _seconds(expr.offset) + reach(expr.expr)
    return max(map(reach, _children(expr)), default=0.0)


def _metrics(expr: Expr) -> Iterator[str]:
    """The metrics that an expression names."""
    if isinstance(expr, VectorSelector):
        yield from (matcher.value for matcher in expr.matchers if (matcher.name, matcher.op) == (METRIC_NAME, "="))
    for child in _children(expr):
        yield from _metrics(child)


def _children(expr: Expr) -> tuple[Expr, ...]:
    if isinstance(expr, Call):
        return expr.args
    if isinstance(expr, Binary):
        return (expr.left, expr.right)
    if isinstance(expr, Aggregation):
        return (expr.expr,) if expr.param is None else (expr.expr, expr.param)
    if isinstance(expr, MatrixSelector):
        return (expr.selector,)
    return (expr.expr,) if isinstance(expr, Paren | Unary | Subquery) else ()


def _seconds(duration: Duration) -> float:
    return 0.0 if isinstance(duration, DurationExpr) else duration

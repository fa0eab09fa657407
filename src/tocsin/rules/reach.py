"""How far back an expression looks, so that nobody has to find out from an alert that never fires.

Samples of an hour are there of every series. What rules record is kept for as long as others look back at it, where it
is recorded in a group with an interval of a minute or more.
"""

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
    from collections.abc import Collection, Iterable, Iterator

    from tocsin.promql import Expr
    from tocsin.promql.ast import Duration
    from tocsin.rules.rule import Group, Rule

#: What is recorded more often is not kept: a minute is as close as Prometheus looks by default.
LEAST_INTERVAL = 60.0
#: Nothing is kept for longer.
LONGEST = 90 * 86400.0


def recorded(groups: Iterable[Group], *, interval: float) -> frozenset[str]:
    """The metrics that may be kept; `interval` is that of groups which do not say theirs."""
    return frozenset(
        rule.record
        for group in groups
        if (group.interval or interval) >= LEAST_INTERVAL
        for rule in group.rules
        if isinstance(rule, RecordingRule)
    )


def within(group: Group, seconds: float, kept: Collection[str] = ()) -> tuple[Group, tuple[Rule, ...]]:
    """The group without the rules that look back further, and these; at metrics in `kept` they may, up to `LONGEST`.

    With them go the rules of the group that look at series which only they would record.
    """
    remaining: list[Rule] = []
    left_out: list[Rule] = []
    missing: set[str] = set()
    for rule in group.rules:
        looks = list(reaches(rule.expr))
        near = all(back <= (LONGEST if name in kept else seconds) for name, back in looks)
        if near and missing.isdisjoint(name for name, _ in looks):
            remaining.append(rule)
        else:
            left_out.append(rule)
            missing.update([rule.name] if isinstance(rule, RecordingRule) else [])
    return replace(group, rules=tuple(remaining)), tuple(left_out)


def long_reaches(groups: Iterable[Group], seconds: float, kept: Collection[str]) -> dict[str, float]:
    """Those of `kept` at which a rule looks back for `seconds` or further, and how far."""
    found: dict[str, float] = {}
    for name, back in (look for group in groups for rule in group.rules for look in reaches(rule.expr)):
        if name in kept and back >= seconds:
            found[name] = max(back, found.get(name, 0.0))
    return found


def reach(expr: Expr) -> float:
    """Seconds from the time of evaluation to the oldest sample that may count, the lookback left out.

    `@` and durations that are computed count as nothing: they depend on the query.
    """
    return max((back for _, back in reaches(expr)), default=0.0)


def reaches(expr: Expr, beyond: float = 0.0) -> Iterator[tuple[str, float]]:
    """For every selector the metric that it names, which may be none, and its reach; `beyond` is added to each."""
    if isinstance(expr, VectorSelector):
        yield _metric(expr), beyond + _seconds(expr.offset)
    elif isinstance(expr, MatrixSelector):
        yield from reaches(expr.selector, beyond + _seconds(expr.range))
    elif isinstance(expr, Subquery):
        yield from reaches(expr.expr, beyond + _seconds(expr.range) + _seconds(expr.offset))
    else:
        for child in children(expr):
            yield from reaches(child, beyond)


def _metric(selector: VectorSelector) -> str:
    named = (matcher.value for matcher in selector.matchers if (matcher.name, matcher.op) == (METRIC_NAME, "="))
    return next(named, "")


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions that an expression is made of; those of a selector are none."""
    if isinstance(expr, Call):
        return expr.args
    if isinstance(expr, Binary):
        return (expr.left, expr.right)
    if isinstance(expr, Aggregation):
        return (expr.expr,) if expr.param is None else (expr.expr, expr.param)
    return (expr.expr,) if isinstance(expr, Paren | Subquery | Unary) else ()


def _seconds(duration: Duration) -> float:
    return 0.0 if isinstance(duration, DurationExpr) else duration

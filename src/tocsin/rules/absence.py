"""Metrics that an expression needs and nobody reports: a rule that looks at one is silent for ever."""

from __future__ import annotations

import difflib
from itertools import chain
from typing import TYPE_CHECKING

from tocsin.promql.ast import Binary, Call, MatrixSelector, VectorSelector
from tocsin.rules.reach import children, reaches

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tocsin.promql import Expr

#: Names that are told in the place of one.
NEAR = 3
_ABOUT_ABSENCE = frozenset({"absent", "absent_over_time"})


def missing(expr: Expr, reported: Collection[str]) -> tuple[str, ...]:
    """The metrics without which the expression gives nothing, as far as they are not `reported`.

    One side of `or` is enough, unless the other is a constant; what `unless` takes away, and what `absent` asks for,
    may be missing.
    """
    return tuple(dict.fromkeys(_missing(expr, reported)))


def near(metric: str, reported: Collection[str]) -> tuple[str, ...]:
    """Metrics that may have been meant: first its parts, if it is a histogram's, then names that are alike."""
    parts = sorted(name for name in reported if name.startswith(f"{metric}_"))
    alike = difflib.get_close_matches(metric, sorted(reported), n=NEAR)
    return tuple(dict.fromkeys((*parts, *alike)))[:NEAR]


def _missing(expr: Expr, reported: Collection[str]) -> Iterator[str]:
    if isinstance(expr, Binary) and expr.op == "or":
        yield from _missing_of_either(expr, reported)
    elif isinstance(expr, Binary) and expr.op == "unless":
        yield from _missing(expr.left, reported)
    elif isinstance(expr, (VectorSelector, MatrixSelector)):
        yield from (name for name, _ in reaches(expr) if name and name not in reported)
    elif not (isinstance(expr, Call) and expr.signature.name in _ABOUT_ABSENCE):
        for child in children(expr):
            yield from _missing(child, reported)


def _missing_of_either(expr: Binary, reported: Collection[str]) -> Iterator[str]:
    sides = [list(_missing(side, reported)) for side in (expr.left, expr.right) if any(reaches(side))]
    if all(sides):
        yield from chain.from_iterable(sides)

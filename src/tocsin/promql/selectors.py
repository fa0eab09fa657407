"""From selectors to data: instant vectors, range vectors, subqueries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.frame import Frame
from tocsin.promql.late_names import keep_names
from tocsin.promql.query import check_size, check_windows
from tocsin.promql.ranges import GridWindows, Ranges

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.promql import ast
    from tocsin.promql.query import Query
    from tocsin.series import LabelSets, Selection
    from tocsin.series.samples import Times


def instant(query: Query, node: ast.VectorSelector) -> Frame:
    selection = query.head.select(node.matchers)
    check_size(len(selection.labels), len(query.steps))
    times = query.moved(node.offset, node.at)
    if not len(selection.labels):
        return Frame.empty(len(query.steps))
    sample_times, values, present = selection.latest(times, lookback_ms=query.lookback_ms)
    return Frame(_labels(query, selection), values, present, sample_times).compact()


def matrix(query: Query, node: ast.MatrixSelector) -> Ranges:
    selector, length = node.selector, query.length(node.range)
    selection = query.head.select(selector.matchers)
    check_size(len(selection.labels), len(query.steps))
    ends = query.moved(selector.offset, selector.at)
    windows = selection.windows(ends - length, ends)
    check_windows(windows.samples)
    return Ranges(_labels(query, selection), ends, length, windows, query.deadline)


def _labels(query: Query, selection: Selection) -> LabelSets:
    return keep_names(selection.labels) if query.late_names else selection.labels


def subquery(query: Query, node: ast.Subquery, evaluate: Callable[[Query, ast.Expr], object]) -> Ranges:
    """Evaluates the inner expression once, at all the multiples of the step that any of the windows may need."""
    length = query.length(node.range)
    step = query.default_step_ms if node.step is None else query.length(node.step)
    ends = query.moved(node.offset, node.at)
    grid = _multiples(step, after=int(ends[0]) - length, until=int(ends[-1]))
    frame = evaluate(query.over(grid), node.expr)
    if not isinstance(frame, Frame):
        raise TypeError(f"subquery over {frame!r}")
    return Ranges(frame.labels, ends, length, GridWindows.of(frame, grid, ends - length, ends), query.deadline)


def _multiples(step: int, *, after: int, until: int) -> Times:
    first = after // step + 1
    check_size(1, until // step - first + 1)
    return np.arange(first, until // step + 1, dtype=np.int64) * step

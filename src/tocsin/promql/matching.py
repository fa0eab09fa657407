"""Which samples of two vectors belong together."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.errors import EvaluationError
from tocsin.promql.frame import Frame
from tocsin.promql.groups import grouping_key
from tocsin.series.labels import format_labels, get, only, replace, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from tocsin.promql import ast
    from tocsin.series import Labels

_EXPLICIT = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
_AMBIGUOUS = "multiple matches for labels: grouping labels must ensure unique matches"


def rows_by_key(labels: Iterable[Labels], key: Callable[[Labels], Labels]) -> dict[Labels, list[int]]:
    rows: defaultdict[Labels, list[int]] = defaultdict(list)
    for row, series in enumerate(labels):
        rows[key(series)].append(row)
    return rows


def align(
    matching: ast.Matching,
    left: Frame,
    right: Frame,
    result: Callable[[Labels, Labels], Labels],
) -> tuple[Frame, Frame]:
    """Both sides with equal labels and presence: row `i` of one belongs to row `i` of the other.

    `result` makes their labels from those of the "many" side and those of the "one" side.

    Raises:
        EvaluationError: the matching is many-to-many, or many-to-one without `group_left` or `group_right`.
    """
    many, one = (right, left) if matching.group == "right" else (left, right)
    key = grouping_key(matching.labels, keep=matching.on)
    many_rows, one_rows = rows_by_key(many.labels, key), rows_by_key(one.labels, key)
    _check_one_side(matching, many, one, one_rows)
    if not matching.group:
        _check_one_to_one(many, one, many_rows, one_rows)
    pairs = [(m, o) for group, rows in many_rows.items() for m in rows for o in one_rows.get(group, ())]
    labels = [result(many.labels[m], one.labels[o]) for m, o in pairs]
    many_of, one_of = np.array(pairs, np.intp).reshape(-1, 2).T
    present = many.present[many_of] & one.present[one_of]
    many, one = (
        Frame(labels, values, present).merged(_AMBIGUOUS) for values in (many.values[many_of], one.values[one_of])
    )
    return (one, many) if matching.group == "right" else (many, one)


def join_labels(matching: ast.Matching, many: Labels, one: Labels) -> Labels:
    if not matching.group:
        return only(many, matching.labels) if matching.on else without(many, matching.labels)
    if not matching.include:
        return many
    return replace(many, {name: get(one, name) for name in matching.include})


def _check_one_side(matching: ast.Matching, many: Frame, one: Frame, one_rows: dict[Labels, list[int]]) -> None:
    """Even samples that match nothing must be unique, at steps where both sides have any sample at all."""
    meeting = many.present.any(axis=0) & one.present.any(axis=0)
    for rows in one_rows.values():
        if len(rows) > 1 and _several(one.present[rows] & meeting):
            raise EvaluationError(_duplicates(matching, one, rows))


def _several(present: NDArray[np.bool_]) -> bool:
    return bool((present.sum(axis=0) > 1).any())


def _check_one_to_one(
    many: Frame,
    one: Frame,
    many_rows: dict[Labels, list[int]],
    one_rows: dict[Labels, list[int]],
) -> None:
    for group, rows in many_rows.items():
        if len(rows) > 1 and group in one_rows:
            matched = one.present[one_rows[group]].any(axis=0)
            if _several(many.present[rows] & matched):
                raise EvaluationError(_EXPLICIT)


def _duplicates(matching: ast.Matching, one: Frame, rows: list[int]) -> str:
    step = int(np.argmax(one.present[rows].sum(axis=0)))
    present = sorted(one.labels[row] for row in rows if one.present[row, step])
    group = grouping_key(matching.labels, keep=matching.on)(one.labels[rows[0]])
    examples = ", ".join(map(format_labels, present[:2]))
    side = "left" if matching.group == "right" else "right"
    return (
        f"found duplicate series for the match group {format_labels(group)} on the {side} hand-side of the operation:"
        f" [{examples}];many-to-many matching not allowed: matching labels must be unique on one side"
    )

"""Which samples of two vectors belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.errors import EvaluationError
from tocsin.promql.frame import Frame
from tocsin.promql.groups import Grouping
from tocsin.series import LabelSets
from tocsin.series.labels import format_labels, get, only, replace, without

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from tocsin.promql import ast
    from tocsin.series import Labels
    from tocsin.series.samples import Ints

_EXPLICIT = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
_AMBIGUOUS = "multiple matches for labels: grouping labels must ensure unique matches"


def grouped(frame: Frame, matching: ast.Matching) -> Grouping:
    """Rows that are the same to the other side."""
    return Grouping.of(frame.labels, frozenset(matching.labels), keep=matching.on)


def partners(groups: Grouping, others: Grouping) -> Ints:
    """For every group the number of the other one with the same labels, or -1."""

    def look_up() -> Ints:
        numbers = {labels: number for number, labels in enumerate(others.labels)}
        return np.array([numbers.get(labels, -1) for labels in groups.labels], np.intp)

    return groups.labels.derived((partners, others.labels), look_up)


@dataclass(frozen=True, slots=True, eq=False)
class _Join:
    """Row `i` of the result comes from these rows of both sides."""

    labels: LabelSets
    many: Ints
    one: Ints


def align(
    matching: ast.Matching,
    left: Frame,
    right: Frame,
    result: Callable[[Labels, Labels], Labels],
    key: Hashable,
) -> tuple[Frame, Frame]:
    """Both sides with equal labels and presence: row `i` of one belongs to row `i` of the other.

    `result` makes their labels from those of the "many" side and those of the "one" side; for equal keys, the same.

    Raises:
        EvaluationError: the matching is many-to-many, or many-to-one without `group_left` or `group_right`.
    """
    if not len(left.labels) or not len(right.labels):
        nothing = Frame.empty(left.present.shape[1])
        return nothing, nothing
    many, one = (right, left) if matching.group == "right" else (left, right)
    many_groups, one_groups = grouped(many, matching), grouped(one, matching)
    _check_one_side(matching, many, one, one_groups)
    if not matching.group:
        _check_one_to_one(many, one, many_groups, one_groups)
    join = many.labels.derived(
        (align, one.labels, matching, key), lambda: _join(many.labels, one.labels, many_groups, one_groups, result)
    )
    present = many.present[join.many] & one.present[join.one]
    many, one = (
        Frame(join.labels, values, present).merged(_AMBIGUOUS)
        for values in (many.values[join.many], one.values[join.one])
    )
    return (one, many) if matching.group == "right" else (many, one)


def _join(
    many: LabelSets,
    one: LabelSets,
    many_groups: Grouping,
    one_groups: Grouping,
    result: Callable[[Labels, Labels], Labels],
) -> _Join:
    partner = partners(many_groups, one_groups).tolist()
    pairs = [
        (m, o)
        for group, other in enumerate(partner)
        if other >= 0
        for m in many_groups.rows(group).tolist()
        for o in one_groups.rows(other).tolist()
    ]
    many_of, one_of = np.array(pairs, np.intp).reshape(-1, 2).T
    return _Join(LabelSets([result(many[m], one[o]) for m, o in pairs]), many_of, one_of)


def join_labels(matching: ast.Matching, many: Labels, one: Labels) -> Labels:
    if not matching.group:
        return only(many, matching.labels) if matching.on else without(many, matching.labels)
    if not matching.include:
        return many
    return replace(many, {name: get(one, name) for name in matching.include})


def _check_one_side(matching: ast.Matching, many: Frame, one: Frame, one_groups: Grouping) -> None:
    """Even samples that match nothing must be unique, at steps where both sides have any sample at all."""
    for group in one_groups.several:
        rows = one_groups.rows(group)
        meeting = many.present.any(axis=0) & one.present.any(axis=0)
        if _several(one.present[rows] & meeting):
            raise EvaluationError(_duplicates(matching, one, rows.tolist(), one_groups.labels[group]))


def _several(present: NDArray[np.bool_]) -> bool:
    return bool((present.sum(axis=0) > 1).any())


def _check_one_to_one(many: Frame, one: Frame, many_groups: Grouping, one_groups: Grouping) -> None:
    for group in many_groups.several:
        other = partners(many_groups, one_groups)[group]
        if other >= 0:
            matched = one.present[one_groups.rows(other)].any(axis=0)
            if _several(many.present[many_groups.rows(group)] & matched):
                raise EvaluationError(_EXPLICIT)


def _duplicates(matching: ast.Matching, one: Frame, rows: list[int], group: Labels) -> str:
    step = int(np.argmax(one.present[rows].sum(axis=0)))
    present = sorted(one.labels[row] for row in rows if one.present[row, step])
    examples = ", ".join(map(format_labels, present[:2]))
    side = "left" if matching.group == "right" else "right"
    return (
        f"found duplicate series for the match group {format_labels(group)} on the {side} hand-side of the operation:"
        f" [{examples}];many-to-many matching not allowed: matching labels must be unique on one side"
    )

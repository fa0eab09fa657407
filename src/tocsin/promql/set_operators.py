"""`and`, `or`, `unless`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.frame import Frame
from tocsin.promql.groups import grouping_key
from tocsin.promql.matching import rows_by_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tocsin.promql import ast
    from tocsin.series import Labels


def apply(node: ast.Binary, left: Frame, right: Frame) -> Frame:
    """The samples of `left`, filtered by what matches them in `right`, or with what does not match them added.

    Raises:
        EvaluationError: `or` brings together two samples with the same labels.
    """
    key = grouping_key(node.matching.labels, keep=node.matching.on)
    if node.op == "and":
        return left.where(_matched(left, right, key))
    if node.op == "unless":
        return left.where(~_matched(left, right, key))
    return _union(left, right.where(~_matched(right, left, key)))


def _matched(frame: Frame, other: Frame, key: Callable[[Labels], Labels]) -> NDArray[np.bool_]:
    """Where a sample of `frame` has any sample with the same key in `other`."""
    matched = np.zeros(frame.present.shape, bool)
    rows_of_key = rows_by_key(frame.labels, key)
    for group, other_rows in rows_by_key(other.labels, key).items():
        if group in rows_of_key:
            matched[rows_of_key[group]] = other.present[other_rows].any(axis=0)
    return matched


def _union(left: Frame, right: Frame) -> Frame:
    labels = [*left.labels, *right.labels]
    values, present = np.concatenate([left.values, right.values]), np.concatenate([left.present, right.present])
    return Frame(labels, values, present).merged()

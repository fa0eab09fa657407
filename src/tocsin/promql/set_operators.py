"""`and`, `or`, `unless`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.frame import Frame
from tocsin.promql.matching import grouped, partners
from tocsin.series import LabelSets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.promql import ast


def apply(node: ast.Binary, left: Frame, right: Frame) -> Frame:
    """The samples of `left`, filtered by what matches them in `right`, or with what does not match them added.

    Raises:
        EvaluationError: `or` brings together two samples with the same labels.
    """
    if node.op == "and":
        return left.where(_matched(left, right, node.matching))
    if node.op == "unless":
        return left.where(~_matched(left, right, node.matching))
    return _union(left, right.where(~_matched(right, left, node.matching)))


def _matched(frame: Frame, other: Frame, matching: ast.Matching) -> NDArray[np.bool_]:
    """Where a sample of `frame` has any sample with the same key in `other`."""
    matched = np.zeros(frame.present.shape, bool)
    if not len(frame.labels) or not len(other.labels):
        return matched
    groups, others = grouped(frame, matching), grouped(other, matching)
    partner = partners(groups, others)
    there = np.logical_or.reduceat(other.present[others.order], others.starts, axis=0)
    matched[groups.order] = np.repeat(there[partner] & (partner >= 0)[:, None], groups.sizes, axis=0)
    return matched


def _union(left: Frame, right: Frame) -> Frame:
    if not len(left.labels) or not len(right.labels):
        return left if len(left.labels) else right
    labels = left.labels.derived((_union, right.labels), lambda: LabelSets([*left.labels, *right.labels]))
    values, present = np.concatenate([left.values, right.values]), np.concatenate([left.present, right.present])
    return Frame(labels, values, present).merged()

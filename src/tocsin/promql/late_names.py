"""Prometheus' feature flag `promql-delayed-name-removal`: metric names go when the query ends, not where it says so.

Until then functions mark the names that are to go, and `label_replace` may still read them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.frame import Frame
from tocsin.promql.ranges import Ranges
from tocsin.series import LabelSets
from tocsin.series.labels import METRIC_NAME, DroppedName, LateName, get, without
from tocsin.series.labels import replace as replace_labels

if TYPE_CHECKING:
    from tocsin.promql.operands import Operand
    from tocsin.series import Labels


def keep_names(series: LabelSets) -> LabelSets:
    """The labels of a selector, with names that stay."""
    return LabelSets([replace_labels(labels, {METRIC_NAME: LateName(get(labels, METRIC_NAME))}) for labels in series])


def dropped_first(frame: Frame) -> Frame:
    """Rows whose name is to go in front: the name of a group goes if that of any of its series does."""
    stays = [not _is_dropped(labels) for labels in frame.labels]
    return frame.rows(np.argsort(stays, kind="stable"))


def settle(operand: Operand) -> Operand:
    """What the query gives, without the names that were to go.

    Raises:
        EvaluationError: series that were different no longer are.
    """
    if isinstance(operand, Frame):
        return operand.relabel(_settled, key=settle)
    if isinstance(operand, Ranges):
        return replace(operand, labels=LabelSets([_settled(labels) for labels in operand.labels]))
    return operand


def _is_dropped(labels: Labels) -> bool:
    return isinstance(get(labels, METRIC_NAME), DroppedName)


def _settled(labels: Labels) -> Labels:
    return without(labels, (METRIC_NAME,)) if _is_dropped(labels) else labels

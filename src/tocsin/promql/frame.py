"""An instant vector at several times at once: the value on which all operators and most functions work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.errors import EvaluationError
from tocsin.series import LabelSets

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from tocsin.series import Labels
    from tocsin.series.samples import Ints, Times, Values

_NONE = LabelSets()
SAME_LABELSET = "vector cannot contain metrics with the same labelset"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Row `i` is the series `labels[i]`, column `j` is step `j`; where not `present`, the value has no meaning.

    At every step the labels of the present rows differ. `times` are those of the samples, where the frame comes
    straight from a selector.
    """

    labels: LabelSets
    values: Values
    present: NDArray[np.bool_]
    times: Times | None = None

    @classmethod
    def empty(cls, steps: int) -> Frame:
        return cls(_NONE, np.zeros((0, steps)), np.zeros((0, steps), bool))

    def map(self, values: Values) -> Frame:
        """The same series with other values and without their metric name."""
        return Frame(self.labels, values, self.present).without_name()

    def where(self, condition: NDArray[np.bool_]) -> Frame:
        return Frame(self.labels, self.values, self.present & condition).compact()

    def compact(self) -> Frame:
        """Without the series that are present at no step."""
        if self.present.all():
            return self
        rows = np.flatnonzero(self.present.any(axis=1))
        if len(rows) == len(self.labels):
            return self
        return replace(self.rows(rows), times=None if self.times is None else self.times[rows])

    def rows(self, rows: Ints) -> Frame:
        return Frame(self.labels.take(rows), self.values[rows], self.present[rows])

    def relabel(self, change: Callable[[Labels], Labels], key: Hashable) -> Frame:
        """The same series under other labels; equal keys mean equal changes.

        Raises:
            EvaluationError: series that were different no longer are.
        """
        labels = self.labels.derived(key, lambda: LabelSets([change(one) for one in self.labels]))
        return Frame(labels, self.values, self.present).merged()

    def without_name(self) -> Frame:
        """The same series without their metric names.

        Raises:
            EvaluationError: series that were different no longer are.
        """
        return Frame(self.labels.nameless, self.values, self.present).merged()

    def merged(self, message: str = SAME_LABELSET) -> Frame:
        """Rows with equal labels become one.

        Raises:
            EvaluationError: with `message`, where two of them are present at the same step.
        """
        if self.labels.distinct:
            return self
        groups: dict[Labels, int] = {}
        group_of_row = np.array([groups.setdefault(labels, len(groups)) for labels in self.labels], np.intp)
        count = np.zeros((len(groups), self.present.shape[1]), np.intp)
        np.add.at(count, group_of_row, self.present)
        if (count > 1).any():
            raise EvaluationError(message)
        values = np.zeros(count.shape)
        np.add.at(values, group_of_row, np.where(self.present, self.values, 0.0))
        return Frame(LabelSets(list(groups)), values, count > 0)

"""Rows of a frame put together by some of their labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tocsin.series.labels import METRIC_NAME, only, without

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tocsin.promql.frame import Frame
    from tocsin.series import Labels
    from tocsin.series.samples import Ints, Values


def grouping_key(names: Sequence[str], *, keep: bool) -> Callable[[Labels], Labels]:
    """Keeps these labels, or drops these and the metric name."""
    return partial(only, names=frozenset(names)) if keep else partial(without, names={METRIC_NAME, *names})


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """`frame` has the rows of group `i` from `starts[i]` on; within a group they keep their order."""

    labels: list[Labels]
    frame: Frame
    starts: Ints

    @classmethod
    def of(cls, frame: Frame, key: Callable[[Labels], Labels]) -> Groups:
        numbers: dict[Labels, int] = {}
        number_of_row = np.array([numbers.setdefault(key(labels), len(numbers)) for labels in frame.labels], np.intp)
        order = np.argsort(number_of_row, kind="stable")
        starts = np.searchsorted(number_of_row[order], np.arange(len(numbers)))
        return cls(list(numbers), frame.rows(order), starts)

    @property
    def sizes(self) -> Ints:
        return np.diff(self.starts, append=len(self.frame.labels))

    @property
    def counts(self) -> Ints:
        """How many rows of a group are present at a step."""
        counts: Ints = np.add.reduceat(self.frame.present, self.starts, axis=0, dtype=np.intp)
        return counts

    def filled(self, filling: float) -> Values:
        """The values of the frame, with `filling` for those that are not present."""
        return np.where(self.frame.present, self.frame.values, filling)

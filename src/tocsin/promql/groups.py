"""Rows of a frame put together by some of their labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from tocsin.series import LabelSets
from tocsin.series.labels import METRIC_NAME, only, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from tocsin.promql.frame import Frame
    from tocsin.series import Labels
    from tocsin.series.samples import Ints, Values


def _keys(labels: LabelSets, names: frozenset[str], *, keep: bool) -> Iterable[Labels]:
    """What the series are grouped by. Most have the same labels in the same places, where these are read at once."""
    if keep and len(labels):
        places = [place for place, (name, _) in enumerate(labels[0]) if name in names]
        if len(places) == len(names) > 0 and all(len(one) > places[-1] for one in labels):
            read = itemgetter(*places) if len(places) > 1 else itemgetter(slice(places[0], places[0] + 1))
            keys = list(map(read, labels))
            if all({name for name, _ in key} == names for key in set(keys)):
                return keys
    return map(grouping_key(names, keep=keep), labels)


def grouping_key(names: Iterable[str], *, keep: bool) -> Callable[[Labels], Labels]:
    """Keeps these labels, or drops these and the metric name."""
    return partial(only, names=frozenset(names)) if keep else partial(without, names={METRIC_NAME, *names})


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """`order` brings the rows of a group together; those of group `i` are at `starts[i]` and on, in their old order."""

    labels: LabelSets
    order: Ints
    starts: Ints
    sizes: Ints
    #: The groups of more than one row.
    several: list[int]

    @classmethod
    def of(cls, labels: LabelSets, names: frozenset[str], *, keep: bool) -> Grouping:
        """By the labels of these names, or by all others but the metric name."""
        if labels.named is not labels:
            return cls.of(labels.named, names - {METRIC_NAME}, keep=keep)
        return labels.derived((cls, names, keep), lambda: cls._of(list(_keys(labels, names, keep=keep))))

    @classmethod
    def _of(cls, keys: list[Labels]) -> Grouping:
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        number_of_row = np.array([numbers[key] for key in keys], np.intp)
        order = np.argsort(number_of_row, kind="stable")
        starts = np.searchsorted(number_of_row[order], np.arange(len(numbers)))
        sizes = np.diff(starts, append=len(order))
        return cls(LabelSets(list(numbers)), order, starts, sizes, np.flatnonzero(sizes > 1).tolist())

    def rows(self, group: int) -> Ints:
        start = self.starts[group]
        return self.order[start : start + self.sizes[group]]


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """A frame whose rows are in the order of a grouping."""

    grouping: Grouping
    values: Values
    present: NDArray[np.bool_]

    @classmethod
    def of(cls, frame: Frame, names: Iterable[str], *, keep: bool) -> Groups:
        grouping = Grouping.of(frame.labels, frozenset(names), keep=keep)
        return cls(grouping, frame.values[grouping.order], frame.present[grouping.order])

    @property
    def labels(self) -> LabelSets:
        return self.grouping.labels

    @property
    def starts(self) -> Ints:
        return self.grouping.starts

    @property
    def counts(self) -> Ints:
        """How many rows of a group are present at a step."""
        counts: Ints = np.add.reduceat(self.present, self.starts, axis=0, dtype=np.intp)
        return counts

    def filled(self, filling: float) -> Values:
        """The values of the frame, with `filling` for those that are not present."""
        return np.where(self.present, self.values, filling)

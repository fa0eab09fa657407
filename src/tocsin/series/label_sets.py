"""The labels of many series, and what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from tocsin.series.labels import METRIC_NAME, drop_name, get

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from tocsin.series.labels import Labels
    from tocsin.series.samples import Ints

T = TypeVar("T")

#: Derivations that are remembered at a time; of one selector, rules want a grouping or two.
REMEMBERED = 16


class LabelSets:
    """`[i]` belongs to row `i` of an array.

    What is derived from labels alone is remembered with them: a rule asks for the same at every evaluation, and the
    head hands out the same object for the same selector until series come or go.
    """

    __slots__ = ("_derived", "_distinct", "_labels")

    def __init__(self, labels: Sequence[Labels] = (), *, distinct: bool = False) -> None:
        self._labels = labels
        self._distinct = distinct
        self._derived: dict[Hashable, object] = {}

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, row: int) -> Labels:
        return self._labels[row]

    def __iter__(self) -> Iterator[Labels]:
        return iter(self._labels)

    def derived(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns, which follows from these labels and `key`. Of the last few keys it is remembered."""
        found = self._derived.pop(key, self)
        if found is self:
            found = make()
            if len(self._derived) >= REMEMBERED:
                del self._derived[next(iter(self._derived))]
        self._derived[key] = found
        return cast("T", found)

    def take(self, rows: Ints) -> LabelSets:
        return self.derived(rows.tobytes(), lambda: LabelSets([self[row] for row in rows.tolist()]))

    @property
    def distinct(self) -> bool:
        """Whether no two are equal."""
        return self._distinct or self.derived("distinct", lambda: len(set(self)) == len(self))

    @property
    def names(self) -> frozenset[str]:
        """The metric names; the empty one of series that have none."""
        return self._names[0]

    @property
    def nameless(self) -> LabelSets:
        """The same without metric names; the same object if there are none."""
        return self.derived("nameless", self._without_names) or self

    @property
    def named(self) -> LabelSets:
        """What these were before their metric names were dropped."""
        return self

    @property
    def by_label(self) -> Ints:
        """The rows in the order of their labels."""
        return self.derived("by label", lambda: np.array(sorted(range(len(self)), key=self.__getitem__), np.intp))

    @property
    def _names(self) -> tuple[frozenset[str], bool]:
        """And whether any is a `LateName`."""

        def collect() -> tuple[frozenset[str], bool]:
            names = [get(labels, METRIC_NAME) for labels in self]
            return frozenset(names), not set(map(type, names)) <= {str}

        return self.derived("names", collect)

    def _without_names(self) -> LabelSets | None:
        names, late = self._names
        if names <= {""}:
            return None
        return LabelSets([drop_name(labels) for labels in self]) if late else Nameless(self)


class Nameless(LabelSets):
    """Each is made where somebody looks at it: most are only put into groups."""

    __slots__ = ("_named",)

    def __init__(self, named: LabelSets) -> None:
        super().__init__()
        self._named = named

    def __len__(self) -> int:
        return len(self._named)

    def __getitem__(self, row: int) -> Labels:
        return drop_name(self._named[row])

    def __iter__(self) -> Iterator[Labels]:
        return map(drop_name, self._named)

    @property
    def distinct(self) -> bool:
        """Without comparison, where they differed before and all had the same name."""
        return (len(self._named.names) == 1 and self._named.distinct) or super().distinct

    @property
    def named(self) -> LabelSets:
        return self._named

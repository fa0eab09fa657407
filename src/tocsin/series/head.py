"""The newest samples of every series, and the index that finds series by their labels."""

from __future__ import annotations

import math
import struct
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from tocsin.series.label_sets import LabelSets
from tocsin.series.samples import MAX_PAGES, NO_TIME, SampleStore
from tocsin.series.selection import Selection
from tocsin.series.selections import Selections

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tocsin.series.labels import Labels
    from tocsin.series.matcher import Matcher

STALE_NAN: float = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
"""The value that ends a series. Only its bits tell it from an ordinary NaN."""


class Head:
    """Series in memory for `retention` seconds, to be queried by PromQL.

    Not locked: the thread that evaluates is also the one that appends and truncates.

    Memory is bounded: 16 bytes a sample, `max_samples` of them, in pages of 32, so a series costs 512 bytes at least;
    about 1 kB a series for its labels and their index, `max_series` of them. A sample over a bound is refused and
    counted, never an error. A series that has `max_row_pages` pages, 16,384 samples, loses its oldest for its newest.

    Attributes:
        retention: as given; what is older goes with the next `truncate`.
        refused_order: samples not newer than the newest of their series.
        refused_series: samples of a new series over `max_series`.
        refused_samples: samples over `max_samples`.
    """

    def __init__(
        self,
        *,
        retention: float = math.inf,
        max_series: int = 100_000,
        max_samples: int = 10_000_000,
        max_row_pages: int = MAX_PAGES,
    ) -> None:
        self.refused_order = 0
        self.refused_series = 0
        self.refused_samples = 0
        self.retention = retention
        self._max_series = max_series
        self._samples = SampleStore(max_samples=max_samples, max_row_pages=max_row_pages)
        self._rows: dict[Labels, int] = {}
        self._labels: list[Labels] = []
        self._free_rows: list[int] = []
        self._postings: defaultdict[str, dict[str, set[int]]] = defaultdict(dict)
        self._selections = Selections()

    def __len__(self) -> int:
        """The number of series."""
        return len(self._rows)

    def __contains__(self, labels: object) -> bool:
        return labels in self._rows

    @property
    def samples(self) -> int:
        return len(self._samples)

    def append(self, labels: Labels, timestamp_ms: int, value: float) -> bool:
        """False where the sample was refused; a counter of the head says why."""
        row = self._rows.get(labels)
        if row is None:
            if len(self._rows) >= self._max_series:
                self.refused_series += 1
                return False
            row = self._add_series(labels)
        elif timestamp_ms <= self._samples.newest(row):
            self.refused_order += 1
            return False
        if self._samples.append(row, timestamp_ms, value):
            return True
        self.refused_samples += 1
        if self._samples.newest(row) == NO_TIME:
            self._remove_series(row)
        return False

    def append_many(self, samples: Iterable[tuple[Labels, int, float]]) -> int:
        """How many were accepted."""
        return sum(self.append(labels, timestamp_ms, value) for labels, timestamp_ms, value in samples)

    def stale(self, labels: Labels, timestamp_ms: int) -> bool:
        """Ends a series: from here on it is absent, without the wait of the lookback. False if there is none."""
        return labels in self._rows and self.append(labels, timestamp_ms, STALE_NAN)

    def truncate(self, now_ms: int) -> None:
        """Drops what is older than the retention, in whole pages, and series of which nothing is left."""
        if math.isfinite(self.retention):
            for row in self._samples.drop_until(int(now_ms - self.retention * 1000)).tolist():
                self._remove_series(row)

    def select(self, matchers: Sequence[Matcher]) -> Selection:
        """All series that satisfy every matcher. Of use until series come or go."""
        key = tuple(matchers)
        found = self._selections.get(key)
        if found is None:
            rows = sorted(self._find(key))
            labels = LabelSets([self._labels[row] for row in rows], distinct=True)
            found = Selection(labels, np.array(rows, np.intp), self._samples)
            self._selections.remember(key, found)
        return found

    def label_values(self, name: str) -> list[str]:
        return sorted(self._postings.get(name, ()))

    def series(self, matchers: Sequence[Matcher] = ()) -> list[Labels]:
        return sorted(self.select(matchers).labels)

    def _add_series(self, labels: Labels) -> int:
        row = self._free_rows.pop() if self._free_rows else len(self._labels)
        if row == len(self._labels):
            self._labels.append(labels)
            self._samples.ensure_row(row)
        self._labels[row] = labels
        self._rows[labels] = row
        for name, value in labels:
            self._postings[name].setdefault(value, set()).add(row)
        self._selections.forget(labels)
        return row

    def _remove_series(self, row: int) -> None:
        labels = self._labels[row]
        del self._rows[labels]
        for name, value in labels:
            values = self._postings[name]
            values[value].discard(row)
            if not values[value]:
                del values[value]
            if not values:
                del self._postings[name]
        self._free_rows.append(row)
        self._selections.forget(labels)

    def _find(self, matchers: Sequence[Matcher]) -> set[int]:
        """Matchers that need a label to be there narrow the set down; the others take away from it."""
        needing = [matcher for matcher in matchers if not matcher.matches("")]
        found = set.intersection(*map(self._having, needing)) if needing else set(self._rows.values())
        for matcher in matchers:
            if matcher.matches(""):
                found -= self._lacking(matcher)
        return found

    def _having(self, matcher: Matcher) -> set[int]:
        values = self._postings.get(matcher.name, {})
        if matcher.op == "=":
            return values.get(matcher.value, set())
        return set().union(*(rows for value, rows in values.items() if matcher.matches(value)))

    def _lacking(self, matcher: Matcher) -> set[int]:
        values = self._postings.get(matcher.name, {})
        return set().union(*(rows for value, rows in values.items() if not matcher.matches(value)))

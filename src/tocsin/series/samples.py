"""Where samples live: fixed pages of numpy memory, shared by all series."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Times: TypeAlias = "NDArray[np.int64]"
Values: TypeAlias = "NDArray[np.float64]"
Ints: TypeAlias = "NDArray[np.intp]"
Number = TypeVar("Number", np.int64, np.float64)

_BITS = 5
PAGE = 1 << _BITS
"""Samples a page. At 15 s a series of an hour fills 8 pages, so half a page of waste each is 6 %."""

MAX_PAGES = 512
"""Pages a row, unless more are allowed: 16,384 samples, more than four a second for an hour. Bounds the table."""

_SEARCHES = 1_000_000
"""So many binary searches are done at a time, which takes some 50 MB."""

NO_TIME = np.iinfo(np.int64).min


class SampleStore:
    """Rows of samples ordered by time; a row is a number that the caller has allotted.

    A row owns a list of pages, of which all but the last are full: sample `i` of a row is in page `i // 32`. `_table`
    says where the pages begin.
    Everything that reads takes arrays of rows and costs a few numpy operations, however many rows there are.
    At most `max_samples` samples, 16 bytes each, are kept; the memory grows by doubling up to that. A row that has
    `max_row_pages` pages loses its oldest one for a new one.
    """

    def __init__(self, *, max_samples: int, max_row_pages: int = MAX_PAGES) -> None:
        self._max_pages = max(1, max_samples // PAGE)
        self._max_row_pages = max_row_pages
        self._times: Times = np.zeros(0, np.int64)
        self._values: Values = np.zeros(0, np.float64)
        self._free: list[int] = []
        self._table: Ints = np.zeros((0, 1), np.intp)
        self._counts: Ints = np.zeros(0, np.intp)
        self._newest: Times = np.zeros(0, np.int64)

    def __len__(self) -> int:
        return int(self._counts.sum())

    @property
    def rows(self) -> int:
        return len(self._counts)

    def newest(self, row: int) -> int:
        """The time of the last sample, or `NO_TIME`."""
        return int(self._newest[row])

    def append(self, row: int, time_ms: int, value: float) -> bool:
        """False where all memory is in use. The time must be later than `newest(row)`."""
        if self._counts[row] == self._max_row_pages * PAGE:
            self._drop_pages(row, 1)
        index, slot = divmod(int(self._counts[row]), PAGE)
        if slot == 0 and not self._add_page(row, index):
            return False
        position = self._table[row, index] + slot
        self._times[position] = time_ms
        self._values[position] = value
        self._counts[row] += 1
        self._newest[row] = time_ms
        return True

    def count_until(self, rows: Ints, times: Times) -> Ints:
        """For every row and every time, how many samples are not later."""
        if not len(rows):
            return np.zeros((0, len(times)), np.intp)
        together = max(1, _SEARCHES // max(1, len(rows)))
        parts = [
            self._search(rows, times[start : start + together]) for start in range(0, max(1, len(times)), together)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _search(self, rows: Ints, times: Times) -> Ints:
        """A binary search for all of them at once."""
        counts, rows = self._counts[rows][:, None], rows[:, None]
        if (self._newest[rows] <= times).all():
            return np.repeat(counts, len(times), axis=1)
        found = np.zeros((len(rows), len(times)), np.intp)
        for bit in reversed(range(int(counts.max()).bit_length())):
            more = found + (1 << bit)
            not_later = self._times.take(self._positions(rows, more - 1)) <= times
            found = np.where(not_later & (more <= counts), more, found)
        return found

    def take(self, rows: Ints, indices: Ints) -> tuple[Times, Values]:
        """Times and values of the samples with these numbers; arguments broadcast. Out of range gives any sample."""
        if not len(self._times):
            shape = np.broadcast_shapes(rows.shape, indices.shape)
            return np.zeros(shape, np.int64), np.zeros(shape)
        positions = self._positions(rows, indices)
        return self._times.take(positions), self._values.take(positions)

    def drop_until(self, time_ms: int) -> Ints:
        """Frees pages that hold nothing later than `time_ms`; returns the rows that have become empty."""
        ended = np.flatnonzero((self._counts > 0) & (self._newest <= time_ms))
        for row in ended.tolist():
            self._drop_pages(row, -(-int(self._counts[row]) // PAGE))
        full = np.flatnonzero(self._counts > PAGE)
        while len(full):
            full = full[self._times[self._table[full, 0] + PAGE - 1] <= time_ms]
            for row in full.tolist():
                self._drop_pages(row, 1)
            full = full[self._counts[full] > PAGE]
        return ended

    def ensure_row(self, row: int) -> None:
        if row < self.rows:
            return
        extra = max(64, self.rows, row + 1 - self.rows)
        self._table = np.pad(self._table, ((0, extra), (0, 0)))
        self._counts = np.pad(self._counts, (0, extra))
        self._newest = np.pad(self._newest, (0, extra), constant_values=NO_TIME)

    def _positions(self, rows: Ints, indices: Ints) -> Ints:
        pages = rows * self._table.shape[1] + (indices >> _BITS)
        positions: Ints = self._table.ravel().take(pages, mode="clip")
        positions += indices & PAGE - 1
        return positions

    def _add_page(self, row: int, index: int) -> bool:
        if not self._free and not self._grow():
            return False
        if index == self._table.shape[1]:
            self._table = np.pad(self._table, ((0, 0), (0, index)))
        self._table[row, index] = self._free.pop()
        return True

    def _grow(self) -> bool:
        pages = len(self._times) // PAGE
        extra = min(max(64, pages), self._max_pages - pages)
        if extra <= 0:
            return False
        self._times, self._values = _longer(self._times, extra * PAGE), _longer(self._values, extra * PAGE)
        self._free.extend(range((pages + extra - 1) * PAGE, (pages - 1) * PAGE, -PAGE))
        return True

    def _drop_pages(self, row: int, pages: int) -> None:
        self._free.extend(self._table[row, :pages].tolist())
        self._table[row, : self._table.shape[1] - pages] = self._table[row, pages:].copy()
        self._counts[row] = max(0, int(self._counts[row]) - pages * PAGE)
        if not self._counts[row]:
            self._newest[row] = NO_TIME


def _longer(samples: NDArray[Number], by: int) -> NDArray[Number]:
    """The new part takes no memory until it is written to."""
    longer = np.zeros(len(samples) + by, samples.dtype)
    longer[: len(samples)] = samples
    return longer

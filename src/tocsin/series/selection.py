"""Some series of the head, read with numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tocsin.series.window import Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.series.label_sets import LabelSets
    from tocsin.series.samples import Ints, SampleStore, Times, Values

_STALE_BITS = 0x7FF0000000000002


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """`labels[i]` belongs to row `i` of every array."""

    labels: LabelSets
    rows: Ints
    samples: SampleStore

    def latest(self, times: Times, *, lookback_ms: int) -> tuple[Times, Values, NDArray[np.bool_]]:
        """For every series and every time: the time and value of the newest sample, and whether there is one.

        A sample counts if it is not later than the time, less than `lookback_ms` older, and no staleness marker.
        """
        index = self.samples.count_until(self.rows, times) - 1
        sample_times, values = self.samples.take(self.rows[:, None], index)
        present = (index >= 0) & (sample_times > times - lookback_ms) & ~is_stale(values)
        return sample_times, values, present

    def windows(self, starts: Times, ends: Times) -> Windows:
        return Windows(self, self.samples.count_until(self.rows, starts), self.samples.count_until(self.rows, ends))


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """The samples after a start and not after an end, for several starts and ends."""

    selection: Selection
    first: Ints
    behind: Ints

    @property
    def samples(self) -> int:
        """In all series, between the start and the end where there are most."""
        return int((self.behind - self.first).sum(axis=0).max(initial=0))

    @property
    def height(self) -> int:
        """Samples of one series at most."""
        return int((self.behind - self.first).max(initial=0))

    def window(self, index: int, rows: slice) -> Window:
        """Between the start and the end of that number; `rows` are those of the selection."""
        first = self.first[rows, index]
        counts = self.behind[rows, index] - first
        offsets = np.arange(counts.max(initial=0))
        # Series by series, as they lie in memory, which takes a third of the time.
        times, values = self.selection.samples.take(self.selection.rows[rows, None], first[:, None] + offsets)
        times, values = np.ascontiguousarray(times.T), np.ascontiguousarray(values.T)
        return Window.of(times, values, (offsets[:, None] < counts) & ~is_stale(values))


def is_stale(values: Values) -> NDArray[np.bool_]:
    stale: NDArray[np.bool_] = values.view(np.int64) == _STALE_BITS
    return stale

"""Range vectors: for every step, the samples of every series within a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tocsin.promql.frame import Frame
from tocsin.series import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tocsin.series import Labels
    from tocsin.series.samples import Ints, Times, Values


class Windows(Protocol):
    def __getitem__(self, index: int) -> Window: ...


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Window `i` holds the samples after `ends[i] - length_ms` and not after `ends[i]`."""

    labels: Sequence[Labels]
    ends: Times
    length_ms: int
    windows: Windows

    def reduce(self, function: Callable[[Window], Values], *, at_least: int = 1) -> Frame:
        """One value a series and step, where the window has at least so many samples. Metric names are kept."""
        return self.reduce_steps(lambda window, _: function(window), at_least=at_least)

    def reduce_steps(self, function: Callable[[Window, int], Values], *, at_least: int = 1) -> Frame:
        """As `reduce`; the function also gets the number of the step."""
        shape = (len(self.ends), len(self.labels))
        values, present = np.zeros(shape), np.zeros(shape, bool)
        for step in range(len(self.ends)):
            window = self.windows[step]
            present[step] = window.counts >= at_least
            if present[step].any():
                values[step] = function(window, step)
        return Frame(self.labels, values.T, present.T).compact()


@dataclass(frozen=True, slots=True, eq=False)
class GridWindows:
    """Windows over the frame that a subquery has made: column `j` of the frame is at `times[j]`."""

    frame: Frame
    times: Times
    first: Ints
    behind: Ints

    @classmethod
    def of(cls, frame: Frame, times: Times, starts: Times, ends: Times) -> GridWindows:
        behind = np.searchsorted(times, ends, side="right")
        return cls(frame, times, np.searchsorted(times, starts, side="right"), behind)

    def __getitem__(self, index: int) -> Window:
        columns = slice(self.first[index], self.behind[index])
        values, present = self.frame.values[:, columns].T, self.frame.present[:, columns].T
        return Window.of(np.broadcast_to(self.times[columns, None], values.shape), values, present)

"""Range vectors: for every step, the samples of every series within a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tocsin.promql.frame import Frame
from tocsin.series import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.promql.deadline import Deadline
    from tocsin.series import LabelSets
    from tocsin.series.samples import Ints, Times, Values


_TOGETHER = 40_000
"""Samples that are worked on at a time: they fit a processor's cache, and other threads need not wait for long."""


class Windows(Protocol):
    @property
    def height(self) -> int:
        """Samples in the fullest window."""

    def window(self, step: int, rows: slice) -> Window: ...


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Window `i` holds the samples after `ends[i] - length_ms` and not after `ends[i]`."""

    labels: LabelSets
    ends: Times
    length_ms: int
    windows: Windows
    deadline: Deadline

    def reduce(self, function: Callable[[Window], Values], *, at_least: int = 1) -> Frame:
        """One value a series and step, where the window has at least so many samples. Metric names are kept."""
        return self.reduce_steps(lambda window, _: function(window), at_least=at_least)

    def reduce_steps(self, function: Callable[[Window, int], Values], *, at_least: int = 1) -> Frame:
        """As `reduce`; the function also gets the number of the step. It sees all series, or some at a time."""
        if not len(self.labels):
            return Frame.empty(len(self.ends))
        shape = (len(self.ends), len(self.labels))
        values, present = np.zeros(shape), np.zeros(shape, bool)
        together = max(1, _TOGETHER // max(1, self.windows.height))
        blocks = [slice(start, start + together) for start in range(0, len(self.labels), together)]
        for step, rows in product(range(len(self.ends)), blocks):
            self.deadline.check()
            window = self.windows.window(step, rows)
            present[step, rows] = window.counts >= at_least
            if present[step, rows].any():
                values[step, rows] = function(window, step)
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

    @property
    def height(self) -> int:
        return int((self.behind - self.first).max())

    def window(self, step: int, rows: slice) -> Window:
        columns = slice(self.first[step], self.behind[step])
        values, present = self.frame.values[rows, columns].T, self.frame.present[rows, columns].T
        return Window.of(np.broadcast_to(self.times[columns, None], values.shape), values, present)

"""A head that keeps the series of a few metrics for longer than the others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tocsin.series.head import STALE_NAN, Head
from tocsin.series.labels import METRIC_NAME, get
from tocsin.series.matcher import Matcher
from tocsin.series.samples import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tocsin.series.labels import Labels
    from tocsin.series.selection import Selection

#: Pages a kept series at most: 131,072 samples, which is 90 days at an interval of a minute, and a little.
_ROW_PAGES = 131_072 // PAGE


class LongHead(Head):
    """As `Head`; but selectors that name a metric which was told to `keep` find what was kept of it, and only that.

    Only `record` writes what is kept. Of all metrics together that is at most `max_kept_series` series, about 1 kB each
    for labels, and `max_kept_samples` samples, 16 bytes each, in pages of 32: a series of 30 days at 5 minutes has
    8,640 samples, 140 kB. What is over a bound is refused and counted.

    Attributes:
        refused_kept: recorded samples that were not kept because of these bounds.
    """

    def __init__(
        self,
        *,
        retention: float = math.inf,
        max_series: int = 100_000,
        max_kept_series: int = 10_000,
        max_kept_samples: int = 16_000_000,
    ) -> None:
        super().__init__(retention=retention, max_series=max_series)
        self.refused_kept = 0
        self._max_kept_series = max_kept_series
        self._max_kept_samples = max_kept_samples
        self._room = max_kept_samples
        self._kept: dict[str, Head] = {}

    @property
    def kept_series(self) -> int:
        return sum(map(len, self._kept.values()))

    @property
    def kept_samples(self) -> int:
        return sum(kept.samples for kept in self._kept.values())

    def keep(self, retentions: Mapping[str, float]) -> list[str]:
        """Keep these metrics for so many seconds, and no others; the names of those that were not kept before."""
        before, self._kept = self._kept, {}
        for name, seconds in retentions.items():
            self._kept[name] = before[name] if name in before else self._new_kept()
            self._kept[name].retention = seconds
        self._room = self._max_kept_samples - self.kept_samples
        return [name for name in retentions if name not in before]

    def record(self, labels: Labels, timestamp_ms: int, value: float) -> bool:
        """Append to what is kept; False where the metric is not, or the sample was refused."""
        kept = self._kept.get(get(labels, METRIC_NAME))
        if kept is None:
            return False
        if self._room <= 0 or (labels not in kept and self.kept_series >= self._max_kept_series):
            self.refused_kept += 1
            return False
        accepted = kept.append(labels, timestamp_ms, value)
        self._room -= accepted
        return accepted

    def record_end(self, labels: Labels, timestamp_ms: int) -> bool:
        """As `stale`, in what is kept."""
        kept = self._kept.get(get(labels, METRIC_NAME))
        return kept is not None and labels in kept and self.record(labels, timestamp_ms, STALE_NAN)

    def truncate(self, now_ms: int) -> None:
        super().truncate(now_ms)
        for kept in self._kept.values():
            kept.truncate(now_ms)
        self._room = self._max_kept_samples - self.kept_samples

    def select(self, matchers: Sequence[Matcher]) -> Selection:
        kept = self._kept.get(_name(matchers))
        return super().select(matchers) if kept is None else kept.select(matchers)

    def recent(self, name: str) -> Iterator[tuple[Labels, int, float]]:
        """The samples of a metric that is not kept, or not only, series by series."""
        selection = super().select((Matcher(METRIC_NAME, "=", name),))
        far = np.iinfo(np.int64)
        windows = selection.windows(np.array([far.min + 1]), np.array([far.max]))
        for row, labels in enumerate(selection.labels):
            window = windows.window(0, slice(row, row + 1))
            times, values = window.times[:, 0].tolist(), window.values[:, 0].tolist()
            yield from ((labels, at, value) for at, value in zip(times, values, strict=True))

    def _new_kept(self) -> Head:
        """Its own bounds are never met: there is room for a page of each series that is not full."""
        samples = self._max_kept_samples + self._max_kept_series * PAGE
        return Head(max_series=self._max_kept_series, max_samples=samples, max_row_pages=_ROW_PAGES)


def _name(matchers: Sequence[Matcher]) -> str:
    return next((matcher.value for matcher in matchers if matcher.name == METRIC_NAME and matcher.op == "="), "")

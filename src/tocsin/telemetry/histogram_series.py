"""One series of a histogram, for many values at the price of one: the SDK takes microseconds for each."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opentelemetry.metrics import Histogram


class HistogramSeries:
    """What it adds is what `histogram.record` would, for every reader; only the first of many values is an exemplar.

    Writes to private fields of the SDK; where they are other than expected, or a view makes another thing of the
    histogram, values are recorded one by one.
    """

    def __init__(self, histogram: Histogram, attributes: Mapping[str, Any]) -> None:
        self._histogram = histogram
        self._attributes = attributes
        #: The storages of the SDK's readers, and where the series is in them. A fork and new readers replace them.
        self._storages: object = None
        self._buckets: list[Any] | None = None

    def record(self, values: Sequence[float]) -> None:
        """Add the values; those below 0 are left out, for a clock was set back meanwhile."""
        kept = [value for value in values if value >= 0]
        if not kept:
            return
        # Where there is no such series yet, this makes it.
        self._histogram.record(kept[0], self._attributes)
        buckets = self._find() if len(kept) > 1 else []
        if buckets is None:
            for value in kept[1:]:
                self._histogram.record(value, self._attributes)
        else:
            for each in buckets:
                _add(each, kept[1:])

    def _find(self) -> list[Any] | None:
        storages = getattr(getattr(self._histogram, "_measurement_consumer", None), "_reader_storages", None)
        if storages is None or storages is not self._storages:
            self._storages, self._buckets = storages, self._look(storages)
        return self._buckets

    def _look(self, storages: Any) -> list[Any] | None:
        try:
            found = list(self._in(storages))
        except (AttributeError, KeyError, TypeError, RuntimeError):
            return None
        return found if all(map(_is_expected, found)) else None

    def _in(self, storages: Any) -> Iterator[Any]:
        for storage in storages.values():
            for match in storage._instrument_view_instrument_matches[self._histogram]:  # noqa: SLF001  see the class
                series = tuple(match._attributes_aggregation.values())  # noqa: SLF001  see the class
                yield next(each for each in series if each._attributes == self._attributes)  # noqa: SLF001  see the class


def _is_expected(buckets: Any) -> bool:
    fields = {"_lock", "_value", "_sum", "_min", "_max", "_boundaries", "_record_min_max"}
    return type(buckets).__name__ == "_ExplicitBucketHistogramAggregation" and fields <= vars(buckets).keys()


def _add(buckets: Any, values: Sequence[float]) -> None:
    """What `aggregate` does for one value."""
    with buckets._lock:  # noqa: SLF001  see `HistogramSeries`
        counts, boundaries = buckets._value, buckets._boundaries  # noqa: SLF001  same
        if counts is None:
            counts = buckets._value = [0] * (len(boundaries) + 1)  # noqa: SLF001  same
        for value in values:
            counts[bisect_left(boundaries, value)] += 1
        buckets._sum += sum(values)  # noqa: SLF001  same
        if buckets._record_min_max:  # noqa: SLF001  same
            buckets._min = min(buckets._min, *values)  # noqa: SLF001  same
            buckets._max = max(buckets._max, *values)  # noqa: SLF001  same

"""Durations on histograms of the semantic conventions: how many series, and with which boundaries."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from opentelemetry.metrics import Histogram, Meter

from tocsin.telemetry.histogram_series import HistogramSeries

#: Values of one attribute that get series of their own; the others share `other`.
VALUES = 100
#: Attribute sets of one instrument; the others share the one that OpenTelemetry's specification has for it.
ATTRIBUTE_SETS = 1_000
OVERFLOW = {"otel.metric.overflow": True}
#: What the application measures itself, by `tocsin.observe`.
OBSERVED = "tocsin.observed.duration"
#: Series whose place in the SDK is remembered.
REMEMBERED = 1_024

# The boundaries that the semantic conventions advise, in seconds.
_DATABASE_BOUNDARIES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
_BOUNDARIES = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

_DESCRIPTIONS = {
    OBSERVED: "Duration of what the application observes.",
    "db.client.operation.duration": "Duration of database client operations.",
    "messaging.process.duration": "Duration of processing operation.",
    "http.server.request.duration": "Duration of HTTP server requests.",
    "http.client.request.duration": "Duration of HTTP client requests.",
    "http.server.duration": "Duration of HTTP server requests.",
}
#: Those of the conventions before the stable ones.
_MILLISECONDS = frozenset({"http.server.duration"})


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Where a duration belongs: an instrument, and attributes. A key by identity; equal ones do no harm."""

    instrument: str
    attributes: Mapping[str, Any]


class Measurement(NamedTuple):
    """One duration."""

    series: Series
    seconds: float


class Durations:
    """Records durations on histograms of a meter, the number of their series bounded. For one thread at a time."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._histograms: dict[str, Histogram] = {}
        self._values: defaultdict[str, Limit] = defaultdict(lambda: Limit(VALUES))
        self._sets: defaultdict[str, Limit] = defaultdict(lambda: Limit(ATTRIBUTE_SETS))
        self._found = lru_cache(REMEMBERED)(self._find)

    def record(self, measurements: Iterable[Measurement]) -> None:
        """Record all: those of one series together cost hardly more than one."""
        together: defaultdict[Series, list[float]] = defaultdict(list)
        for series, seconds in measurements:
            together[series].append(seconds)
        for series, durations in together.items():
            is_old = series.instrument in _MILLISECONDS
            self._found(series).record([1_000 * seconds for seconds in durations] if is_old else durations)

    def _find(self, series: Series) -> HistogramSeries:
        name, attributes = series.instrument, series.attributes
        bounded = {key: value if self._values[key].admits(value) else "other" for key, value in attributes.items()}
        admitted = self._sets[name].admits(frozenset(bounded.items()))
        return HistogramSeries(self._histogram(name), bounded if admitted else OVERFLOW)

    def _histogram(self, name: str) -> Histogram:
        if name not in self._histograms:
            boundaries = _DATABASE_BOUNDARIES if name.startswith("db.") else _BOUNDARIES
            self._histograms[name] = self._meter.create_histogram(
                name,
                unit="ms" if name in _MILLISECONDS else "s",
                description=_DESCRIPTIONS[name],
                explicit_bucket_boundaries_advisory=None if name in _MILLISECONDS else boundaries,
            )
        return self._histograms[name]


class Limit:
    """The first `size` values that ask are admitted, for good."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._admitted: set[Hashable] = set()

    def admits(self, value: Hashable) -> bool:
        if value in self._admitted:
            return True
        if len(self._admitted) < self._size:
            self._admitted.add(value)
            return True
        return False

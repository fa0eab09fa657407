"""How often a cache has what it is asked for, as the application counts it."""

import threading
from collections import Counter
from collections.abc import Iterator

from opentelemetry.metrics import CallbackOptions, Meter, Observation

#: Caches that are reported by name; the others share one.
CACHES = 100
OTHERS = "other"


class Caches:
    """Hits and misses of each cache by name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hits: Counter[str] = Counter()
        self._misses: Counter[str] = Counter()

    def count(self, name: str, *, hit: bool) -> None:
        """One lookup, in a microsecond."""
        with self._lock:
            known = name if name in self._hits or len(self._hits) < CACHES else OTHERS
            self._hits[known] += hit
            self._misses[known] += not hit

    def observe(self, meter: Meter) -> None:
        """Register the counters `cache.hits` and `cache.misses`, by `cache.name`."""

        def read(counts: Counter[str]) -> Iterator[Observation]:
            return (Observation(count, {"cache.name": name}) for name, count in dict(counts).items())

        def hits(_: CallbackOptions) -> Iterator[Observation]:
            return read(self._hits)

        def misses(_: CallbackOptions) -> Iterator[Observation]:
            return read(self._misses)

        meter.create_observable_counter("cache.hits", [hits], unit="{lookup}", description="Lookups that found.")
        meter.create_observable_counter("cache.misses", [misses], unit="{lookup}", description="Lookups in vain.")


#: Those of this process.
caches = Caches()

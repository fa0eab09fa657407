"""From the store's metric batches into the series head."""

from tocsin.series import Head
from tocsin.store.metrics import MetricBatches
from tocsin.telemetry import samples

#: Batches that are decoded before others get a turn at the interpreter.
CHUNK = 100


class Tail:
    """Reads each batch once, in order; a new evaluator begins with what the head may still need."""

    def __init__(self, batches: MetricBatches, head: Head, *, retention: float) -> None:
        self._batches = batches
        self._head = head
        self._retention = retention
        self._last = 0

    def read(self, now: float) -> None:
        """Take in everything that was appended since the last time."""
        while batches := self._batches.after(self._last, since=now - self._retention, limit=CHUNK):
            for batch in batches:
                self._head.append_many(samples(batch.payload))
            self._last = batches[-1].id
        self._head.truncate(int(now * 1000))

"""From the store's metric batches into the series head."""

import time
from collections.abc import Callable

import msgspec

from tocsin.notices import notices
from tocsin.series import Head
from tocsin.store import MetricBatch
from tocsin.store.metrics import RETENTION, MetricBatches
from tocsin.telemetry import samples

#: Batches that are decoded before the application's threads get the interpreter for themselves, for `PAUSE` seconds.
CHUNK = 20
PAUSE = 0.02


class Tail:
    """Reads each batch once, in order; a new evaluator begins with what the head may still need."""

    def __init__(self, batches: MetricBatches, head: Head, *, pause: Callable[[float], object] = time.sleep) -> None:
        self._batches = batches
        self._head = head
        self._pause = pause
        self._last = 0

    def read(self, now: float) -> None:
        """Take in everything that was appended since the last time. A batch that is none is said and left out."""
        while batches := self._batches.after(self._last, since=now - RETENTION, limit=CHUNK):
            for batch in batches:
                self._take(batch)
            self._last = batches[-1].id
            if len(batches) < CHUNK:
                break
            self._pause(PAUSE)
        self._head.truncate(int(now * 1000))
        self._say_overflow()

    def _say_overflow(self) -> None:
        if self._head.refused_series:
            notices.say(
                f"{len(self._head)} series are all that is kept in memory for rules: samples of new ones are left out;"
                " give metrics attributes with fewer values",
                once="series",
            )
        if self._head.refused_samples:
            notices.say(
                f"{self._head.samples} samples are all that is kept in memory for rules: newer ones are left out;"
                " export metrics less often, or fewer of them",
                once="samples",
            )

    def _take(self, batch: MetricBatch) -> None:
        try:
            self._head.append_many(samples(batch.payload))
        except msgspec.DecodeError as error:
            notices.say(f"a metric batch cannot be read and is left out: {error}", once="metric batch")

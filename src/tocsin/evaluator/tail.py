"""From the store's metric batches into the series head."""

import time
from collections.abc import Callable, Mapping

import msgspec

from tocsin.notices import notices
from tocsin.series import Head
from tocsin.store import MetricBatch
from tocsin.store.metrics import RETENTION, MetricBatches
from tocsin.telemetry import Skipped, Translation, samples

#: Batches that are decoded before the application's threads get the interpreter for themselves, for `PAUSE` seconds.
CHUNK = 20
PAUSE = 0.02
#: Metrics that rules cannot use of which it is said why.
UNSEEN = 20


class Tail:
    """Reads each batch once, in order; a new evaluator begins with what the head may still need."""

    def __init__(
        self,
        batches: MetricBatches,
        head: Head,
        *,
        stanza: Mapping[str, object] | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._batches = batches
        self._head = head
        self._translation = Translation.of(stanza or {})
        self._pause = pause
        self._last = 0
        self._unseen: set[str] = set()

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
        skipped: Skipped = {}
        try:
            self._head.append_many(samples(batch.payload, translation=self._translation, skipped=skipped))
        except msgspec.DecodeError as error:
            notices.say(f"a metric batch cannot be read and is left out: {error}", once="metric batch")
        self._say_unseen(skipped)

    def _say_unseen(self, skipped: Skipped) -> None:
        for name in sorted(skipped.keys() - self._unseen)[: UNSEEN - len(self._unseen)]:
            self._unseen.add(name)
            notices.say(f"rules do not see the metric {name}: {skipped[name]}", once=f"metric {name}")

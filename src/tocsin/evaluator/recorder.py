"""What rules write: into the head, and what long windows look back at into the store as well."""

from collections import deque
from collections.abc import Callable, Mapping

from tocsin.notices import notices
from tocsin.series import STALE_NAN, Labels, LongHead
from tocsin.store.recorded import Recorded, RecordedSample

#: Samples that wait for a store that cannot be written; then the oldest are lost.
UNSAVED = 200_000


class Recorder:
    """Where rules write their series.

    What is kept for long is in `unsaved` until somebody wrote it to the store and said so. `rest` is called between two
    samples that are read back, of which there may be many.
    """

    def __init__(self, head: LongHead, store: Recorded, *, rest: Callable[[], object] = lambda: None) -> None:
        self.head = head
        self.unsaved: deque[RecordedSample] = deque(maxlen=UNSAVED)
        self._store = store
        self._rest = rest
        self._retentions: Mapping[str, float] = {}

    def keep(self, retentions: Mapping[str, float], now: float) -> None:
        """Keep these metrics for so many seconds; what the store and the head have of them is taken over."""
        self._retentions = retentions
        for name in self.head.keep(retentions):
            for sample in self._store.read(name, since=now - retentions[name], until=now):
                self._rest()
                self.head.record(*sample)
            for labels, at_ms, value in self.head.recent(name):
                self._record(RecordedSample(labels, at_ms, value))

    def append(self, labels: Labels, at: float, value: float) -> None:
        """Write a sample."""
        sample = RecordedSample(labels, round(at * 1000), value)
        self.head.append(*sample)
        self._record(sample)

    def mark_stale(self, labels: Labels, at: float) -> None:
        """End a series."""
        at_ms = round(at * 1000)
        self.head.stale(labels, at_ms)
        if self.head.record_end(labels, at_ms):
            self.unsaved.append(RecordedSample(labels, at_ms, STALE_NAN))

    def saved(self) -> None:
        """What was `unsaved` is in the store."""
        self.unsaved.clear()

    def expire(self, now: float) -> None:
        """Drop from the store what is older than anybody looks back. Raises `StoreError`."""
        self._store.expire(self._retentions, now=now)

    def _record(self, sample: RecordedSample) -> None:
        if self.head.record(*sample):
            self.unsaved.append(sample)
        elif self.head.refused_kept:
            notices.say(
                f"{self.head.kept_series} recorded series with {self.head.kept_samples} samples are all that is kept"
                " for windows from 1h: the others are left out; record fewer series, or at longer intervals",
                once="recorded series",
            )

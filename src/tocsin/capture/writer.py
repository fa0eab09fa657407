"""The process' own thread work: occurrences to the store, counts and durations to the metrics."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from opentelemetry.metrics import Meter, Observation

from tocsin.capture import attributes
from tocsin.capture.draft import Draft
from tocsin.capture.recorder import Inbox, Recorder
from tocsin.errors import Severity
from tocsin.guard import guard
from tocsin.notices import notices
from tocsin.privacy import Masker
from tocsin.store import Occurrence, Sighting, Store, StoreError
from tocsin.store.issues import Verdict
from tocsin.telemetry import RedRecorder

T = TypeVar("T")

#: Fingerprints that get a time series of their own; the others share `other`.
COUNTED_FINGERPRINTS = 500
#: Fingerprints that wait for a store which cannot be written.
WAITING_FINGERPRINTS = 2_000
#: Sampled occurrences of one fingerprint that wait with it.
WAITING_SAMPLES = 10


@dataclass(slots=True)
class Tally:
    """The occurrences of one fingerprint that are not in the store yet."""

    latest: Draft
    count: int = 0
    first_at: float = 0.0
    handled: bool = True
    severity: Severity = "info"
    samples: list[Draft] = field(default_factory=list)

    def add(self, draft: Draft) -> None:
        """Count one more."""
        self.first_at = min(self.first_at or draft.at, draft.at)
        self.latest = draft
        self.count += 1
        if self.count == 1 or not draft.handled:
            self.handled, self.severity = draft.handled, draft.severity
        if draft.message is not None and len(self.samples) < WAITING_SAMPLES:
            self.samples.append(draft)


class Writer:
    """Drains the inbox, never in one of the application's threads.

    Counts survive a store that cannot be written: they wait, bounded, and what is lost is counted and said.
    """

    def __init__(
        self, recorder: Recorder, *, store: Store, masker: Masker, meter: Meter, release: str, status_after: Verdict
    ) -> None:
        self._recorder = recorder
        self._inbox: Inbox = recorder.inbox
        self._store = store
        self._mask = masker.mask
        self._turn = threading.Lock()
        self._release = release
        self._status_after = status_after
        self._waiting: dict[str, Tally] = {}
        self._counted: set[str] = set()
        self._red = RedRecorder(meter)
        self._errors = meter.create_counter("tocsin.errors", unit="{error}", description="Failures, each counted once.")
        meter.create_observable_counter(
            "tocsin.self.dropped",
            [lambda _options: [Observation(self._inbox.dropped)]],
            unit="{item}",
            description="Occurrences and measurements lost in this process.",
        )
        meter.create_observable_counter(
            "tocsin.self.guard_failures",
            [lambda _options: [Observation(n, {"where": where}) for where, n in guard.failures.items()]],
            unit="{failure}",
            description="Failures of Tocsin itself that the application did not notice.",
        )

    def flush(self) -> None:
        """Write everything that was handed over until now. Threads take turns: at exit there is another one."""
        with self._turn:
            self._flush()

    def forget(self) -> None:
        """Drop what a fork brought along, and perhaps a held lock: the parent writes it."""
        self._turn = threading.Lock()
        self._inbox.forget()
        self._waiting.clear()

    def _flush(self) -> None:
        for measurement in _drain(self._inbox.measurements.popleft):
            self._red.record(measurement)
        for draft in _drain(self._inbox.drafts.popleft):
            self._count(draft)
            self._wait(draft)
        try:
            self._save()
        except StoreError as error:
            notices.say(f"nothing is saved and nobody is alerted: {error}", once="store")

    def _save(self) -> None:
        if self._waiting:
            self._store.issues.record(map(self._sighting, self._waiting.values()), status_after=self._status_after)
            self._waiting.clear()
        if self._recorder.known is None:
            self._recorder.known = self._store.issues.fingerprints(self._recorder.service)

    def _wait(self, draft: Draft) -> None:
        fingerprint = draft.identity.fingerprint
        if fingerprint not in self._waiting and len(self._waiting) >= WAITING_FINGERPRINTS:
            self._inbox.dropped += 1
            return
        self._waiting.setdefault(fingerprint, Tally(draft)).add(draft)

    def _count(self, draft: Draft) -> None:
        identity = draft.identity
        fingerprint = identity.fingerprint
        if fingerprint not in self._counted:
            if len(self._counted) < COUNTED_FINGERPRINTS:
                self._counted.add(fingerprint)
            else:
                fingerprint = "other"
        labels: dict[str, str | bool] = {
            attributes.ERROR_TYPE: draft.type if fingerprint != "other" else "other",
            attributes.FINGERPRINT: fingerprint,
            attributes.CATEGORY: identity.category,
            attributes.SEVERITY: draft.severity,
            attributes.HANDLED: draft.handled,
        }
        self._errors.add(1, labels)

    def _sighting(self, tally: Tally) -> Sighting:
        identity = tally.latest.identity
        return Sighting(
            service=self._recorder.service,
            fingerprint=identity.fingerprint,
            title=self._text(identity.title),
            culprit=self._text(identity.culprit),
            error_type=tally.latest.type,
            category=identity.category,
            severity=tally.severity,
            handled=tally.handled,
            release=self._release,
            count=tally.count,
            first_at=tally.first_at,
            last_at=tally.latest.at,
            samples=tuple(map(self._occurrence, tally.samples)),
        )

    def _occurrence(self, draft: Draft) -> Occurrence:
        return Occurrence(
            at=draft.at,
            message=self._text(draft.message or ""),
            stacktrace=self._text(draft.stacktrace),
            handled=draft.handled,
            release=self._release,
            trace_id=draft.trace_id,
            span_id=draft.span_id,
            attributes={key: self._text(value) for key, value in draft.context.items()},
        )

    def _text(self, text: str) -> str:
        """Masked, and such that a database takes it: a file name may hold what is no character."""
        return self._mask(text).encode("utf-8", "backslashreplace").decode()


def _drain(pop: Callable[[], T]) -> Iterator[T]:
    try:
        while True:
            yield pop()
    except IndexError:
        return

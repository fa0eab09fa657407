"""The process' own thread work: occurrences to the store, counts and durations to the metrics."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from opentelemetry.metrics import Meter, Observation

from tocsin.capture import attributes
from tocsin.capture.draft import Draft
from tocsin.capture.recorder import KNOWN, Inbox, Recorder
from tocsin.capture.redaction import Redaction
from tocsin.errors import Severity
from tocsin.guard import guard
from tocsin.notices import notices
from tocsin.store import Occurrence, Sighting, Store, StoreError
from tocsin.store.issues import Verdict
from tocsin.telemetry import RedRecorder, measurement_of

T = TypeVar("T")

#: Fingerprints that get a time series of their own; the others share `other`.
COUNTED_FINGERPRINTS = 500
#: Fingerprints that wait for a store which cannot be written.
WAITING_FINGERPRINTS = 2_000
#: Sampled occurrences of one fingerprint that wait with it, and of all fingerprints together.
WAITING_SAMPLES, ALL_WAITING_SAMPLES = 10, 1_000


@dataclass(slots=True)
class Tally:
    """The occurrences of one fingerprint that are not in the store yet."""

    latest: Draft
    count: int = 0
    first_at: float = 0.0
    handled: bool = True
    severity: Severity = "info"
    samples: list[Draft] = field(default_factory=list)

    def add(self, draft: Draft, *, keep: bool) -> None:
        """Count one more, and keep it where it is sampled and there is room."""
        self.first_at = min(self.first_at or draft.at, draft.at)
        self.latest = draft
        self.count += 1
        if self.count == 1 or not draft.handled:
            self.handled, self.severity = draft.handled, draft.severity
        if keep and draft.message is not None and len(self.samples) < WAITING_SAMPLES:
            self.samples.append(draft)


class Writer:
    """Drains the inbox, never in one of the application's threads.

    Counts survive a store that cannot be written: they wait, bounded, and what is lost is counted and said.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        store: Store,
        redaction: Redaction,
        meter: Meter,
        release: str,
        status_after: Verdict,
    ) -> None:
        self._recorder = recorder
        self._inbox: Inbox = recorder.inbox
        self._store = store
        self._redaction = redaction
        self._turn = threading.Lock()
        self._release = release
        self._status_after = status_after
        self._waiting: dict[str, Tally] = {}
        self._waiting_samples = 0
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
            "tocsin.self.masked",
            [lambda _options: [Observation(n, {"kind": kind}) for kind, n in redaction.counts.copy().items()]],
            unit="{value}",
            description="Values of personal data and secrets that were masked.",
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
        self._waiting_samples = 0

    def _flush(self) -> None:
        self._inbox.samples = 0
        for measurement in map(measurement_of, _drain(self._inbox.spans.popleft)):
            if measurement is not None:
                self._red.record(measurement)
        counts: Counter[tuple[tuple[str, str | bool], ...]] = Counter()
        for draft in _drain(self._inbox.drafts.popleft):
            counts[self._labels(draft)] += 1
            self._wait(draft)
        for labels, count in counts.items():
            self._errors.add(count, dict(labels))
        try:
            self._save()
        except StoreError as error:
            notices.say(f"nothing is saved and nobody is alerted: {error}", once="store")
        if self._inbox.dropped:
            lost = "occurrences and measurements are lost, more come than can be written"
            notices.say(f"{lost}; tocsin.self.dropped counts them, queue_size makes room", once="dropped")

    def _save(self) -> None:
        if self._waiting:
            self._store.issues.record(map(self._sighting, self._waiting.values()), status_after=self._status_after)
            self._waiting.clear()
            self._waiting_samples = 0
        if self._recorder.known is None:
            known = self._store.issues.fingerprints(self._recorder.service)
            self._recorder.known = set(islice(known, KNOWN))

    def _wait(self, draft: Draft) -> None:
        fingerprint = draft.identity.fingerprint
        if fingerprint not in self._waiting and len(self._waiting) >= WAITING_FINGERPRINTS:
            self._inbox.dropped += 1
            return
        tally = self._waiting.setdefault(fingerprint, Tally(draft))
        tally.add(draft, keep=self._waiting_samples < ALL_WAITING_SAMPLES)
        self._waiting_samples += draft.message is not None

    def _labels(self, draft: Draft) -> tuple[tuple[str, str | bool], ...]:
        identity = draft.identity
        fingerprint = identity.fingerprint
        if fingerprint not in self._counted:
            if len(self._counted) < COUNTED_FINGERPRINTS:
                self._counted.add(fingerprint)
            else:
                fingerprint = "other"
        return (
            (attributes.ERROR_TYPE, draft.type if fingerprint != "other" else "other"),
            (attributes.FINGERPRINT, fingerprint),
            (attributes.CATEGORY, identity.category),
            (attributes.SEVERITY, draft.severity),
            (attributes.HANDLED, draft.handled),
        )

    def _sighting(self, tally: Tally) -> Sighting:
        identity = tally.latest.identity
        return Sighting(
            service=self._recorder.service,
            fingerprint=identity.fingerprint,
            title=_storable(self._redaction.masker.mask(identity.title)),
            culprit=_storable(self._redaction.masker.mask(identity.culprit)),
            error_type=tally.latest.type,
            category=identity.category,
            severity=tally.severity,
            handled=tally.handled,
            release=self._release,
            count=tally.count,
            first_at=tally.first_at,
            last_at=tally.latest.at,
            samples=tuple(map(self._occurrence, tally.samples)),
            aliases=identity.aliases,
        )

    def _occurrence(self, draft: Draft) -> Occurrence:
        exception = {
            attributes.EXCEPTION_MESSAGE: draft.message or "",
            attributes.EXCEPTION_STACKTRACE: draft.stacktrace,
        }
        told = {
            key: _storable(value) for key, value in self._redaction.mask_values({**draft.context, **exception}).items()
        }
        return Occurrence(
            at=draft.at,
            message=told.pop(attributes.EXCEPTION_MESSAGE),
            stacktrace=told.pop(attributes.EXCEPTION_STACKTRACE),
            handled=draft.handled,
            release=self._release,
            trace_id=draft.trace_id,
            span_id=draft.span_id,
            attributes=told,
        )


def _storable(value: object) -> str:
    """Text that a database takes: a file name may hold what is no character."""
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text.encode("utf-8", "backslashreplace").decode()


def _drain(pop: Callable[[], T]) -> Iterator[T]:
    try:
        while True:
            yield pop()
    except IndexError:
        return

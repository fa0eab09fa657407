"""The process' own thread work: occurrences to the store, counts and durations to the metrics."""

import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import islice, starmap
from typing import Any, TypeVar

from msgspec import Struct
from opentelemetry.context import Context
from opentelemetry.metrics import Meter, Observation
from opentelemetry.trace import NonRecordingSpan, set_span_in_context

from tocsin.capture import attributes
from tocsin.capture.backlog import PORTION, Backlog, Counts
from tocsin.capture.draft import Draft
from tocsin.capture.recorder import KNOWN, Recorder
from tocsin.capture.redaction import Redaction
from tocsin.capture.spans import ORDERLY
from tocsin.capture.tally import Tally
from tocsin.capture.traffic import Traffic
from tocsin.guard import guard
from tocsin.notices import notices
from tocsin.store import Occurrence, Sighting, Store, StoreError
from tocsin.store.issues import Verdict
from tocsin.telemetry import Durations, Measurement, Series, measurement_of
from tocsin.telemetry.durations import OBSERVED

T = TypeVar("T")

ENVIRONMENT = "deployment.environment.name"
#: Names and outcomes of what the application observes whose series are remembered.
OBSERVATIONS = 1_024
#: Texts of issues whose masked form is remembered.
REMEMBERED_TEXTS = 2_048


class Deployment(Struct, frozen=True):
    """What holds for all that this process reports."""

    #: Asked in the writer's thread.
    release: Callable[[], str]
    environment: str = ""
    #: Makes pseudonyms of users; the store's own where it is empty.
    hash_key: str = ""
    #: Whether counts of failures lead to their traces.
    has_exemplars: bool = True


class Writer:
    """Tells the metrics and the store what was handed over, never in one of the application's threads.

    Counts survive a store that cannot be written: they wait in the backlog. What is lost is counted and said.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        store: Store,
        redaction: Redaction,
        meter: Meter,
        deployment: Deployment,
        status_after: Verdict,
    ) -> None:
        self._recorder = recorder
        self._inbox = recorder.inbox
        self._store = store
        self._redaction = redaction
        self._turn = threading.Lock()
        self._deployment = deployment
        #: Asked once, by the first failure that is written.
        self._release = lru_cache(1)(deployment.release)
        #: Attributes of every occurrence.
        self._everywhere = {ENVIRONMENT: deployment.environment} if deployment.environment else {}
        self._hash_key = deployment.hash_key.encode()
        self._status_after = status_after
        self._backlog = Backlog(self._inbox)
        self._inbox.gather = self._backlog.gather
        #: Of titles and culprits, which each occurrence brings along anew.
        self._masked = lru_cache(REMEMBERED_TEXTS)(lambda text: _storable(redaction.masker.mask(text)))
        self._traffic = Traffic()
        self._durations = Durations(meter)
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
        self._backlog = Backlog(self._inbox)
        self._inbox.gather = self._backlog.gather

    def _flush(self) -> None:
        self._durations.record(filter(None, map(measurement_of, _drain(self._inbox.spans.popleft))))
        self._durations.record(starmap(_measurement, _drain(self._inbox.observations.popleft)))
        self._gather()
        self._count(self._backlog.take_counts())
        try:
            self._save()
        except StoreError as error:
            notices.say(f"nothing is saved and nobody is alerted: {error}", once="store")
        if self._inbox.dropped:
            lost = "occurrences and measurements are lost, more come than can be written"
            notices.say(f"{lost}; tocsin.self.dropped counts them, queue_size makes room", once="dropped")

    def _exemplar(self, draft: Draft) -> Context | None:
        """The context in which the SDK keeps the trace as an exemplar of the count."""
        has_exemplars = self._deployment.has_exemplars
        return set_span_in_context(NonRecordingSpan(draft.where), Context()) if has_exemplars else None

    def _gather(self) -> None:
        """What was handed over until now, and no more: what goes on coming would never let it end."""
        for _ in range(0, len(self._inbox.drafts) + 1, PORTION):
            self._backlog.gather()

    def _count(self, counts: Counts) -> None:
        work, self._inbox.work = self._inbox.work, 0
        self._traffic.add(work, counts.work)
        for labels, count in counts.failures.items():
            self._errors.add(count, dict(labels), self._exemplar(counts.latest[labels]))

    def _save(self) -> None:
        tallies = self._backlog.take()
        try:
            if tallies:
                self._store.issues.record(map(self._sighting, tallies.values()), status_after=self._status_after)
            self._backlog.settle()
        except BaseException:
            self._backlog.give_back()
            raise
        finally:
            self._inbox.samples = self._backlog.samples
        if self._recorder.known is None:
            known = self._store.issues.fingerprints(self._recorder.service)
            self._recorder.known = set(islice(known, KNOWN))

    def _sighting(self, tally: Tally) -> Sighting:
        identity = tally.latest.identity
        return Sighting(
            service=self._recorder.service,
            fingerprint=identity.fingerprint,
            title=self._masked(identity.title),
            culprit=self._masked(identity.culprit),
            error_type=tally.latest.type,
            category=identity.category,
            severity=(tally.worst or tally.latest).weigh(self._traffic.share(identity.fingerprint)),
            handled=tally.handled,
            release=self._release(),
            count=tally.count,
            first_at=tally.first_at,
            last_at=tally.latest.at,
            samples=tuple(map(self._occurrence, tally.samples)),
            escaped=tuple(tally.escaped),
            users=frozenset(map(self._pseudonym, tally.users)),
            aliases=identity.aliases,
        )

    def _occurrence(self, draft: Draft) -> Occurrence:
        exception = {
            attributes.EXCEPTION_MESSAGE: draft.message or "",
            attributes.EXCEPTION_STACKTRACE: draft.stacktrace,
        }
        values = {**self._everywhere, **draft.context, **exception}
        told = {key: _storable(value) for key, value in self._redaction.mask_values(values).items()}
        return Occurrence(
            at=draft.at,
            message=told.pop(attributes.EXCEPTION_MESSAGE),
            stacktrace=told.pop(attributes.EXCEPTION_STACKTRACE),
            handled=draft.handled,
            release=self._release(),
            trace_id=draft.trace_id,
            span_id=draft.span_id,
            attributes=told,
            details=self._details(draft),
        )

    def _details(self, draft: Draft) -> dict[str, Any]:
        """Nothing of a context that cannot be masked."""
        with guard.block("context"):
            return draft.details.told(self._redaction) if draft.details else {}
        return {}

    def _pseudonym(self, user: str) -> str:
        """The same for the same user, and nobody's name."""
        self._hash_key = self._hash_key or self._store.issues.user_key()
        return blake2b(user.encode("utf-8", "replace"), key=self._hash_key[:64], digest_size=8).hexdigest()


def _measurement(name: str, seconds: float, error_type: str | None) -> Measurement:
    return Measurement(_observed(name, error_type), seconds)


@lru_cache(OBSERVATIONS)
def _observed(name: str, error_type: str | None) -> Series:
    outcome = "success" if error_type is None else "cancelled" if error_type in ORDERLY else "failure"
    found = {"tocsin.observed.name": name, "tocsin.observed.outcome": outcome}
    raised = {attributes.ERROR_TYPE: error_type} if outcome == "failure" else {}
    return Series(OBSERVED, found | raised)


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

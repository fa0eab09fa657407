"""What was seen and is not told yet, summed up: however many failures there are, counting them takes no room."""

import threading
from collections import Counter
from typing import TypeAlias

from msgspec import Struct, field

from tocsin.capture import attributes
from tocsin.capture.draft import Draft
from tocsin.capture.inbox import Inbox
from tocsin.capture.tally import Tally

Labels: TypeAlias = tuple[tuple[str, str | bool], ...]

#: Fingerprints that get a time series of their own; the others share `other`.
COUNTED_FINGERPRINTS = 500
#: Fingerprints that wait for the store; of any further one nothing is kept.
WAITING_FINGERPRINTS = 5_000
#: Sampled occurrences of all fingerprints together that wait with them, and users.
ALL_WAITING_SAMPLES, ALL_WAITING_USERS = 1_000, 20_000
#: Drafts that are summed up in a row, and seconds that a thread waits for another one to do so.
PORTION, PATIENCE = 100, 0.01


class Counts(Struct):
    """What the metrics have yet to tell."""

    failures: Counter[Labels] = field(default_factory=Counter)
    #: The latest failure of each.
    latest: dict[Labels, Draft] = field(default_factory=dict)
    #: Requests and tasks, by the fingerprint of what failed in them.
    work: Counter[str] = field(default_factory=Counter)


class Backlog:
    """Sums up drafts by fingerprint until the store has them, and by labels until the metrics have them.

    Counts are exact: a store that cannot be written, and any number of failures, cost nothing of them. Only failures
    of more than `WAITING_FINGERPRINTS` fingerprints at once are dropped, and counted as such.

    What it holds is bounded by the constants above: 3 kB a fingerprint, 110 bytes a user, and of samples their text,
    mostly 5 kB and 40 at most. That is 22 MB where all bounds are reached, and 57 where each sample is as long as can
    be. Any thread may sum up, and none waits longer for another one than `PATIENCE`.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        #: Samples that wait for the store.
        self.samples = 0
        self._lock = threading.Lock()
        self._counted: set[str] = set()
        self._counts = Counts()
        self._tallies: dict[str, Tally] = {}
        #: Those that are being written.
        self._taken: dict[str, Tally] = {}
        self._users = 0

    def gather(self) -> bool:
        """Sum up some of the drafts that were handed over; whether there may be more.

        The lock is not waited for in earnest: what holds it may be this very thread, where a finalizer interrupted it.
        """
        if not self._lock.acquire(timeout=PATIENCE):
            return False
        try:
            for _ in range(PORTION):
                self._add(self._inbox.drafts.popleft())
        except IndexError:
            return False
        finally:
            self._lock.release()
        return True

    def take_counts(self) -> Counts:
        """What the metrics have yet to tell, once."""
        with self._lock:
            counts, self._counts = self._counts, Counts()
        return counts

    def take(self) -> dict[str, Tally]:
        """What is not in the store, by fingerprint; to be told about by `settle` or `give_back`."""
        with self._lock:
            self._taken, self._tallies = self._tallies, {}
        return self._taken

    def settle(self) -> None:
        """What was taken is written."""
        with self._lock:
            self._taken = {}
            self._weigh()

    def give_back(self) -> None:
        """What was taken could not be written: it waits, together with what came meanwhile."""
        with self._lock:
            for fingerprint, later in self._tallies.items():
                tally = self._taken.setdefault(fingerprint, later)
                if tally is not later:
                    tally.precede(later)
            self._tallies, self._taken = self._taken, {}
            self._weigh()

    def _weigh(self) -> None:
        self.samples = sum(len(tally.samples) for tally in self._tallies.values())
        self._users = sum(len(tally.users) for tally in self._tallies.values())

    def _add(self, draft: Draft) -> None:
        # In this order: one that escapes meanwhile is told again, or seen as escaped right here.
        again, draft.is_written = draft.is_written, True
        if not again:
            self._count(draft)
        tally = self._tally(draft)
        if tally is None:
            self._inbox.dropped += not again
            return
        tally.add(draft, again=again)
        if draft.message is not None and not again and self.samples < ALL_WAITING_SAMPLES:
            self.samples += tally.keep(draft)
        if self._users < ALL_WAITING_USERS:
            self._users += tally.hit(draft.user)

    def _tally(self, draft: Draft) -> Tally | None:
        fingerprint = draft.identity.fingerprint
        tally = self._tallies.get(fingerprint)
        if tally is None and len(self._tallies) + len(self._taken) < WAITING_FINGERPRINTS:
            tally = self._tallies[fingerprint] = Tally(draft)
        return tally

    def _count(self, draft: Draft) -> None:
        labels = self._labels(draft)
        self._counts.failures[labels] += 1
        self._counts.latest[labels] = draft
        if draft.entry != "program":
            self._counts.work[draft.identity.fingerprint] += 1

    def _labels(self, draft: Draft) -> Labels:
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

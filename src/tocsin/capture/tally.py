"""The occurrences of one fingerprint, summed up until they are in the store."""

from msgspec import Struct, field

from tocsin.capture.draft import Draft
from tocsin.store.counts import USERS

#: Sampled occurrences of one fingerprint that wait for the store.
WAITING_SAMPLES = 10


class Tally(Struct):
    """Any number of occurrences in the space of one: the count is exact, samples and users are bounded."""

    latest: Draft
    count: int = 0
    first_at: float = 0.0
    handled: bool = True
    #: The one whose severity is that of all.
    worst: Draft | None = None
    samples: list[Draft] = field(default_factory=list)
    users: set[str] = field(default_factory=set)
    #: When those happened that were told again because they escaped: they may be saved as handled.
    escaped: list[float] = field(default_factory=list)

    def add(self, draft: Draft, *, again: bool) -> None:
        """Count one more, unless it was told `again` because it escaped."""
        self.first_at = min(self.first_at or draft.at, draft.at)
        self.latest = draft
        self.count += not again
        if again and len(self.escaped) < WAITING_SAMPLES:
            self.escaped.append(draft.at)
        if self.worst is None or not draft.handled:
            self.handled, self.worst = draft.handled, draft

    def keep(self, draft: Draft) -> bool:
        """Whether there was room for one more sample."""
        if len(self.samples) >= WAITING_SAMPLES:
            return False
        self.samples.append(draft)
        return True

    def hit(self, user: str) -> bool:
        """Whether the user is a new one, and there is room."""
        if not user or user in self.users or len(self.users) >= USERS:
            return False
        self.users.add(user)
        return True

    def precede(self, later: "Tally") -> None:
        """Put the later occurrences of the same fingerprint to these."""
        self.first_at = min(self.first_at, later.first_at)
        self.latest = later.latest
        self.count += later.count
        if not later.handled:
            self.handled, self.worst = False, later.worst
        self.samples += later.samples[: WAITING_SAMPLES - len(self.samples)]
        self.escaped += later.escaped[: WAITING_SAMPLES - len(self.escaped)]
        self.users.update(list(later.users)[: USERS - len(self.users)])

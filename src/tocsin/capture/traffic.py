"""How much of what a process does is hit by one cause."""

import time
from collections import Counter
from collections.abc import Callable, Mapping

#: Seconds over which work and failures are counted; what is told is about this and the stretch before.
STRETCH = 60.0
#: Requests and tasks that have to be counted before a share says anything.
ENOUGH = 100


class Traffic:
    """Counts requests and tasks, and failures among them by fingerprint, over the last one to two minutes.

    What is sampled out is not counted, neither as work nor as a share of it: then shares are 0.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._work = self._work_before = 0
        self._failures: Counter[str] = Counter()
        self._failures_before: Counter[str] = Counter()

    def add(self, work: int, failed: Mapping[str, int]) -> None:
        """Count ended requests and tasks, and by fingerprint those that failed."""
        if self._clock() - self._began >= STRETCH:
            self._began = self._clock()
            self._work_before, self._work = self._work, 0
            self._failures_before, self._failures = self._failures, Counter()
        self._work += work
        self._failures.update(failed)

    def share(self, fingerprint: str) -> float:
        """Of the requests and tasks, those that failed so: 0 to 1; 0 while there are too few to say."""
        work = self._work + self._work_before
        failures = self._failures[fingerprint] + self._failures_before[fingerprint]
        return min(1.0, failures / work) if work >= ENOUGH else 0.0

"""Whether an issue becomes more frequent."""

from collections.abc import Mapping

HOUR = 3600
#: Hours before the present one that say what is usual.
USUAL = 24


def rise(hours: Mapping[int, int], *, now: float) -> float:
    """How many times as often as usual an issue occurs: the last hour against the mean of the day before it.

    `hours` are the occurrences by the beginning of the hour. The hour that runs counts with the share of the one before
    it that makes it whole. What was never seen before counts as if it had been seen once.
    """
    this = int(now) // HOUR * HOUR
    passed = (now - this) / HOUR
    last = hours.get(this, 0) + (1 - passed) * hours.get(this - HOUR, 0)
    before = sum(hours.get(this - HOUR * ago, 0) for ago in range(1, USUAL + 1))
    return last / (max(before, 1) / USUAL)

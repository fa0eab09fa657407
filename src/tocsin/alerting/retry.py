"""When a failed delivery is tried again."""

from tocsin.notify import DeliveryError
from tocsin.store import OutboxEntry

#: The wait after the first failure in seconds; it doubles with each further one.
FIRST_WAIT = 5.0
LONGEST_WAIT = 300.0
#: A receiver may ask for a longer wait, up to this.
LONGEST_RETRY_AFTER = 3600.0
#: How old a notification may become before it is given up, in seconds.
LIFETIME = 24 * 3600.0


def next_attempt(entry: OutboxEntry, failure: DeliveryError, *, now: float, jitter: float) -> float | None:
    """None where there is no point in trying again. `jitter` is random in [0, 1) and shortens the wait by up to half.

    What the receiver asked for is never shortened.
    """
    if not failure.recoverable:
        return None
    at = now + max(wait(entry.attempts, jitter=jitter), min(failure.retry_after or 0.0, LONGEST_RETRY_AFTER))
    return at if at < entry.created_at + LIFETIME else None


def wait(failures: int, *, jitter: float) -> float:
    """Seconds after so many failures; `jitter`, random in [0, 1), shortens them by up to half."""
    return float(min(FIRST_WAIT * 2 ** min(failures, 16), LONGEST_WAIT) * (1 - jitter / 2))

"""Signs of life on their way to the store: whoever gives one waits for no disk."""

from collections import deque
from contextlib import suppress

from tocsin.notices import notices
from tocsin.store import Beat, Store, StoreError
from tocsin.ticker import Ticker

#: Signs that wait; the oldest go first.
SIZE = 10_000


class Inbox:
    """Writes in a thread of its own, from the first sign on; what cannot be written waits for the next time."""

    def __init__(self, store: Store, *, interval: float) -> None:
        self._store = store
        self._waiting: deque[Beat] = deque(maxlen=SIZE)
        self._ticker = Ticker("heartbeats", self.flush, interval=interval)

    def put(self, beat: Beat) -> None:
        """Returns at once."""
        self._waiting.append(beat)
        self._ticker.start()

    def take_back(self, beat: Beat) -> None:
        """As if it had not been put, unless it was written meanwhile."""
        with suppress(ValueError):
            self._waiting.remove(beat)

    def flush(self) -> None:
        """Write what waits."""
        beats = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not beats:
            return
        try:
            refused = self._store.heartbeats.record(beats)
        except StoreError as error:
            self._waiting.extendleft(reversed(beats))
            notices.say(f"heartbeats are not saved: {error}", once="heartbeats")
        else:
            if refused:
                notices.say("there are too many heartbeats: `tocsin heartbeat --forget` some", once="heartbeats")

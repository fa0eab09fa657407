"""How the evaluating thread lets those of the application go first."""

import time
from collections.abc import Callable

#: Whoever waits for the interpreter gets it after `RUN` seconds of work, not after the 5 ms that Python grants.
RUN = 0.0005
REST = 0.0003


class Courtesy:
    """To be called often: sleeps `REST` seconds where `RUN` seconds have passed since the last time.

    numpy gives up the interpreter as well, but takes it back before a waiting thread is awake.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._rested = clock()

    def __call__(self) -> None:
        if self._clock() - self._rested >= RUN:
            self._sleep(REST)
            self._rested = self._clock()

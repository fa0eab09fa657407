"""A background thread that works when woken, or when it said that it would."""

import threading
from collections.abc import Callable

from opentelemetry.context import Context, attach
from opentelemetry.instrumentation.utils import suppress_instrumentation

from tocsin.guard import guard


class Lane:
    """Runs `work` in a daemon thread, without telemetry, from the first `wake` on.

    `work` returns for how many seconds there is nothing to do, None for until the next `wake`. A forked child has no
    thread until it wakes the lane itself.
    """

    def __init__(self, name: str, work: Callable[[], float | None]) -> None:
        self._name = name
        self._work = work
        self._woken = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Returns at once; several calls before the thread gets to work are one."""
        self._woken.set()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name=f"tocsin-{self._name}", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Let the thread end after the work at hand."""
        self._stopping = True
        self._woken.set()

    def join(self, timeout: float) -> None:
        """Wait for the end of the thread; it may outlive `timeout`."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        attach(Context())
        with suppress_instrumentation():
            self._woken.clear()
            while not self._stopping:
                self._woken.wait(self._step())
                # Before the look at `_stopping`, so that a `stop` at any moment is heard.
                self._woken.clear()

    def _step(self) -> float | None:
        with guard.block(self._name):
            return self._work()
        return None

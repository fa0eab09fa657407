"""The one kind of background thread that Tocsin runs in somebody else's process."""

import os
import threading
import time
import weakref
from collections.abc import Callable

from opentelemetry.context import Context, attach
from opentelemetry.instrumentation.utils import suppress_instrumentation

from tocsin.guard import guard

#: The longest rest for what a call took of the processor, in seconds.
LONGEST_REST = 10.0


class Ticker:
    """Calls `work` again and again, `interval` seconds after the last call ended, or sooner in a hurry.

    Where `work` is much, it may be done less often, so that the application has the processor: the next call does not
    follow before `rest` times what the last one took of it, or `LONGEST_REST`.
    It is done on a daemon thread with an OpenTelemetry context of its own and instrumentation suppressed, so that it is
    no telemetry of the application. In a forked child a ticker that was running runs again. An exception of `work` is
    the guard's, and the thread goes on.
    """

    def __init__(self, name: str, work: Callable[[], object], *, interval: float, rest: float = 0.0) -> None:
        self._name = name
        self._work = work
        self._interval = interval
        self._rest = rest
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._due = threading.Event()
        this = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _resume(this()))

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._thread is not None

    def start(self) -> None:
        """Start the thread unless it runs: cheap enough to be called at every event that needs it."""
        if self._thread is None:
            with self._lock:
                self._start()

    def hurry(self) -> None:
        """Make the next call now. Never blocks."""
        self._due.set()

    def stop(self, timeout: float | None = None) -> None:
        """Let a call that is under way finish, for `timeout` seconds at most, and make no further one."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stopped.set()
            self._due.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def resume(self) -> None:
        """A fork copies no threads, and perhaps a held lock: give the child its own."""
        self._lock = threading.Lock()
        if self._thread is not None:
            self._thread = None
            self._start()

    def _start(self) -> None:
        if self._thread is None:
            self._stopped, self._due = threading.Event(), threading.Event()
            events = self._stopped, self._due
            thread = threading.Thread(target=self._run, args=events, name=f"tocsin-{self._name}", daemon=True)
            thread.start()
            self._thread = thread

    def _run(self, stopped: threading.Event, due: threading.Event) -> None:
        attach(Context())
        with suppress_instrumentation():
            rest = 0.0
            while True:
                due.wait(max(self._interval, rest))
                due.clear()
                if stopped.is_set():
                    return
                begun = time.thread_time()
                self._tick()
                rest = min(self._rest * (time.thread_time() - begun), LONGEST_REST)

    def _tick(self) -> None:
        with guard.block(f"{self._name} thread"):
            self._work()


def _resume(ticker: Ticker | None) -> None:
    if ticker is not None:
        ticker.resume()

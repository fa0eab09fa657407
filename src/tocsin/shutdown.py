"""Leave in time: whatever is down, the exit of the process waits no longer than it was told."""

import os
import threading
import time
import weakref
from collections.abc import Callable

from msgspec import Struct, field

from tocsin.guard import guard


class Task(Struct):
    """Last work of one kind, on a thread of its own that waits for it from the start."""

    name: str
    work: Callable[[], object]
    begin: threading.Event = field(default_factory=threading.Event)
    is_dismissed: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Park the thread. It has to exist before the exit begins: from Python 3.12 none can be started then."""
        threading.Thread(target=self._run, name=f"tocsin-exit-{self.name}", daemon=True).start()

    def dismiss(self) -> None:
        """Let the thread go without the work, and wait until it has gone on."""
        self.is_dismissed = True
        self.begin.set()
        self.done.wait(1.0)

    def _run(self) -> None:
        self.begin.wait()
        try:
            if not self.is_dismissed:
                with guard.block(f"{self.name} at exit"):
                    self.work()
        finally:
            self.done.set()


class BoundedShutdown:
    """Runs all last work side by side and waits for it no longer than `timeout` seconds in total, once a process."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._work: dict[str, Callable[[], object]] = {}
        self._tasks: list[Task] = []
        this = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _park_again(this()))

    def add(self, name: str, work: Callable[[], object]) -> None:
        """Register last work; `name` is how it is called when it did not finish."""
        self._work[name] = work
        self._park(name)

    def run(self) -> tuple[str, ...]:
        """Do the work; the names of what was not done in time. A second call finds nothing left to do."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.begin.set()
        deadline = time.monotonic() + self._timeout
        return tuple(task.name for task in tasks if not task.done.wait(max(0.0, deadline - time.monotonic())))

    def _park(self, name: str) -> None:
        task = Task(name, self._work[name])
        task.start()
        self._tasks.append(task)

    def unpark(self) -> None:
        """Let the threads go; they can be parked again."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.dismiss()

    def park_again(self) -> None:
        """A fork copies no threads: give the child its own."""
        self._tasks = []
        for name in self._work:
            self._park(name)


def _park_again(shutdown: BoundedShutdown | None) -> None:
    if shutdown is not None:
        shutdown.park_again()

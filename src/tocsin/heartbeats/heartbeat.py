"""Signs of life of a job, given by the process that runs it."""

import functools
import inspect
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

from tocsin.guard import guard
from tocsin.heartbeats.inbox import Inbox
from tocsin.heartbeats.sign import sign
from tocsin.store import Beat

F = TypeVar("F", bound=Callable[..., Any])


class Heartbeat:
    """Making one is a sign of life. As a block or a decorator, the beginning and the end of each run are signs instead.

    Nothing of it raises into the application, or waits for a disk.
    """

    def __init__(self, name: str, inbox: Inbox | None, **terms: Any) -> None:
        self._name = name
        self._inbox = inbox
        self._terms = terms
        self._made: Beat | None = None
        self._made = self._give("ok")

    def ok(self) -> None:
        """It is alive, or a run went well."""
        self._give("ok")

    def start(self) -> None:
        """A run begins: it has to end within the grace."""
        self._give("started")

    def fail(self, note: str = "") -> None:
        """A run went wrong; `note` must hold no secret."""
        self._give("failed", note=note)

    def __enter__(self) -> "Heartbeat":  # noqa: PYI034  Self comes with Python 3.11
        self._take_back()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.ok()
        else:
            self.fail(kind.__qualname__)

    def __call__(self, job: F) -> F:
        """The job, each run of which gives signs."""
        self._take_back()

        @functools.wraps(job)
        def run(*args: Any, **kwargs: Any) -> Any:
            with self:
                return job(*args, **kwargs)

        @functools.wraps(job)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            with self:
                return await job(*args, **kwargs)

        return cast("F", run_async if inspect.iscoroutinefunction(job) else run)

    def _take_back(self) -> None:
        """The sign that came of making this."""
        with guard.block("heartbeat"):
            if self._inbox is not None and self._made is not None:
                self._inbox.take_back(self._made)
            self._made = None

    def _give(self, status: str, *, note: str = "") -> Beat | None:
        with guard.block("heartbeat"):
            if self._inbox is not None:
                beat = sign(self._name, at=time.time(), status=status, note=note, **self._terms)
                self._inbox.put(beat)
                return beat
        return None

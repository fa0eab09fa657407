"""Failures in thread and process pools that nobody asks for."""

import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

from opentelemetry import trace

from tocsin.capture.recorder import Recorder
from tocsin.guard import guard

#: The attribute of a future that holds its watch; the one in which `concurrent.futures` keeps the exception.
WATCH, EXCEPTION = "__tocsin__", "_exception"


class Unasked:
    """Held by a future that failed: tells of the exception if the future goes before anybody asked for it."""

    __slots__ = ("__weakref__", "_recorder", "_span", "error")

    def __init__(self, recorder: Recorder, error: BaseException) -> None:
        self._recorder = recorder
        # Where it failed. Not the span itself: the collector may run while one of its locks is held.
        self._span = trace.NonRecordingSpan(trace.get_current_span().get_span_context())
        self.error: BaseException | None = error

    @guard("future hook")
    def tell(self) -> None:
        """An exception that nobody asked for escaped."""
        error, self.error = self.error, None
        if error is not None:
            self._recorder.see(error, handled=False, span=self._span)

    def __del__(self) -> None:
        if self.error is not None:
            self.tell()


class FutureWatch:
    """In place of the futures' attribute that holds the exception: whoever reads it has asked.

    So we are in nobody's traceback, and there is nothing to do for a future that has a result.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._unasked: dict[int, weakref.ref[Unasked]] = {}

    def hook(self, base: ModuleType) -> Callable[[], None]:
        """Watch all futures. Returns a function that takes the hook away."""
        if EXCEPTION in vars(base.Future):
            raise AttributeError(f"Future.{EXCEPTION} is not what it was")
        setattr(base.Future, EXCEPTION, self)
        return lambda: delattr(base.Future, EXCEPTION)

    def tell(self) -> None:
        """At the end of the process, what was not asked for by now never will be."""
        for reference in list(self._unasked.values()):
            unasked = reference()
            if unasked is not None:
                unasked.tell()

    def forget(self) -> None:
        """In a forked child, futures are those of the parent, which tells of them."""
        for reference in list(self._unasked.values()):
            unasked = reference()
            if unasked is not None:
                unasked.error = None

    def __get__(self, future: Any, owner: type | None = None) -> Any:
        if future is None:
            return self
        own = future.__dict__
        if WATCH in own:
            own[WATCH].error = None
        if EXCEPTION not in own:
            raise AttributeError(EXCEPTION)
        return own[EXCEPTION]

    def __set__(self, future: Any, error: BaseException | None) -> None:
        future.__dict__[EXCEPTION] = error
        if isinstance(error, Exception):
            future.__dict__[WATCH] = self._watch(error)

    def __delete__(self, future: Any) -> None:
        future.__dict__.pop(EXCEPTION, None)
        future.__dict__.pop(WATCH, None)

    def _watch(self, error: Exception) -> Unasked:
        unasked = Unasked(self._recorder, error)
        key = id(unasked)
        self._unasked[key] = weakref.ref(unasked, lambda _: self._unasked.pop(key, None))
        return unasked

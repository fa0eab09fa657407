"""Failures that reach an event loop of asyncio because nobody awaits them."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from opentelemetry import trace

from tocsin.capture.patch import patch
from tocsin.capture.recorder import Recorder
from tocsin.guard import guard


def hook_event_loops(base_events: ModuleType, recorder: Recorder) -> Callable[[], None]:
    """See what a loop's exception handler is called with, whether it logs or not.

    Loops that are not written in Python log it, where it is seen as well. Returns a function that takes the hook away.
    """

    def call_exception_handler(wrapped: Callable[..., Any], _loop: Any, args: Any, kwargs: Any) -> Any:
        see(args[0] if args else kwargs.get("context"))
        return wrapped(*args, **kwargs)

    @guard("asyncio hook")
    def see(context: Any) -> None:
        error = context.get("exception")
        if error is not None:
            # The current span is a stranger, and the garbage collector may be what calls, while its lock is held.
            recorder.see(error, handled=False, span=trace.INVALID_SPAN, context={"logger": "asyncio"})

    return patch(base_events.BaseEventLoop, "call_exception_handler", call_exception_handler)

"""Failures that end a script or a thread, or are raised where nobody can catch them."""

import sys
import threading
from collections.abc import Callable
from types import TracebackType

from opentelemetry import trace

from tocsin.capture.recorder import Recorder
from tocsin.guard import guard


def hook_excepthooks(recorder: Recorder) -> Callable[[], None]:
    """See what reaches the hooks of the interpreter, then pass it on. Returns a function that takes the hooks away."""
    see = guard("excepthook")(recorder.see)
    of_process, of_threads, of_others = sys.excepthook, threading.excepthook, sys.unraisablehook

    def excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        see(error, handled=False)
        of_process(kind, error, trace)

    def thread_excepthook(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            see(args.exc_value, handled=False, context={"thread.name": args.thread.name if args.thread else ""})
        of_threads(args)

    def unraisablehook(args: "sys.UnraisableHookArgs") -> None:
        if args.exc_value is not None:
            # The garbage collector may be what calls, while a lock of the current span is held, which is a stranger.
            see(args.exc_value, handled=False, span=trace.INVALID_SPAN)
        of_others(args)

    sys.excepthook, threading.excepthook, sys.unraisablehook = excepthook, thread_excepthook, unraisablehook

    def unhook() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = of_process, of_threads, of_others

    return unhook

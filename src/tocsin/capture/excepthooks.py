"""Failures that end a script or a thread."""

import sys
import threading
from collections.abc import Callable
from types import TracebackType

from tocsin.capture.recorder import Recorder
from tocsin.guard import guard


def hook_excepthooks(recorder: Recorder) -> Callable[[], None]:
    """See what reaches the hooks of the interpreter, then pass it on. Returns a function that takes the hooks away."""
    see = guard("excepthook")(recorder.see)
    of_process, of_threads = sys.excepthook, threading.excepthook

    def excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        see(error, handled=False)
        of_process(kind, error, trace)

    def thread_excepthook(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            see(args.exc_value, handled=False, context={"thread.name": args.thread.name if args.thread else ""})
        of_threads(args)

    sys.excepthook, threading.excepthook = excepthook, thread_excepthook

    def unhook() -> None:
        sys.excepthook, threading.excepthook = of_process, of_threads

    return unhook

"""Failures of multiprocessing's child processes, and their last words."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from tocsin.capture.patch import patch
from tocsin.capture.recorder import Recorder
from tocsin.guard import guard


def hook_processes(process: ModuleType, recorder: Recorder, *, finish: Callable[[], object]) -> Callable[[], None]:
    """See what ends a child, which multiprocessing prints and nobody's hook is told; then call `finish`.

    A forked child leaves by `os._exit`, which skips every exit handler. Returns a function that takes the hook away.
    """
    see = guard("multiprocessing hook")(recorder.see)

    def bootstrap(wrapped: Callable[..., Any], child: Any, args: Any, kwargs: Any) -> Any:
        run = child.run

        def watched_run() -> None:
            try:
                run()
            except Exception as error:
                see(error, handled=False, context={"process.name": child.name})
                raise

        child.run = watched_run
        # A pool may be terminated at any time: its children are told nothing.
        recorder.inbox.is_hasty = True
        try:
            return wrapped(*args, **kwargs)
        finally:
            guard("multiprocessing hook")(finish)()

    return patch(process.BaseProcess, "_bootstrap", bootstrap)

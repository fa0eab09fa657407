"""The last words of uvicorn's processes."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from tocsin.capture.patch import patch
from tocsin.capture.recorder import Recorder
from tocsin.guard import guard


def hook_uvicorn(server: ModuleType, recorder: Recorder, *, finish: Callable[[], object]) -> Callable[[], None]:  # noqa: ARG001  as the other hooks
    """Call `finish` when a signal has shut the server down.

    It sends that signal to itself again, and SIGTERM then ends the process without an exit handler.
    Returns a function that takes the hook away.
    """

    async def shutdown(wrapped: Callable[..., Any], running: Any, args: Any, kwargs: Any) -> Any:
        try:
            return await wrapped(*args, **kwargs)
        finally:
            if getattr(running, "_captured_signals", ()):
                guard("uvicorn hook")(finish)()

    return patch(server.Server, "shutdown", shutdown)

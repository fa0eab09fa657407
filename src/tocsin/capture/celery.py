"""Failures of Celery tasks, and the last words of Celery's child processes."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from tocsin.capture.recorder import Recorder
from tocsin.guard import guard


def hook_celery(signals: ModuleType, recorder: Recorder, *, finish: Callable[[], object]) -> Callable[[], None]:
    """See the failure that ends a task; a retry is not one. `finish` is called before a child process goes.

    Children of the prefork pool leave by `os._exit`, which skips every exit handler.
    Returns a function that takes the hooks away.
    """

    @guard("Celery hook")
    def on_failure(sender: Any = None, exception: BaseException | None = None, **_: Any) -> None:
        if exception is not None:
            recorder.see(exception, handled=False, context={"celery.task_name": getattr(sender, "name", "")})

    @guard("Celery hook")
    def on_leave(**_: Any) -> None:
        finish()

    signals.task_failure.connect(on_failure, weak=False)
    signals.worker_process_shutdown.connect(on_leave, weak=False)

    def unhook() -> None:
        signals.task_failure.disconnect(on_failure)
        signals.worker_process_shutdown.disconnect(on_leave)

    return unhook

"""Failures of Celery's tasks: those that end in the task, and those that only the worker's main process learns of."""

import os
import sys
import time
from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Any

from opentelemetry.metrics import Meter

from tocsin.capture.celery_metrics import CeleryMetrics, Heartbeat
from tocsin.capture.draft import attributes_of, expect, find, mark, name_of
from tocsin.capture.patch import patch
from tocsin.capture.recorder import Recorder
from tocsin.capture.request import Request, current_request
from tocsin.guard import guard

#: The message header that says when a task was published, in unix seconds.
SENT = "tocsin_sent_at"


def hook_celery(
    signals: ModuleType, recorder: Recorder, *, finish: Callable[[], object], meter: Meter
) -> Callable[[], None]:
    """See the failure that ends a task; a retry is counted, but is no failure, and neither is what a task `throws`.

    `finish` is called before a child process of the pool goes: it leaves by `os._exit`, which skips every exit handler.
    Returns a function that takes the hooks away.
    """
    from celery import exceptions  # noqa: PLC0415  only where the application uses it

    # What tasks steer their worker with, and what a chord says of a member that has failed already.
    recorder.ignore(exceptions.TaskPredicate, exceptions.ChordError)
    watch = CeleryWatch(recorder, CeleryMetrics(meter), finish)
    receivers = {
        signals.before_task_publish: watch.on_publish,
        signals.task_prerun: watch.on_begin,
        signals.task_postrun: watch.on_end,
        signals.task_retry: watch.on_retry,
        signals.task_failure: watch.on_failure,
        signals.task_internal_error: watch.on_internal_error,
        signals.task_unknown: watch.on_unknown,
        signals.task_rejected: watch.on_rejected,
        signals.heartbeat_sent: watch.on_heartbeat,
        signals.worker_process_shutdown: watch.on_leave,
    }
    for signal, receiver in receivers.items():
        signal.connect(receiver, weak=False)

    def unhook() -> None:
        for signal, receiver in receivers.items():
            signal.disconnect(receiver)

    return unhook


def hook_celery_requests(module: ModuleType, recorder: Recorder) -> Callable[[], None]:
    """Let the main process know what it tells of when a child is lost. Returns a function that takes the hook away."""

    def on_failure(wrapped: Callable[..., Any], request: Any, args: Any, kwargs: Any) -> Any:
        run = Run(recorder, _name(request), str(getattr(request, "id", "")))
        run.is_told = bool(kwargs.get("return_ok") or is_told(*args[:1]))
        with run:
            try:
                return wrapped(*args, **kwargs)
            except Exception as error:
                if run.is_told:
                    # So has it of what keeps the result from being stored.
                    guard("Celery hook")(expect)(error)
                raise

    @guard("Celery hook")
    def is_told(failure: Any = None) -> bool:
        """Whether the exception came from a child that has told of it: of all but that it could not be sent."""
        error = failure.exception
        came = isinstance(error, Exception) and name_of(error.__cause__) == "RemoteTraceback"
        return came and name_of(error) != "MaybeEncodingError"

    return patch(module.Request, "on_failure", on_failure)


class Run(Request):
    """A task while it runs. In eager mode it runs within the request that wanted it."""

    __slots__ = ("is_told", "task_id")

    def __init__(self, recorder: Recorder, task_name: str, task_id: str) -> None:
        around = current_request()
        super().__init__(recorder, lambda: {**(around.describe() if around else {}), **_about(task_name)})
        self.task_id = task_id
        #: Whether another process has told how it ended.
        self.is_told = False


class CeleryWatch:
    """What the hooks do."""

    def __init__(self, recorder: Recorder, metrics: CeleryMetrics, finish: Callable[[], object]) -> None:
        self._recorder = recorder
        self._metrics = metrics
        self._finish = finish
        #: The task whose hard time limit was told of last.
        self._timed_out = ""

    @guard("Celery hook")
    def on_publish(self, headers: Any = None, **_: Any) -> None:
        """In whoever sends the task."""
        if isinstance(headers, dict):
            headers[SENT] = time.time()

    @guard("Celery hook")
    def on_begin(self, task: Any, task_id: str = "", **_: Any) -> None:
        """In the process that runs the task, around which there may be another one."""
        Run(self._recorder, task.name, task_id).__enter__()
        waited = _waited(task.request, now=time.time())
        if waited is not None:
            self._metrics.queue_duration.record(waited, _about(task.name))

    @guard("Celery hook")
    def on_end(self, task_id: str = "", **_: Any) -> None:
        """However it ended."""
        run = current_request()
        if isinstance(run, Run) and run.task_id == task_id:
            run.__exit__(None, None, None)
            if run.draft is not None:
                # A child of the pool may be killed at any time, for the sake of another task.
                self._recorder.inbox.hurry()

    @guard("Celery hook")
    def on_retry(self, sender: Any = None, **_: Any) -> None:
        """The task will run again."""
        self._metrics.retries.add(1, _about(_name(sender)))

    @guard("Celery hook")
    def on_failure(
        self, sender: Any = None, task_id: str = "", exception: BaseException | None = None, **_: Any
    ) -> None:
        """In the process that ran the task; in the main process where that is not there any more."""
        run = current_request()
        is_told = isinstance(run, Run) and run.is_told
        if exception is None or is_told or self._is_told_again(exception, task_id):
            return
        error = _original(exception)
        if issubclass(type(error), tuple(getattr(sender, "throws", ()))):
            # The instrumentation records it all the same.
            expect(error)
            return
        draft = self._recorder.see(error, handled=False, context=_about(_name(sender)))
        if draft is not None and exception is not error:
            mark(exception, draft)

    @guard("Celery hook")
    def on_internal_error(self, sender: Any = None, exception: BaseException | None = None, **_: Any) -> None:
        """What is around the task failed, its result could not be stored; nor could that, which is the same failure."""
        before = exception.__context__ if exception is not None else None
        draft = find(before) if before is not None else None
        if exception is not None and draft is not None:
            mark(exception, draft)
        self._see(exception, _name(sender))

    @guard("Celery hook")
    def on_unknown(self, exc: BaseException | None = None, name: str = "", **_: Any) -> None:
        """The worker has no such task, and drops it."""
        self._see(exc, name)

    @guard("Celery hook")
    def on_rejected(self, message: Any = None, exc: BaseException | None = None, **_: Any) -> None:
        """The worker cannot make a task of a message, and drops it."""
        self._see(exc, (getattr(message, "headers", None) or {}).get("task", ""))

    @guard("Celery hook")
    def on_heartbeat(self, sender: Any = None, **_: Any) -> None:
        """In the worker's main process, from the loop that takes messages."""
        worker = str(getattr(getattr(sender, "eventer", None), "hostname", ""))
        self._metrics.heartbeat = Heartbeat(os.getpid(), worker, time.time())

    @guard("Celery hook")
    def on_leave(self, **_: Any) -> None:
        """A child of the pool goes."""
        self._finish()

    def _see(self, error: BaseException | None, task_name: str) -> None:
        draft = self._recorder.see(error, handled=False) if error is not None else None
        if draft is not None and draft.message is not None:
            # The worker has logged it already, without saying of which task it speaks.
            draft.context = {**draft.context, **_about(task_name)}

    def _is_told_again(self, error: BaseException, task_id: str) -> bool:
        """Of a hard time limit, the main process may tell twice: when it gives the task up, then on the timeout."""
        if type(error).__name__ != "TimeLimitExceeded":
            return False
        timed_out, traceback = self._timed_out, error.__traceback__
        if traceback is not None and traceback.tb_frame.f_code.co_name == "on_timeout":
            self._timed_out = ""
            return timed_out == task_id
        self._timed_out = task_id
        return False


def _about(task_name: str) -> dict[str, str]:
    """The instrumentation's name for it."""
    return {"celery.task_name": task_name}


def _name(task: Any) -> str:
    return str(getattr(task, "name", ""))


def _original(error: BaseException) -> BaseException:
    """What the task raised, where Celery made another exception of it that can be pickled."""
    error, raised = attributes_of(error).get("exc", error), sys.exc_info()[1]
    is_copy = raised is not None and raised.__traceback__ is not None and raised.__traceback__ is error.__traceback__
    return raised if is_copy and raised is not None else error


def _waited(request: Any, *, now: float) -> float | None:
    """Seconds that a task waited for a worker, by the clocks of both: none where the sender's is ahead."""
    sent = request.get(SENT)
    if not isinstance(sent, int | float):
        return None
    eta = request.get("eta")
    due = datetime.fromisoformat(eta).timestamp() if eta else sent
    return max(0.0, now - max(sent, due))

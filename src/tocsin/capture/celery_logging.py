"""OpenTelemetry's log handler under Celery, which empties the root logger."""

import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

from tocsin.capture.patch import patch
from tocsin.capture.recorder import Recorder
from tocsin.guard import guard


def hook_celery_logging(log: ModuleType, recorder: Recorder) -> Callable[[], None]:  # noqa: ARG001  as the other hooks
    """Keep the handler: what the application logs in a worker is exported as it is elsewhere.

    Returns a function that takes the hook away.
    """

    def setup(wrapped: Callable[..., Any], _logging: Any, args: Any, kwargs: Any) -> Any:
        before = list(logging.root.handlers)
        try:
            return wrapped(*args, **kwargs)
        finally:
            keep(before)

    @guard("Celery logging hook")
    def keep(before: list[logging.Handler]) -> None:
        for handler in before:
            if type(handler).__module__.startswith("opentelemetry.") and handler not in logging.root.handlers:
                logging.root.addHandler(handler)

    return patch(log.Logging, "setup_logging_subsystem", setup)

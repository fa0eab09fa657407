"""Everything that listens in one process, put together."""

import os
import weakref
from collections.abc import Callable
from functools import partial
from types import ModuleType

from opentelemetry.metrics import Meter
from opentelemetry.sdk.resources import Resource
from wrapt import register_post_import_hook

from tocsin.capture.celery import hook_celery
from tocsin.capture.django import hook_django
from tocsin.capture.event_loops import hook_event_loops
from tocsin.capture.excepthooks import hook_excepthooks
from tocsin.capture.flask import hook_flask
from tocsin.capture.futures import FutureWatch
from tocsin.capture.logs import TocsinLogRecordProcessor, hook_logging
from tocsin.capture.processes import hook_processes
from tocsin.capture.recorder import Inbox, Recorder
from tocsin.capture.redaction import Redaction
from tocsin.capture.spans import TocsinSpanProcessor, hook_record_exception
from tocsin.capture.sqlalchemy import hook_sqlalchemy
from tocsin.capture.starlette import hook_exception_handlers, hook_starlette
from tocsin.capture.traceback_text import TracebackText
from tocsin.capture.writer import Writer
from tocsin.config import Config
from tocsin.errors import InApp, load_categories, status_after
from tocsin.guard import guard
from tocsin.masking import masker_of
from tocsin.notices import notices
from tocsin.store import Store

#: Modules and what is hooked when, and only if, the application imports them.
HOOKS: dict[str, Callable[..., Callable[[], None]]] = {
    "asyncio.base_events": hook_event_loops,
    "django.core.handlers.base": hook_django,
    "flask": hook_flask,
    "sqlalchemy.engine": hook_sqlalchemy,
    "starlette._exception_handler": hook_exception_handlers,
    "starlette.applications": hook_starlette,
}
#: Those whose child processes end without an exit handler.
CHILD_HOOKS: dict[str, Callable[..., Callable[[], None]]] = {
    "celery.signals": hook_celery,
    "multiprocessing.process": hook_processes,
}


class Capture:
    """Recorder, writer, the two processors and the hooks of one process."""

    def __init__(self, config: Config, *, store: Store, resource: Resource, meter: Meter) -> None:
        with guard.block("categories"):
            for problem in load_categories(config.categories):
                notices.say(problem)
        redaction = Redaction(masker_of(config))
        self.service = str(resource.attributes.get("service.name", "unknown_service"))
        self.recorder = Recorder(
            Inbox(config.queue_size),
            in_app=InApp(config.in_app_include, config.in_app_exclude, config.grouping.frame_rules),
            grouping=config.grouping.of_resource(resource.attributes),
            service=self.service,
            failed_requests=config.failed_requests,
            failed_calls=config.failed_calls,
            traceback_text=TracebackText() if config.traceback_cache else None,
        )
        self.writer = Writer(
            self.recorder,
            store=store,
            redaction=redaction,
            meter=meter,
            release=str(resource.attributes.get("service.version") or config.release),
            status_after=status_after,
        )
        self.span_processor = TocsinSpanProcessor(self.recorder, redaction=redaction)
        self.log_record_processor = TocsinLogRecordProcessor(self.recorder, redaction=redaction)
        self._futures = FutureWatch(self.recorder)
        self._is_listening = False
        self._unhook: list[Callable[[], None]] = []
        this = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _forget(this()))

    def hook(self, *, finish: Callable[[], object]) -> None:
        """Start to listen. Frameworks are hooked when, and only if, the application imports them.

        `finish` is what has to happen before a child process ends without an exit handler.
        """
        self._is_listening = True
        self._unhook += [
            hook_record_exception(self.recorder),
            hook_logging(self.recorder),
            hook_excepthooks(self.recorder),
        ]
        self._when_imported("concurrent.futures._base", self._futures.hook)
        for name, hook in HOOKS.items():
            self._when_imported(name, partial(hook, recorder=self.recorder))
        for name, hook in CHILD_HOOKS.items():
            self._when_imported(name, partial(hook, recorder=self.recorder, finish=finish))

    def _when_imported(self, name: str, hook: Callable[[ModuleType], Callable[[], None]]) -> None:
        @guard(f"{name} hook")
        def on_import(module: ModuleType) -> None:
            if self._is_listening:
                self._unhook.append(hook(module))

        register_post_import_hook(on_import, name)

    def finish(self) -> None:
        """Write everything, at the end of the process: what nobody asked for until now, too."""
        self._futures.tell()
        self.writer.flush()

    def forget(self) -> None:
        """Drop what a fork brought along: the parent tells of it."""
        self._futures.forget()
        self.writer.forget()

    def unhook(self) -> None:
        """Stop to listen: every hook is taken away, the last one first."""
        self._is_listening = False
        while self._unhook:
            self._unhook.pop()()


def _forget(capture: Capture | None) -> None:
    if capture is not None:
        capture.forget()

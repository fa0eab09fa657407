"""Everything that listens in one process, put together."""

import os
import weakref
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

from opentelemetry.metrics import Meter
from opentelemetry.sdk.resources import Resource
from wrapt import register_post_import_hook

from tocsin.capture.excepthooks import hook_excepthooks
from tocsin.capture.futures import FutureWatch
from tocsin.capture.inbox import Inbox
from tocsin.capture.logs import TocsinLogRecordProcessor, hook_logging
from tocsin.capture.recorder import Recorder
from tocsin.capture.redaction import Redaction
from tocsin.capture.report import listener
from tocsin.capture.scope import scopes
from tocsin.capture.spans import TocsinSpanProcessor, hook_record_exception
from tocsin.capture.traceback_text import TracebackText
from tocsin.capture.writer import Deployment, Writer
from tocsin.config import Config
from tocsin.errors import InApp, load_categories, status_after
from tocsin.guard import guard
from tocsin.masking import masker_of
from tocsin.notices import notices
from tocsin.setting_kinds import DEVELOPMENT
from tocsin.store import Store
from tocsin.telemetry.reader import no_fork

if TYPE_CHECKING:
    from tocsin.capture.details import Witness

#: Modules, and what hooks them when, and only if, the application imports them: a module of this room and a function.
HOOKS = {
    "asyncio.base_events": "event_loops:hook_event_loops",
    "celery.app.log": "celery_logging:hook_celery_logging",
    "celery.worker.request": "celery:hook_celery_requests",
    "django.core.handlers.base": "django:hook_django",
    "flask": "flask:hook_flask",
    "sqlalchemy.engine": "sqlalchemy:hook_sqlalchemy",
    "starlette._exception_handler": "starlette:hook_exception_handlers",
    "starlette.applications": "starlette:hook_starlette",
}
#: Those whose processes end without an exit handler.
LAST_HOOKS = {
    "multiprocessing.process": "processes:hook_processes",
    "uvicorn.server": "uvicorn:hook_uvicorn",
}
#: Those that report state, not failures.
METER_HOOKS = {
    "sqlalchemy.engine": "pools:hook_pools",
}
CIRCUIT_HOOKS = {
    "circuitbreaker": "circuits:hook_circuitbreaker",
    "pybreaker": "circuits:hook_pybreaker",
}


#: Given the module, it returns what takes the hook away.
Hook: TypeAlias = Callable[[ModuleType], Callable[[], None]]


class Capture:
    """Recorder, writer, the two processors and the hooks of one process."""

    def __init__(self, config: Config, *, store: Store, resource: Resource, meter: Meter) -> None:
        with guard.block("categories"):
            for problem in load_categories(config.categories):
                notices.say(problem)
        redaction = Redaction(masker_of(config))
        environment = _environment(config, resource)
        in_app = InApp(config.in_app_include, config.in_app_exclude, config.grouping.frame_rules)
        self.service = str(resource.attributes.get("service.name", "unknown_service"))
        self.recorder = Recorder(
            Inbox(config.queue_size),
            in_app=in_app,
            grouping=config.grouping.of_resource(resource.attributes),
            service=self.service,
            failed_requests=config.failed_requests,
            failed_calls=config.failed_calls,
            traceback_text=TracebackText() if config.traceback_cache else None,
        )
        self.recorder.witness = _witness(config, in_app, environment)
        self.recorder.tells_users = "user" in config.context
        self.writer = Writer(
            self.recorder,
            store=store,
            redaction=redaction,
            meter=meter,
            deployment=Deployment(
                lambda: str(resource.attributes.get("service.version") or _release(config)),
                environment=environment,
                hash_key=config.mask_hash_key or "",
                has_exemplars="exemplars" in config.context,
            ),
            status_after=status_after,
        )
        self.span_processor = TocsinSpanProcessor(self.recorder, redaction=redaction)
        self.log_record_processor = TocsinLogRecordProcessor(self.recorder, redaction=redaction)
        self._redaction = redaction
        self._meter = meter
        self._parts = config.context
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
        listener.recorder = self.recorder
        scopes.are_kept, scopes.have_crumbs = True, "breadcrumbs" in self._parts
        self._unhook += [
            hook_record_exception(self.recorder),
            hook_logging(self.recorder),
            hook_excepthooks(self.recorder),
        ]
        self._when_imported("concurrent.futures._base", self._futures.hook)
        for name, hook in HOOKS.items():
            self._when_imported(name, _hook(hook, recorder=self.recorder))
        celery = _hook("celery:hook_celery", recorder=self.recorder, finish=finish, meter=self._meter)
        self._when_imported("celery.signals", celery)
        for name, hook in LAST_HOOKS.items():
            self._when_imported(name, _hook(hook, recorder=self.recorder, finish=finish))
        for name, hook in METER_HOOKS.items():
            self._when_imported(name, _hook(hook, meter=self._meter))
        for name, hook in CIRCUIT_HOOKS.items():
            self._when_imported(name, _hook(hook))

    def _when_imported(self, name: str, hook: Hook) -> None:
        @guard(f"{name} hook")
        def on_import(module: ModuleType) -> None:
            if self._is_listening:
                self._unhook.append(hook(module))

        register_post_import_hook(on_import, name)

    def write(self) -> None:
        """Write what was handed over until now; before that, load what the first failure would have to wait for."""
        self._prepare()
        self.writer.flush()

    @no_fork
    def _prepare(self) -> None:
        self.recorder.recognizer()
        self._redaction.masker.detection()

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
        self._is_listening = scopes.are_kept = scopes.have_crumbs = False
        listener.recorder = None
        scopes.clear()
        while self._unhook:
            self._unhook.pop()()


def _hook(name: str, **given: object) -> Hook:
    """Imported no sooner than what it hooks."""
    module, _, function = name.partition(":")

    def hook(hooked: ModuleType) -> Callable[[], None]:
        made: Callable[[], None] = getattr(import_module(f"tocsin.capture.{module}"), function)(hooked, **given)
        return made

    return hook


def _environment(config: Config, resource: Resource) -> str:
    names = ("deployment.environment.name", "deployment.environment")
    return next((str(resource.attributes[name]) for name in names if resource.attributes.get(name)), config.environment)


def _release(config: Config) -> str:
    if config.release or "release" not in config.context:
        return config.release
    from tocsin.capture.release import guess_release  # noqa: PLC0415  not before there is a failure

    return guess_release()


def _witness(config: Config, in_app: InApp, environment: str) -> Callable[[], "Witness"]:
    """What takes the context of a failure, from the first failure on."""

    @lru_cache(1)
    def witness() -> "Witness":
        from tocsin.capture import details  # noqa: PLC0415  see above

        is_development = environment.lower() in DEVELOPMENT
        has_locals = is_development if config.local_variables == "auto" else bool(config.local_variables)
        return details.Witness(frozenset(config.context), in_app, has_locals=has_locals)

    return witness


def _forget(capture: Capture | None) -> None:
    if capture is not None:
        capture.forget()

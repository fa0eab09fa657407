"""Everything that listens in one process, put together."""

import os
import weakref
from collections.abc import Callable
from types import ModuleType

from opentelemetry.metrics import Meter
from opentelemetry.sdk.resources import Resource
from wrapt import register_post_import_hook

from tocsin.capture.celery import hook_celery
from tocsin.capture.excepthooks import hook_excepthooks
from tocsin.capture.flask import hook_flask
from tocsin.capture.logs import TocsinLogRecordProcessor, hook_logging
from tocsin.capture.recorder import Inbox, Recorder
from tocsin.capture.redaction import remembering
from tocsin.capture.spans import TocsinSpanProcessor, hook_record_exception
from tocsin.capture.writer import Writer
from tocsin.config import Config
from tocsin.errors import InApp, status_after
from tocsin.guard import guard
from tocsin.privacy import Masker
from tocsin.store import Store


class Capture:
    """Recorder, writer, the two processors and the hooks of one process."""

    def __init__(self, config: Config, *, store: Store, resource: Resource, meter: Meter) -> None:
        masker = Masker(enabled=config.mask, ips=config.mask_ip)
        self.service = str(resource.attributes.get("service.name", "unknown_service"))
        self.recorder = Recorder(
            Inbox(config.queue_size),
            in_app=InApp(include=config.in_app_include, exclude=config.in_app_exclude),
            service=self.service,
        )
        self.writer = Writer(
            self.recorder,
            store=store,
            masker=masker,
            meter=meter,
            release=str(resource.attributes.get("service.version") or config.release),
            status_after=status_after,
        )
        mask = remembering(masker.mask)
        self.span_processor = TocsinSpanProcessor(self.recorder, mask=mask)
        self.log_record_processor = TocsinLogRecordProcessor(self.recorder, mask=mask)
        self._unhook: list[Callable[[], None]] = []
        this = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _forget(this()))

    def hook(self, *, finish: Callable[[], object]) -> None:
        """Start to listen. Frameworks are hooked when, and only if, the application imports them.

        `finish` is what has to happen before a child process ends without an exit handler.
        """
        self._unhook += [
            hook_record_exception(self.recorder),
            hook_logging(self.recorder),
            hook_excepthooks(self.recorder),
        ]

        @guard("Flask hook")
        def on_flask(flask: ModuleType) -> None:
            self._unhook.append(hook_flask(flask, self.recorder))

        @guard("Celery hook")
        def on_celery(signals: ModuleType) -> None:
            self._unhook.append(hook_celery(signals, self.recorder, finish=finish))

        register_post_import_hook(on_flask, "flask")
        register_post_import_hook(on_celery, "celery.signals")

    def unhook(self) -> None:
        """Stop to listen: every hook is taken away, the last one first."""
        while self._unhook:
            self._unhook.pop()()


def _forget(capture: Capture | None) -> None:
    if capture is not None:
        capture.writer.forget()

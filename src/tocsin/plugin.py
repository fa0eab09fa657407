"""How Tocsin gets into a process: the launcher's entry points, `install()`, and the one runtime that they make."""

import atexit
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from tocsin.banner import banner
from tocsin.capture import Capture, attach_log_record_processor, attach_span_processor
from tocsin.config import Config, Settings, load
from tocsin.evaluator.candidate import Candidate, outlook
from tocsin.evaluator.live_settings import LiveSettings
from tocsin.exporting import variables
from tocsin.exporting.destinations import destinations
from tocsin.exporting.silence import spare_dead_endpoints
from tocsin.greenlets import around_patching
from tocsin.guard import guard
from tocsin.heartbeats import Heartbeat, Inbox
from tocsin.instrumentations import survey
from tocsin.notices import notices
from tocsin.shutdown import BoundedShutdown
from tocsin.store import Retention, Store, StoreError
from tocsin.telemetry import BatchReader, Forked, attach_reader, caches, circuits, observe_limits, observe_process
from tocsin.ticker import Ticker
from tocsin.version import __version__

#: In a storm of failures, the writer takes a twentieth of a processor.
REST = 20.0


class Runtime:
    """Tocsin in one process, attached to the providers that this process has."""

    def __init__(self, settings: Settings, *, tracer_provider: Any, meter_provider: Any, logger_provider: Any) -> None:
        config = settings.config
        self.settings = settings
        self._tracer_provider, self._logger_provider = tracer_provider, logger_provider
        self.resource = _resource(tracer_provider, logger_provider)
        # An application without metrics still has alerts: then the instruments are collected for the store alone.
        self._meter_provider = (
            meter_provider if isinstance(meter_provider, MeterProvider) else MeterProvider(resource=self.resource)
        )
        self.store = Store(config.store, retention=_retention(config))
        meter = self._meter_provider.get_meter("tocsin", __version__)
        self.capture = Capture(config, store=self.store, resource=self.resource, meter=meter)
        self.meter = meter
        self.reader = BatchReader(self._save)
        self.candidate = Candidate(
            config, store=self.store, meter=meter, collect=self.reader.collect, settings=LiveSettings(settings)
        )
        writer = Ticker("writer", self.capture.write, interval=config.flush_interval, rest=REST)
        self.capture.recorder.inbox.hurry = writer.hurry
        self.heartbeats = Inbox(self.store, interval=config.flush_interval)
        self._tickers = [
            writer,
            Ticker("metrics", self.reader.collect, interval=config.metric_interval),
        ]
        if config.evaluate:
            self._tickers.append(Ticker("evaluator", self.candidate.step, interval=config.evaluation_interval))
        # The rest is the interpreter's, which has an end of its own to come to.
        self._shutdown = BoundedShutdown(0.9 * config.exit_timeout)
        providers = {"traces": tracer_provider, "metrics": self._meter_provider, "logs": logger_provider}
        self._exits = {name: Exit(provider) for name, provider in providers.items()}

    def export_to(self, endpoint: str) -> None:
        """Let what is exported nowhere go to an OTLP endpoint."""
        from tocsin.exporting.attach import attach_exporters  # noqa: PLC0415  only where the launcher did not do so

        providers = {"traces": self._tracer_provider, "metrics": self._meter_provider, "logs": self._logger_provider}
        for finish in attach_exporters(endpoint, **providers):
            self._shutdown.add("measurements", finish)

    def start(self) -> None:
        """Attach, listen, and take over the exit of the process, so that it is bounded."""
        if not attach_span_processor(self._tracer_provider, self.capture.span_processor):
            kind = type(self._tracer_provider).__name__
            notices.say(f"spans are neither masked nor measured, for {kind} is not the SDK's", once="spans")
        attach_log_record_processor(self._logger_provider, self.capture.log_record_processor)
        for observe in (observe_limits, circuits.observe, caches.observe):
            observe(self.meter)
        attach_reader(self._meter_provider, self.reader)
        self._forked = Forked(self._meter_provider, self._tracer_provider, self._logger_provider)
        spare_dead_endpoints(self._tracer_provider, self._meter_provider, self._logger_provider)
        self.capture.hook(finish=self.finish)
        for ticker in self._tickers:
            ticker.start()
        self._shutdown.add("metrics", self._finish_metrics)
        self._shutdown.add("heartbeats", self.heartbeats.flush)
        self._shutdown.add("traces", self._exits["traces"])
        self._shutdown.add("logs", self._exits["logs"])
        atexit.register(self.finish)
        around_patching(self.paused)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Without threads for a while."""
        running = [ticker for ticker in self._tickers if ticker.running]
        for ticker in running:
            ticker.stop(timeout=1.0)
        self._shutdown.unpark()
        try:
            yield
        finally:
            for ticker in running:
                ticker.start()
            self._shutdown.park_again()

    def finish(self) -> None:
        """Write and send what is left, within the exit timeout, whatever is down. Later calls do nothing."""
        for each in self._exits.values():
            each.take()
        late = self._shutdown.run()
        if late:
            seconds = self.settings.config.exit_timeout
            notices.say(f"{' and '.join(late)} not sent within {seconds:g} s at exit; is the endpoint up?")

    def _save(self, batch: bytes) -> None:
        try:
            self.store.metric_batches.append(batch, at=time.time())
        except StoreError as error:
            notices.say(f"nothing is saved and nobody is alerted: {error}", once="store")

    def _finish_metrics(self) -> None:
        self.capture.finish()
        self.reader.collect()
        self._exits["metrics"]()


def _retention(config: Config) -> Retention:
    return Retention(
        age=config.issue_retention, occurrence_age=config.occurrence_retention, size=int(config.store_size * 1e6)
    )


def _resource(*providers: Any) -> Resource:
    for provider in providers:
        if isinstance(provider, TracerProvider | LoggerProvider):
            return provider.resource
    return Resource.create()


class Exit:
    """What one of the SDK's providers does at exit, taken from it: it would wait for a dead endpoint without a bound.

    Nothing where the application has shut the provider down, or has told it that it will do so itself.
    """

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self._handlers: list[Any] = []

    def take(self) -> None:
        """Take over."""
        for name in ("_atexit_handler", "_at_exit_handler"):
            handler = getattr(self._provider, name, None)
            if handler is not None:
                atexit.unregister(handler)
                setattr(self._provider, name, None)
                self._handlers.append(handler)

    def __call__(self) -> None:
        """Do it, once."""
        while self._handlers:
            self._handlers.pop()()


#: The runtime of this process; a forked child has its parent's, whose parts look after themselves.
_runtime: Runtime | None = None
#: Of a process that Tocsin is not installed in.
_own_heartbeats: Inbox | None = None


@guard("installation")
def install(
    *,
    tracer_provider: trace.TracerProvider | None = None,
    meter_provider: metrics.MeterProvider | None = None,
    logger_provider: _logs.LoggerProvider | None = None,
    **arguments: object,
) -> None:
    """Attach Tocsin to an SDK that was configured in code; under the launcher this happens by itself.

    Providers default to the global ones, `arguments` are settings (`tocsin config docs`), stronger than environment
    and file. Call it after the providers are set. A second call does nothing. Never raises.
    """
    if _runtime is not None and arguments:
        notices.say(f"install() came too late for {', '.join(arguments)}: Tocsin is installed already", once="install")
    _attach(
        load(arguments),
        export=True,
        tracer_provider=tracer_provider or trace.get_tracer_provider(),
        meter_provider=meter_provider or metrics.get_meter_provider(),
        logger_provider=logger_provider or _logs.get_logger_provider(),
    )
    _announce()


@guard("installation")
def pre_instrument() -> None:
    """The launcher has set the providers and has not patched the libraries yet."""
    _attach(
        load(),
        export=False,
        tracer_provider=trace.get_tracer_provider(),
        meter_provider=metrics.get_meter_provider(),
        logger_provider=_logs.get_logger_provider(),
    )


@guard("banner")
def post_instrument() -> None:
    """The launcher is done."""
    _announce()


def sentry_before_send(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """For an application that uses sentry-sdk: `sentry_sdk.init(…, before_send=tocsin.sentry_before_send)`.

    Its events get our fingerprint, so that one issue here is one issue there. Never raises, never drops an event.
    """
    if _runtime is not None:
        from tocsin.capture.sentry import add_fingerprint  # noqa: PLC0415  only beside sentry-sdk

        add_fingerprint(event, hint, _runtime.capture.recorder)
    return event


def heartbeat(name: str, *, every: str = "1d", grace: str = "1h", severity: str = "error") -> Heartbeat:
    """Say that a job is alive: when the next sign does not come within `every` and `grace`, an alert fires.

    `with tocsin.heartbeat(…):` and `@tocsin.heartbeat(…)` say when a run begins and how it ends; one that fails, or
    does not end within `grace`, is an alert too. Works in processes that Tocsin is not installed in. Never raises.
    """
    with guard.block("heartbeat"):
        return Heartbeat(name, _heartbeats(), every=every, grace=grace, severity=severity)
    return Heartbeat(name, None)


def _heartbeats() -> Inbox | None:
    """Where this process puts signs of life; None where Tocsin is off."""
    global _own_heartbeats  # noqa: PLW0603  made once a process
    if _runtime is not None:
        return _runtime.heartbeats
    if _own_heartbeats is None:
        config = load().config
        if not config.enabled:
            return None
        _own_heartbeats = Inbox(Store(config.store), interval=config.flush_interval)
        last = BoundedShutdown(0.9 * config.exit_timeout)
        last.add("heartbeats", _own_heartbeats.flush)
        atexit.register(last.run)
    return _own_heartbeats


def runtime() -> Runtime | None:
    """What is installed in this process."""
    return _runtime


def _attach(settings: Settings, *, export: bool, **providers: Any) -> None:
    global _runtime  # noqa: PLW0603  the one registered runtime object
    if _runtime is not None:
        return
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        notices.say("off, because OTEL_SDK_DISABLED is true", once="off")
        return
    if not settings.config.enabled:
        notices.say(f"off, because of {settings.sources['enabled']}", once="off")
        return
    made = Runtime(settings, **providers)
    if export and settings.config.otlp_endpoint:
        made.export_to(settings.config.otlp_endpoint)
    made.start()
    _runtime = made


def _announce() -> None:
    """What is known only when all instrumentation is in place: who measures the process, and what to say."""
    if _runtime is None:
        return
    settings = _runtime.settings
    instrumentations = survey()
    notices.say(
        banner(
            service=_runtime.capture.service,
            instrumentations=instrumentations,
            destinations=destinations(),
            store=settings.config.store,
            alerts=outlook(settings.config),
        ),
        once="banner",
    )
    if not any(each.name == "system_metrics" and each.state == "active" for each in instrumentations):
        observe_process(_runtime.meter)
    if problems := (*settings.problems, *variables.problems()):
        notices.say(f"settings not used: {'; '.join(map(str, problems))}", once="settings")

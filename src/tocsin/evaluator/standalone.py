"""Evaluation in a process of its own, beside the application's: what `tocsin run` runs."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource

from tocsin.config import Settings
from tocsin.evaluator.candidate import Candidate
from tocsin.evaluator.live_settings import LiveSettings
from tocsin.exporting.readers import otlp_readers
from tocsin.exporting.silence import spare_dead_endpoints
from tocsin.guard import guard
from tocsin.store import Store
from tocsin.telemetry import BatchReader
from tocsin.ticker import Ticker
from tocsin.version import __version__


@contextmanager
def standalone(settings: Settings) -> Iterator[Candidate]:
    """Evaluate in the background until the block ends; then once more, and send what is left within the exit timeout.

    The lock is taken, if it is free, before the block begins. What this process measures, of the machine and of the
    issues, goes to the store, and by OTLP to where the application's metrics go.
    """
    config = settings.config
    store = Store(config.store)
    reader = BatchReader(lambda batch: store.metric_batches.append(batch, at=time.time()))
    provider = MeterProvider([reader, *otlp_readers(os.environ)], resource=_resource(), shutdown_on_exit=False)
    spare_dead_endpoints(provider, announce=False)  # the application announces it
    meter = provider.get_meter("tocsin", __version__)
    candidate = Candidate(config, store=store, meter=meter, collect=reader.collect, settings=LiveSettings(settings))
    ticker = Ticker("evaluator", candidate.step, interval=config.evaluation_interval)
    with guard.block("evaluation"):
        candidate.step()
    ticker.start()
    try:
        yield candidate
    finally:
        ticker.stop(timeout=config.exit_timeout)
        with guard.block("evaluation"):
            candidate.step()
        # While the lock is held, because only who holds it speaks. What is not notified in time waits in the store.
        with guard.block("metrics at exit"):
            provider.shutdown(timeout_millis=500 * config.exit_timeout)
        with guard.block("evaluation"):
            candidate.leave(timeout=config.exit_timeout)


def _resource() -> Resource:
    """Releases of the SDK before 1.43 give a process no identity of its own."""
    return Resource({"service.instance.id": str(uuid4())}).merge(Resource.create({"service.name": "tocsin"}))

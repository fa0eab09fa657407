"""Evaluation in a process of its own, beside the application's: what `tocsin run` runs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource

from tocsin.config import Settings
from tocsin.evaluator.candidate import Candidate
from tocsin.guard import guard
from tocsin.store import Store
from tocsin.telemetry import BatchReader
from tocsin.ticker import Ticker
from tocsin.version import __version__


@contextmanager
def standalone(settings: Settings) -> Iterator[Candidate]:
    """Evaluate in the background until the block ends; then once more, and send what is left within the exit timeout.

    The lock is taken, if it is free, before the block begins.
    """
    config = settings.config
    store = Store(config.store)
    reader = BatchReader(lambda batch: store.metric_batches.append(batch, at=time.time()))
    provider = MeterProvider([reader], resource=Resource.create({"service.name": "tocsin"}), shutdown_on_exit=False)
    meter = provider.get_meter("tocsin", __version__)
    candidate = Candidate(config, store=store, meter=meter, collect=reader.collect)
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
            candidate.leave(timeout=config.exit_timeout)
        provider.shutdown()

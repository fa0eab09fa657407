"""What Flower would measure of Celery's tasks and workers, and the instrumentation does not."""

import os
from collections.abc import Iterator
from typing import NamedTuple

from opentelemetry.metrics import Meter, Observation

#: Upper bounds of the time in the queue, in seconds: what is quick, what is slow, and what has been forgotten.
QUEUE_SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class Heartbeat(NamedTuple):
    """A sign of life: of which process and worker, in unix seconds."""

    pid: int
    worker: str
    at: float


class CeleryMetrics:
    """What the instrumentation does not measure."""

    def __init__(self, meter: Meter) -> None:
        self.heartbeat: Heartbeat | None = None
        self.retries = meter.create_counter(
            "tocsin.celery.task.retries", unit="{retry}", description="Runs of a task that ended in a retry."
        )
        self.queue_duration = meter.create_histogram(
            "tocsin.celery.task.queue.duration",
            unit="s",
            description="From when a task was published, or was due, until it began.",
            explicit_bucket_boundaries_advisory=QUEUE_SECONDS,
        )
        meter.create_observable_gauge(
            "tocsin.celery.worker.heartbeat",
            [lambda _options: self._heartbeats()],
            unit="s",
            description="When the worker's main process gave its last sign of life.",
        )

    def _heartbeats(self) -> Iterator[Observation]:
        """A child of the pool has its parent's, which is none of its own."""
        if self.heartbeat is not None and self.heartbeat.pid == os.getpid():
            yield Observation(self.heartbeat.at, {"celery.hostname": self.heartbeat.worker})

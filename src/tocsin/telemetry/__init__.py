"""The metrics side: what instrumentations leave out, Prometheus' names, and the batches that go to the store."""

from importlib import import_module
from typing import TYPE_CHECKING

from tocsin.telemetry.caches import caches
from tocsin.telemetry.circuits import circuits
from tocsin.telemetry.durations import Durations, Measurement, Series
from tocsin.telemetry.forked import Forked
from tocsin.telemetry.host import observe_host, observe_limits, observe_process
from tocsin.telemetry.reader import BatchReader, attach_reader
from tocsin.telemetry.red import is_measured, measurement_of

if TYPE_CHECKING:
    from tocsin.telemetry.batch import encode
    from tocsin.telemetry.batch_samples import STALE, Sample, Skipped, samples
    from tocsin.telemetry.labels import Labels
    from tocsin.telemetry.names import Kind, Strategy, UnusableNameError, label_name, metric_name
    from tocsin.telemetry.translation import Translation

__all__ = [
    "STALE",
    "BatchReader",
    "Durations",
    "Forked",
    "Kind",
    "Labels",
    "Measurement",
    "Sample",
    "Series",
    "Skipped",
    "Strategy",
    "Translation",
    "UnusableNameError",
    "attach_reader",
    "caches",
    "circuits",
    "encode",
    "is_measured",
    "label_name",
    "measurement_of",
    "metric_name",
    "observe_host",
    "observe_limits",
    "observe_process",
    "samples",
]

#: Where the others are. Imported on first use: a process that only writes reads no batches.
_HOMES = {
    "STALE": "batch_samples",
    "Kind": "names",
    "Labels": "labels",
    "Sample": "batch_samples",
    "Skipped": "batch_samples",
    "Strategy": "names",
    "Translation": "translation",
    "UnusableNameError": "names",
    "encode": "batch",
    "label_name": "names",
    "metric_name": "names",
    "samples": "batch_samples",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'tocsin.telemetry' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"tocsin.telemetry.{_HOMES[name]}"), name)
    return found

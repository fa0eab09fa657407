"""The metrics side: what instrumentations leave out, Prometheus' names, and the batches that go to the store."""

from tocsin.telemetry.batch import STALE, Sample, Skipped, encode, samples
from tocsin.telemetry.caches import caches
from tocsin.telemetry.circuits import circuits
from tocsin.telemetry.durations import Durations, Measurement, Series
from tocsin.telemetry.forked import Forked
from tocsin.telemetry.host import observe_host, observe_limits, observe_process
from tocsin.telemetry.labels import Labels
from tocsin.telemetry.names import Kind, Strategy, UnusableNameError, label_name, metric_name
from tocsin.telemetry.reader import BatchReader, attach_reader
from tocsin.telemetry.red import is_measured, measurement_of
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

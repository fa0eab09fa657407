"""The metrics side: what instrumentations leave out, Prometheus' names, and the batches that go to the store."""

from tocsin.telemetry.batch import STALE, Sample, encode, samples
from tocsin.telemetry.host import observe_host, observe_process
from tocsin.telemetry.labels import Labels
from tocsin.telemetry.names import Kind, UnusableNameError, label_name, metric_name
from tocsin.telemetry.reader import BatchReader, attach_reader
from tocsin.telemetry.red import Measurement, RedRecorder, is_measured, measurement_of

__all__ = [
    "STALE",
    "BatchReader",
    "Kind",
    "Labels",
    "Measurement",
    "RedRecorder",
    "Sample",
    "UnusableNameError",
    "attach_reader",
    "encode",
    "is_measured",
    "label_name",
    "measurement_of",
    "metric_name",
    "observe_host",
    "observe_process",
    "samples",
]

"""A reader of the SDK's metrics beside those that the application has."""

import os
import socket
import threading
from collections.abc import Callable
from functools import cached_property, partial, wraps
from typing import Any, ParamSpec, TypeVar

from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, MetricsData

from tocsin.telemetry.shared_collection import keeps_gauges, shared_collection

P = ParamSpec("P")
R = TypeVar("R")

#: How long a fork may wait for a collection to end; observable callbacks are the application's.
FORK_PATIENCE = 1.0


class _NoFork:
    """While a function that it wraps runs, other threads of the process do not fork.

    The SDK never re-makes the locks that it holds during a collection: a child forked meanwhile could not collect.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._fork = threading.local()
        os.register_at_fork(before=self._before, after_in_parent=self._in_parent, after_in_child=self._in_child)

    def __call__(self, collect: Callable[P, R]) -> Callable[P, R]:
        @wraps(collect)
        def collect_unforked(*args: P.args, **kwargs: P.kwargs) -> R:
            with self._lock:
                return collect(*args, **kwargs)

        return collect_unforked

    def _before(self) -> None:
        self._fork.waits = self._lock.acquire(timeout=FORK_PATIENCE)

    def _in_parent(self) -> None:
        if self._fork.waits:
            self._lock.release()

    def _in_child(self) -> None:
        self._lock = threading.RLock()


no_fork = _NoFork()


class BatchReader(MetricReader):
    """Hands every collection to `sink` as one OTLP/JSON batch, cumulative, in the thread that called `collect`.

    It has no timer: `collect` is called by its owner. A fork waits for a collection that is under way, not for `sink`.
    """

    def __init__(self, sink: Callable[[bytes], object]) -> None:
        super().__init__()
        self._sink = sink

    def _set_collect_callback(self, func: Callable[..., Any] | None) -> None:  # type: ignore[misc]  # no other seam
        super()._set_collect_callback(func and no_fork(func))

    def _receive_metrics(self, metrics_data: MetricsData, *_: Any, **__: Any) -> None:
        # Releases of the SDK before 1.43 give a process no identity of its own.
        instance = f"{socket.gethostname()}:{os.getpid()}"
        self._sink(self._encode(metrics_data, instance=instance))

    @cached_property
    def _encode(self) -> Callable[..., bytes]:
        """Made by the first collection, some time after the process has started."""
        from tocsin.telemetry.batch import encode  # noqa: PLC0415  see above
        from tocsin.telemetry.ended import EndedGauges  # noqa: PLC0415  same

        # Where the SDK forgets gauges that were not set again, only the absence of ours, which are observed, tells.
        return partial(encode, ended=EndedGauges(scope=None if keeps_gauges() else "tocsin"))

    def shutdown(self, timeout_millis: float = 30_000, **_: Any) -> None:
        """There is nothing to release; the owner collects for the last time."""


def attach_reader(provider: MeterProvider, reader: MetricReader) -> bool:
    """Let a reader collect from a provider that is in use; False where this SDK leaves no way.

    It shares what a reader of the application has stored, at no cost for a measurement. Where none has the same in
    store, it is a reader more, whose cumulative sums start now. The provider will neither flush nor shut it down: its
    owner has to.
    """
    shared = shared_collection(provider)
    if shared is None:
        return _add(provider, reader)

    def collect(*_: Any, **options: Any) -> Any:
        if shared.is_alive:
            return shared.collect(**options)
        _add(provider, reader)
        return None

    reader._set_collect_callback(collect)  # noqa: SLF001  the seam between providers and readers
    return True


def _add(provider: MeterProvider, reader: MetricReader) -> bool:
    if hasattr(provider, "add_metric_reader"):
        provider.add_metric_reader(reader)
        return True
    try:
        _add_metric_reader(provider, reader)
    except (AttributeError, ImportError, TypeError):
        return False
    return True


def _add_metric_reader(provider: Any, reader: Any) -> None:
    """What `MeterProvider.add_metric_reader` does, for the SDK's releases before 1.43, which lack it."""
    from opentelemetry.sdk.metrics._internal.metric_reader_storage import MetricReaderStorage  # noqa: PLC0415  may go

    consumer = provider._measurement_consumer  # noqa: SLF001  no public way
    storage = MetricReaderStorage(
        consumer._sdk_config,  # noqa: SLF001  same
        reader._instrument_class_temporality,  # noqa: SLF001  same
        reader._instrument_class_aggregation,  # noqa: SLF001  same
    )
    with consumer._lock:  # noqa: SLF001  same
        # A new mapping, because measurements iterate over the old one without the lock.
        consumer._reader_storages = {**consumer._reader_storages, reader: storage}  # noqa: SLF001  same
    reader._set_collect_callback(consumer.collect)  # noqa: SLF001  same

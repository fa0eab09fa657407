"""What a forked child has of its parent's telemetry: no counts, no locks, and an identity of its own."""

import os
import sys
import threading
import weakref
from typing import Any

from opentelemetry.sdk import resources
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource

from tocsin.guard import guard

INSTANCE = "service.instance.id"
#: How multiprocessing starts a child that is not forked: its environment gives it the identity of its parent.
SPAWNED = "--multiprocessing-fork"


class Forked:
    """Sees to it in every child that is forked from now on, and in this process if multiprocessing has spawned it.

    The SDK lets a child continue its parent's cumulative sums, which counts them once more under the child's name,
    and leaves it the locks that other threads of the parent held: it could hang at its first measurement.
    A `service.instance.id` that somebody chose becomes `<id>/<pid>`, for the SDK lets processes share it, or puts
    a random one in its place. Reads and writes private fields of the SDK, and does nothing where they are not there.
    """

    def __init__(self, meter_provider: MeterProvider, *others: Any) -> None:
        self._metrics = weakref.ref(meter_provider)
        self._providers = [weakref.ref(provider) for provider in (meter_provider, *others)]
        self._instance = _instance(meter_provider)
        self._is_chosen = bool(self._instance) and self._instance != getattr(resources, "_service_instance_id", None)
        this = weakref.WeakMethod(self.separate)
        os.register_at_fork(after_in_child=lambda: _call(this()))
        if self._is_chosen and SPAWNED in sys.orig_argv:
            guard("fork")(self._name)()

    @guard("fork")
    def separate(self) -> None:
        """In the child, before it does anything else."""
        metrics = self._metrics()
        if metrics is None:
            return
        _renew(metrics._measurement_consumer)  # noqa: SLF001  there is no public way
        if self._is_chosen or (self._instance and self._instance == _instance(metrics)):
            self._name()

    def _name(self) -> None:
        own = Resource({INSTANCE: f"{self._instance}/{os.getpid()}"})
        for provider in self._providers:
            _identify(provider(), own)


def _call(separate: Any) -> None:
    if separate is not None:
        separate()


def _renew(consumer: Any) -> None:
    """Empty storages, and locks that nobody holds."""
    consumer._lock = threading.Lock()  # noqa: SLF001  see above
    consumer._reader_storages = {  # noqa: SLF001  see above
        reader: type(storage)(
            consumer._sdk_config,  # noqa: SLF001  see above
            reader._instrument_class_temporality,  # noqa: SLF001  see above
            reader._instrument_class_aggregation,  # noqa: SLF001  see above
        )
        for reader, storage in consumer._reader_storages.items()  # noqa: SLF001  see above
    }
    for reader in consumer._reader_storages:  # noqa: SLF001  see above
        if hasattr(reader, "_export_lock"):
            reader._export_lock = threading.Lock()  # noqa: SLF001  see above


def _instance(meter_provider: Any) -> str:
    return str(meter_provider._sdk_config.resource.attributes.get(INSTANCE, ""))  # noqa: SLF001  see above


def _identify(provider: Any, own: Resource) -> None:
    if hasattr(provider, "_update_resource"):
        provider._update_resource(own)  # noqa: SLF001  see above
    elif hasattr(provider, "_sdk_config"):
        # Releases of the SDK before 1.44: the metrics at least, lest two processes write the same series.
        provider._sdk_config.resource = provider._sdk_config.resource.merge(own)  # noqa: SLF001  see above

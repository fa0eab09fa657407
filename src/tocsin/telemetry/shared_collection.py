"""Collecting what a reader of the application has: a second reader's storage costs microseconds a measurement."""

from threading import get_ident
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader, MetricReader, MetricsData
from opentelemetry.sdk.metrics.view import DefaultAggregation, ExplicitBucketHistogramAggregation
from opentelemetry.sdk.resources import Resource


class SharedCollection:
    """Collects from the storage of `owner`, a reader with cumulative sums and classic histograms.

    The owner exports what it would have exported: cumulative values stay, and so do its exemplars, which a collection
    takes along otherwise. Reads private fields of the SDK.
    """

    def __init__(self, consumer: Any, owner: MetricReader) -> None:
        self._consumer = consumer
        self._owner = owner
        #: The thread that is collecting here.
        self.thread: int | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the owner is still one of the provider's readers."""
        return self._owner in self._consumer._reader_storages  # noqa: SLF001  there is no public way

    def collect(self, **options: Any) -> MetricsData | None:
        """What the owner would get now."""
        self._keep_exemplars()
        self.thread = get_ident()
        try:
            collected: MetricsData | None = self._consumer.collect(self._owner, **options)
        finally:
            self.thread = None
        return collected

    def _keep_exemplars(self) -> None:
        storage = self._consumer._reader_storages[self._owner]  # noqa: SLF001  see above
        for matches in tuple(storage._instrument_view_instrument_matches.values()):  # noqa: SLF001  see above
            for match in matches:
                for aggregation in tuple(match._attributes_aggregation.values()):  # noqa: SLF001  see above
                    if not isinstance(aggregation._reservoir, _Kept):  # noqa: SLF001  see above
                        aggregation._reservoir = _Kept(aggregation._reservoir, self)  # noqa: SLF001  see above


class _Kept:
    """A reservoir that gives its exemplars away to all but a shared collection."""

    def __init__(self, reservoir: Any, collection: SharedCollection) -> None:
        self._collection = collection
        self.offer = reservoir.offer
        self._collect = reservoir.collect

    def collect(self, attributes: Any) -> Any:
        return [] if self._collection.thread == get_ident() else self._collect(attributes)


def shared_collection(provider: Any) -> SharedCollection | None:
    """One with the first reader that fits; None where there is none, or where this SDK is another inside."""
    consumer = getattr(provider, "_measurement_consumer", None)
    fitting = next(filter(_fits, getattr(consumer, "_reader_storages", ())), None)
    return SharedCollection(consumer, fitting) if fitting is not None and keeps_gauges() else None


def keeps_gauges() -> bool:
    """Whether a gauge that was set survives a collection: it did not in earlier releases of the SDK."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], resource=Resource.get_empty(), shutdown_on_exit=False)
    provider.get_meter("tocsin").create_gauge("kept").set(1)
    reader.get_metrics_data()
    return reader.get_metrics_data() is not None


def _fits(reader: Any) -> bool:
    temporality, aggregation = reader._instrument_class_temporality, reader._instrument_class_aggregation  # noqa: SLF001  no public way
    return all(each is AggregationTemporality.CUMULATIVE for each in temporality.values()) and all(
        isinstance(each, DefaultAggregation | ExplicitBucketHistogramAggregation) for each in aggregation.values()
    )

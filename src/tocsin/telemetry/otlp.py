"""OTLP/JSON for metrics, as the protocol specifies it: the format of the stored metric batches.

64-bit integers are decimal strings when encoded; strings and numbers are accepted. What a plain JSON number cannot
say (NaN, the infinities) is a string as well, as in protobuf's JSON mapping. Unknown fields are ignored.
"""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import msgspec

Int64: TypeAlias = int | str
Double: TypeAlias = float | str

CUMULATIVE = 2
#: Bit of `NumberDataPoint.flags`: the series ended here.
NO_RECORDED_VALUE = 1

EMPTY_LIST = msgspec.Raw(b"[]")


class Message(msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """Fields that hold their default are not on the wire."""


class AnyValue(Message):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Int64 | None = None
    double_value: Double | None = None
    array_value: "ArrayValue | None" = None
    kvlist_value: "KeyValueList | None" = None
    bytes_value: str | None = None


class KeyValue(Message):
    key: str
    value: AnyValue = msgspec.field(default_factory=AnyValue)


class ArrayValue(Message):
    values: list[AnyValue] = []


class KeyValueList(Message):
    values: list[KeyValue] = []


class DataPoint(Message, kw_only=True):
    """`attributes` stays JSON, a list of KeyValue: its bytes identify a series without being decoded."""

    attributes: msgspec.Raw = EMPTY_LIST
    start_time_unix_nano: Int64 = 0
    time_unix_nano: Int64 = 0
    flags: int = 0


class Exemplar(Message, kw_only=True):
    """A measurement by the trace in which it was taken; both ids in hex."""

    time_unix_nano: Int64 = 0
    as_double: Double | None = None
    as_int: Int64 | None = None
    span_id: str = ""
    trace_id: str = ""


class NumberDataPoint(DataPoint, kw_only=True):
    as_double: Double | None = None
    as_int: Int64 | None = None
    exemplars: list[Exemplar] = []


class HistogramDataPoint(DataPoint, kw_only=True):
    """`explicit_bounds` stays JSON as well, a list of Double."""

    count: Int64 = 0
    sum: Double | None = None
    bucket_counts: list[Int64] = []
    explicit_bounds: msgspec.Raw = EMPTY_LIST
    min: Double | None = None
    max: Double | None = None


class Buckets(Message):
    offset: int = 0
    bucket_counts: list[Int64] = []


class ExponentialHistogramDataPoint(DataPoint, kw_only=True):
    count: Int64 = 0
    sum: Double | None = None
    scale: int = 0
    zero_count: Int64 = 0
    zero_threshold: Double = 0.0
    positive: Buckets = msgspec.field(default_factory=Buckets)
    negative: Buckets = msgspec.field(default_factory=Buckets)


class ValueAtQuantile(Message):
    quantile: Double = 0.0
    value: Double = 0.0


class SummaryDataPoint(DataPoint, kw_only=True):
    count: Int64 = 0
    sum: Double = 0.0
    quantile_values: list[ValueAtQuantile] = []


class Gauge(Message):
    data_points: list[NumberDataPoint] = []


class Sum(Message):
    data_points: list[NumberDataPoint] = []
    aggregation_temporality: int = 0
    is_monotonic: bool = False


class Histogram(Message):
    data_points: list[HistogramDataPoint] = []
    aggregation_temporality: int = 0


class ExponentialHistogram(Message):
    data_points: list[ExponentialHistogramDataPoint] = []
    aggregation_temporality: int = 0


class Summary(Message):
    data_points: list[SummaryDataPoint] = []


class Metric(Message):
    name: str = ""
    description: str = ""
    unit: str = ""
    gauge: Gauge | None = None
    sum: Sum | None = None
    histogram: Histogram | None = None
    exponential_histogram: ExponentialHistogram | None = None
    summary: Summary | None = None

    @property
    def data(self) -> Gauge | Sum | Histogram | ExponentialHistogram | Summary | None:
        return self.gauge or self.sum or self.histogram or self.exponential_histogram or self.summary


class ScopeKey(NamedTuple):
    """A scope as what can be looked up."""

    name: str
    version: str
    schema_url: str
    attributes: bytes


NO_SCOPE = ScopeKey("", "", "", b"[]")


class Scope(Message):
    name: str = ""
    version: str = ""
    attributes: msgspec.Raw = EMPTY_LIST


class ScopeMetrics(Message):
    scope: Scope = msgspec.field(default_factory=Scope)
    metrics: list[Metric] = []
    schema_url: str = ""

    @property
    def key(self) -> ScopeKey:
        return ScopeKey(self.scope.name, self.scope.version, self.schema_url, bytes(self.scope.attributes))


class Resource(Message):
    attributes: msgspec.Raw = EMPTY_LIST


class ResourceMetrics(Message):
    resource: Resource = msgspec.field(default_factory=Resource)
    scope_metrics: list[ScopeMetrics] = []
    schema_url: str = ""


class ExportMetricsServiceRequest(Message):
    resource_metrics: list[ResourceMetrics] = []


encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(ExportMetricsServiceRequest).decode
decode_attributes = msgspec.json.Decoder(list[KeyValue]).decode
decode_bounds = msgspec.json.Decoder(list[Double]).decode


def double(value: float) -> Double:
    """A float as the wire says it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def attributes(mapping: Mapping[str, Any] | None) -> msgspec.Raw:
    """Attributes as DataPoint, Scope and Resource hold them."""
    return msgspec.Raw(encode(_key_values(mapping or {})))


@lru_cache(maxsize=1024)
def doubles(values: tuple[float, ...]) -> msgspec.Raw:
    """The bounds as HistogramDataPoint holds them."""
    return msgspec.Raw(encode([double(value) for value in values]))


def _key_values(mapping: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key, any_value(value)) for key, value in mapping.items()]


def any_value(value: Any) -> AnyValue:
    """What OpenTelemetry allows as the value of an attribute; None is the empty value."""
    match value:
        case str():
            return AnyValue(string_value=value)
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=str(value))
        case float():
            return AnyValue(double_value=double(value))
        case bytes():
            return AnyValue(bytes_value=base64.b64encode(value).decode())
        case Mapping():
            return AnyValue(kvlist_value=KeyValueList(_key_values(value)))
        case Sequence():
            return AnyValue(array_value=ArrayValue([any_value(item) for item in value]))
    return AnyValue()

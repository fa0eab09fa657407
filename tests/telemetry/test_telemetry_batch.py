import json
import math
import struct
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

from tocsin.telemetry import STALE, encode, samples
from tocsin.telemetry.labels import decimal, series_labels, target_of
from tocsin.telemetry.otlp import attributes

SHOP = {"service.name": "shop", "service.instance.id": "i-1"}
AT = 1_700_000_000_000
NANOS = AT * 1_000_000 + 999_999
CUMULATIVE, DELTA = 2, 1


@pytest.fixture
def collect():
    """Runs instruments on a real SDK and gives what it collects."""

    def run(use, *, views=(), resource=SHOP):
        reader = InMemoryMetricReader()
        provider = MeterProvider([reader], resource=Resource(resource), views=views, shutdown_on_exit=False)
        use(provider.get_meter("test", "1.0"))
        return reader.get_metrics_data()

    return run


def wire(metric, *, resource=SHOP):
    """A batch as somebody else's exporter writes it."""
    resource = {"attributes": [{"key": key, "value": {"stringValue": value}} for key, value in resource.items()]}
    return json.dumps({"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}).encode()


def point(**fields):
    return {"timeUnixNano": str(NANOS), **fields}


def series(payload, **options):
    return {tuple(value for _, value in labels): value for labels, _, value in samples(payload, **options)}


def test_a_counter_a_gauge_and_an_up_down_counter(collect):
    def use(meter):
        meter.create_counter("http.requests", unit="{request}").add(
            2, {"http.route": "/a", "n": 3, "f": 2.0, "b": True}
        )
        meter.create_gauge("cpu.utilization", unit="1").set(0.25)
        meter.create_up_down_counter("queue.length", unit="1").add(-4)

    got = {dict(labels)["__name__"]: (dict(labels), value) for labels, _, value in samples(encode(collect(use)))}
    identity = {"job": "shop", "instance": "i-1"}
    assert got == {
        "http_requests_total": (
            {"__name__": "http_requests_total", "http_route": "/a", "n": "3", "f": "2", "b": "true", **identity},
            2.0,
        ),
        "cpu_utilization_ratio": ({"__name__": "cpu_utilization_ratio", **identity}, 0.25),
        "queue_length": ({"__name__": "queue_length", **identity}, -4.0),
    }


def test_a_histogram_is_cumulative_over_its_buckets(collect):
    def use(meter):
        histogram = meter.create_histogram(
            "latency", unit="s", explicit_bucket_boundaries_advisory=[0.005, 1, 5.0, 1e22]
        )
        for seconds in (0.001, 0.5, 3, 3, 1e30):
            histogram.record(seconds)

    got = {
        dict(labels).get("le", dict(labels)["__name__"]): value for labels, _, value in samples(encode(collect(use)))
    }
    assert got == {
        "0.005": 1,
        "1": 2,
        "5": 4,
        "10000000000000000000000": 4,
        "+Inf": 5,
        "latency_seconds_count": 5,
        "latency_seconds_sum": 1e30,
    }


def test_labels_are_sorted_and_the_same_object_in_every_batch(collect):
    data = collect(lambda meter: meter.create_counter("c").add(1, {"z": "1", "A": "2", "empty": ""}))
    (first, _, _), (second, _, _) = [next(samples(encode(data))) for _ in range(2)]
    assert first == (("A", "2"), ("__name__", "c_total"), ("instance", "i-1"), ("job", "shop"), ("z", "1"))
    assert first is second


def test_time_is_in_whole_milliseconds():
    payload = wire({"name": "g", "gauge": {"dataPoints": [point(asInt="1")]}})
    assert [at for _, at, _ in samples(payload)] == [AT]


def test_integers_are_strings_on_the_wire_and_may_be_numbers(collect):
    payload = encode(collect(lambda meter: meter.create_counter("c").add(2**60)))
    (metric,) = json.loads(payload)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    assert metric["sum"]["dataPoints"][0]["asInt"] == str(2**60)
    assert metric["sum"]["aggregationTemporality"] == CUMULATIVE
    as_number = wire({"name": "c", "gauge": {"dataPoints": [{"timeUnixNano": NANOS, "asInt": 7}]}})
    assert [(at, value) for _, at, value in samples(as_number)] == [(AT, 7.0)]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_lacks_are_strings(text):
    ((_, _, value),) = samples(wire({"name": "g", "gauge": {"dataPoints": [point(asDouble=text)]}}))
    assert str(value) == str(float(text))


def bits(number):
    return struct.pack("<d", number)


def test_the_end_of_a_series_is_a_stale_marker():
    gauge = wire({"name": "g", "gauge": {"dataPoints": [point(flags=1)]}})
    bounds = {"bucketCounts": ["0", "0"], "explicitBounds": [1], "count": "0", "sum": 0}
    histogram = wire(
        {"name": "h", "histogram": {"aggregationTemporality": CUMULATIVE, "dataPoints": [point(flags=1, **bounds)]}}
    )
    ended = [value for payload in (gauge, histogram) for _, _, value in samples(payload)]
    assert len(ended) == 5
    assert {bits(value) for value in ended} == {struct.pack("<Q", 0x7FF0000000000002)} == {bits(STALE)}
    assert bits(math.nan) != bits(STALE)


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        (
            {
                "name": "m",
                "sum": {"aggregationTemporality": DELTA, "isMonotonic": True, "dataPoints": [point(asInt="1")]},
            },
            "where it is sent, set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative",
        ),
        ({"name": "m", "histogram": {"dataPoints": [point(count="1")]}}, "its temporality is not cumulative; where"),
        (
            {"name": "m", "exponentialHistogram": {"dataPoints": [point(count="1")]}},
            "its temporality is not cumulative",
        ),
        ({"name": "m"}, "it holds no data"),
        ({"name": "@", "gauge": {"dataPoints": [point(asInt="1")]}}, "metric name '@' holds no letter and no digit"),
        (
            {"name": "m", "gauge": {"dataPoints": [point(asInt="1", attributes=[{"key": "__", "value": {}}])]}},
            "attribute name '__' holds no letter and no digit",
        ),
        ({"name": "m", "gauge": {"dataPoints": [point(asInt="many")]}}, "could not convert"),
        ({"name": "m", "gauge": {"dataPoints": [point(asDouble="1,5")]}}, "could not convert"),
        ({"name": "m", "gauge": {"dataPoints": [point(asInt="1", timeUnixNano="now")]}}, "invalid literal"),
    ],
    ids=["delta", "unspecified", "exponential", "none", "name", "attribute", "integer", "number", "time"],
)
def test_what_becomes_no_series_is_skipped_with_the_reason(metric, reason):
    skipped = {}
    assert list(samples(wire(metric), skipped=skipped)) == []
    assert skipped.keys() == {metric["name"]}
    assert reason in skipped[metric["name"]]


def test_a_resource_that_cannot_be_a_target_costs_target_info_only():
    payload = wire({"name": "g", "gauge": {"dataPoints": [point(asInt="1")]}}, resource={**SHOP, "__": "x"})
    skipped = {}
    assert [dict(labels)["__name__"] for labels, _, _ in samples(payload, skipped=skipped)] == ["g"]
    assert skipped.keys() == {"target_info"}


def buckets(payload):
    found = [(dict(labels), value) for labels, _, value in samples(payload)]
    return {float(labels["le"]): value for labels, value in found if labels["__name__"].endswith("_bucket")}


def exponential(**options):
    return View(instrument_name="h", aggregation=ExponentialBucketHistogramAggregation(**options))


def test_an_exponential_histogram_is_a_classic_one_with_powers_of_two(collect):
    def use(meter):
        histogram = meter.create_histogram("h", unit="s")
        for value in (0, 0.3, 0.3, 1.5, 5, 8.5):
            histogram.record(value)

    payload = encode(collect(use, views=[exponential()]))
    assert buckets(payload) == {0: 1, 0.25: 1, 0.5: 3, 1: 3, 2: 4, 4: 4, 8: 5, 16: 6, math.inf: 6}
    rest = {dict(labels)["__name__"]: value for labels, _, value in samples(payload) if "le" not in dict(labels)}
    assert rest == {"h_seconds_count": 6, "h_seconds_sum": pytest.approx(15.6)}


@given(st.lists(st.floats(1e-9, 1e9) | st.just(0.0), min_size=1, max_size=50), st.integers(2, 160))
def test_no_bucket_of_an_exponential_histogram_is_estimated(values, size):
    reader = InMemoryMetricReader()
    views = [exponential(max_size=size)]
    provider = MeterProvider([reader], resource=Resource(SHOP), views=views, shutdown_on_exit=False)
    histogram = provider.get_meter("test").create_histogram("h")
    for value in values:
        histogram.record(value)
    got = buckets(encode(reader.get_metrics_data()))
    assert got == {bound: sum(1 for value in values if value <= bound) for bound in got}


def test_a_histogram_of_negative_values_ends_where_it_begins():
    points = [point(count="4", scale=1, negative={"offset": 2, "bucketCounts": ["1", "0", "2"]}, zeroCount="1")]
    metric = {"name": "h", "exponentialHistogram": {"aggregationTemporality": CUMULATIVE, "dataPoints": points}}
    assert buckets(wire(metric)) == {-4: 2, -2: 3, 0: 4, math.inf: 4}


def test_a_scale_below_all_floats_is_skipped():
    points = [point(count="1", scale=-(2**31), positive={"offset": 2, "bucketCounts": ["1"]})]
    metric = {"name": "h", "exponentialHistogram": {"aggregationTemporality": CUMULATIVE, "dataPoints": points}}
    skipped = {}
    assert list(samples(wire(metric), skipped=skipped)) == []
    assert "leaves one bucket for all numbers" in skipped["h"]


def test_a_summary_has_its_quantiles():
    points = [point(count="4", sum=2.5, quantileValues=[{"quantile": 0.5, "value": 0.25}, {"quantile": 1, "value": 1}])]
    got = series(wire({"name": "rpc.time", "unit": "s", "summary": {"dataPoints": points}}))
    assert got == {
        ("rpc_time_seconds_count", "i-1", "shop"): 4,
        ("rpc_time_seconds_sum", "i-1", "shop"): 2.5,
        ("rpc_time_seconds", "i-1", "shop", "0.5"): 0.25,
        ("rpc_time_seconds", "i-1", "shop", "1"): 1,
    }


def test_the_rest_of_the_resource_is_target_info_over_the_time_of_the_batch():
    points = [point(asInt="1"), {"timeUnixNano": str(NANOS + 200_000 * 1_000_000), "asInt": "2"}]
    payload = wire({"name": "g", "gauge": {"dataPoints": points}}, resource={**SHOP, "host.name": "web-1"})
    info = [sample for sample in samples(payload) if ("__name__", "target_info") in sample[0]]
    labels = (("__name__", "target_info"), ("host_name", "web-1"), ("instance", "i-1"), ("job", "shop"))
    assert info == [(labels, AT, 1.0), (labels, AT + 150_000, 1.0), (labels, AT + 200_000, 1.0)]


@pytest.mark.parametrize("resource", [SHOP, {"host.name": "web-1"}, {}])
def test_no_target_info_without_an_identity_or_without_more_than_it(resource):
    payload = wire({"name": "g", "gauge": {"dataPoints": [point(asInt="1")]}}, resource=resource)
    assert [dict(labels)["__name__"] for labels, _, _ in samples(payload)] == ["g"]


def test_the_namespace_is_part_of_the_job():
    target = target_of(bytes(attributes({**SHOP, "service.namespace": "eu"})))
    assert dict(target.identity) == {"instance": "i-1", "job": "eu/shop"}


def test_an_instance_is_given_where_the_resource_has_none(collect):
    def use(meter):
        meter.create_counter("c").add(1)

    anonymous, named = (collect(use, resource={"service.name": "shop", **more}) for more in ({}, SHOP))
    assert series(encode(anonymous, instance="web-1:7")) == {("c_total", "web-1:7", "shop"): 1.0}
    assert series(encode(named, instance="web-1:7")) == {("c_total", "i-1", "shop"): 1.0}


def test_a_payload_that_is_no_batch_is_refused():
    with pytest.raises(msgspec.DecodeError):
        list(samples(b'{"resourceMetrics": 3}'))


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (["a", 1.0, True], None),
        (("<a>", "\u2028"), '["<a>","\\u2028"]'),
        ([1.5, 1e21, 1e-7, 100.0], "[1.5,1e+21,1e-7,100]"),
        ({"b": [1], "a": None}, '{"a":null,"b":[1]}'),
        (b"\x00\xff", "AP8="),
        (1e-7, "1e-7"),
        (0.1, "0.1"),
        (2**62, str(2**62)),
        (False, "false"),
    ],
)
def test_values_are_written_as_the_collector_writes_them(value, label):
    label = '["a",1,true]' if label is None else label
    assert dict(series_labels("m", target_of(b"[]"), bytes(attributes({"v": value})))).get("v") == label


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_the_same_float_without_an_exponent(number):
    written = decimal(number)
    assert float(written) == number
    assert "e" not in written


SCALARS = st.one_of(st.text(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats())


@given(st.dictionaries(st.text(), SCALARS), st.lists(st.floats(0, 1e6), unique=True), st.lists(st.floats(0, 1e7)))
def test_any_histogram_gives_consistent_series_or_is_counted(found, bounds, values):
    bounds = sorted(bounds)
    counts = [sum(1 for v in values if low < v <= high) for low, high in pairwise([-math.inf, *bounds, math.inf])]
    histogram = point(
        attributes=json.loads(bytes(attributes(found))),
        count=str(len(values)),
        bucketCounts=[str(count) for count in counts],
        explicitBounds=bounds,
    )
    metric = {"name": "h", "histogram": {"aggregationTemporality": CUMULATIVE, "dataPoints": [histogram]}}
    skipped = {}
    got = [(dict(labels), value) for labels, _, value in samples(wire(metric), skipped=skipped)]
    buckets = {float(labels["le"]): value for labels, value in got if labels["__name__"] == "h_bucket"}
    if not skipped:
        assert buckets == {bound: sum(1 for v in values if v <= bound) for bound in [*bounds, math.inf]}

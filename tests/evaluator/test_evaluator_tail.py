"""From the store into the head: in order, once, in bites."""

import json

import pytest
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider

from tocsin.evaluator.tail import CHUNK, PAUSE, Tail
from tocsin.promql import evaluate, parse, parse_selector
from tocsin.series import Head
from tocsin.store.metrics import RETENTION
from tocsin.telemetry import BatchReader

NOW = 1_000_000.0


@pytest.fixture
def head():
    return Head(retention=RETENTION)


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def store(scene):
    return scene.store()


@pytest.fixture
def tail(store, head, pauses):
    return Tail(store.metric_batches, head, pause=pauses.append)


def batch(at):
    point = {"timeUnixNano": str(int(at * 1e9)), "asDouble": 1.0}
    metric = {"name": "orders", "gauge": {"dataPoints": [point]}}
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}).encode()


def test_each_batch_is_read_once_and_in_order(store, head, tail):
    for number in range(3):
        store.metric_batches.append(batch(NOW + number), at=NOW + number)
    tail.read(NOW + 3)
    tail.read(NOW + 3)
    assert (head.samples, head.refused_order) == (3, 0)


def test_a_long_backlog_is_read_in_bites_and_no_bite_is_taken_at_the_end(store, head, tail, pauses):
    for number in range(2 * CHUNK):
        store.metric_batches.append(batch(NOW + number), at=NOW + number)
    tail.read(NOW + 2 * CHUNK)
    assert head.samples == 2 * CHUNK
    assert pauses == [PAUSE, PAUSE]
    store.metric_batches.append(batch(NOW + 100), at=NOW + 100)
    tail.read(NOW + 100)
    assert pauses == [PAUSE, PAUSE]


def test_what_is_older_than_the_head_keeps_is_not_read(store, head, tail):
    store.metric_batches.append(batch(NOW), at=NOW)
    tail.read(NOW + RETENTION + 1)
    assert head.samples == 0


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"resourceMetrics": 1}'])
def test_a_batch_that_is_none_is_said_once_and_holds_up_nothing(store, head, tail, said, payload):
    for _ in range(2):
        store.metric_batches.append(payload, at=NOW)
    store.metric_batches.append(batch(NOW), at=NOW)
    tail.read(NOW)
    assert head.samples == 1
    assert [line.startswith("tocsin: a metric batch cannot be read and is left out: ") for line in said()] == [True]


def test_what_the_sdk_collects_arrives_as_series(store, head, tail, clock):
    reader = BatchReader(lambda payload: store.metric_batches.append(payload, at=clock()))
    provider = MeterProvider([reader], shutdown_on_exit=False)
    provider.get_meter("test").create_counter("orders").add(2, {"shop": "a"})
    reader.collect()
    tail.read(clock())
    (labels,) = head.series(parse_selector("orders_total"))
    assert dict(labels)["shop"] == "a"
    provider.shutdown()


def test_a_metric_that_rules_do_not_see_is_said_once_with_the_reason(store, head, tail, capfd):
    point = {"timeUnixNano": str(int(NOW * 1e9)), "asInt": "1"}
    metric = {"name": "delta.orders", "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [point]}}
    payload = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}).encode()
    for number in range(2):
        store.metric_batches.append(payload, at=NOW + number)
    tail.read(NOW + 2)
    said = [line for line in capfd.readouterr().err.splitlines() if "delta.orders" in line]
    assert len(said) == 1
    assert "its temporality is not cumulative" in said[0]


def test_the_stanza_decides_on_labels(store, head):
    resource = {"attributes": [{"key": "host.name", "value": {"stringValue": "web1"}}]}
    point = {"timeUnixNano": str(int(NOW * 1e9)), "asDouble": 1.0}
    metric = {"name": "orders", "gauge": {"dataPoints": [point]}}
    batch = {"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}
    store.metric_batches.append(json.dumps({"resourceMetrics": [batch]}).encode(), at=NOW)
    Tail(store.metric_batches, head, stanza={"promote_resource_attributes": ["host.name"]}).read(NOW)
    assert head.series() == [(("__name__", "orders"), ("host_name", "web1"))]


def test_a_gauge_that_is_no_longer_reported_ends_at_once_and_a_counter_does_not(scene, store, head, tail):
    shops = ["a", "b"]
    process = scene.process()
    observe = lambda _: [Observation(1, {"shop": shop}) for shop in shops]  # noqa: E731
    process.meter.create_observable_gauge("open", [observe])
    visits = process.meter.create_counter("visits")
    found = []
    for present in (["a", "b"], ["a"], ["a", "b"], []):
        shops[:] = present
        for shop in present:
            visits.add(1, {"shop": shop})
        scene.clock.advance(15)
        process.collect()
        tail.read(scene.clock())
        answers = [evaluate(parse(name), head, scene.clock()) for name in ("open", "visits_total")]
        found.append([len(answer.samples) for answer in answers])
    assert found == [[2, 2], [1, 2], [2, 2], [0, 2]]

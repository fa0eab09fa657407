"""Gauges that a process stops reporting, from the SDK to the samples that end their series."""

import math

import pytest
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource

from tocsin.telemetry import BatchReader, ended, reader, samples
from tocsin.telemetry.shared_collection import keeps_gauges

set_once = pytest.mark.skipif(not keeps_gauges(), reason="this SDK forgets gauges that were not set again")


@pytest.fixture
def process():
    batches = []
    beside = BatchReader(batches.append)
    provider = MeterProvider(
        [beside], resource=Resource({"service.name": "shop", "service.instance.id": "1"}), shutdown_on_exit=False
    )

    def collect():
        batches.clear()
        beside.collect()
        return [(dict(labels), value) for batch in batches for labels, _, value in samples(batch)]

    yield provider, collect
    provider.shutdown()


def _ended(found):
    return sorted(labels.get("shop", labels["__name__"]) for labels, value in found if math.isnan(value))


@set_once
def test_a_series_ends_once_in_its_own_scope(process):
    provider, collect = process
    shops = ["a", "b"]
    for scope in ("one", "two"):
        kept = shops if scope == "one" else ["c"]
        observe = lambda _, kept=kept: [Observation(1, {"shop": shop}) for shop in kept]  # noqa: E731
        provider.get_meter(scope).create_observable_gauge("open", [observe], unit="s")
    assert _ended(collect()) == []
    shops.remove("b")
    found = collect()
    assert _ended(found) == ["b"]
    assert {labels["__name__"] for labels, _ in found if "shop" in labels} == {"open_seconds"}
    assert _ended(collect()) == []


def test_where_the_sdk_forgets_gauges_only_those_of_tocsin_end(monkeypatch):
    monkeypatch.setattr(reader, "keeps_gauges", lambda: False)
    batches, shops = [], ["a"]
    beside = reader.BatchReader(batches.append)
    provider = MeterProvider([beside], shutdown_on_exit=False)
    for scope in ("tocsin", "shop"):
        observe = lambda _, scope=scope: [Observation(1, {"shop": f"{shop} of {scope}"}) for shop in shops]  # noqa: E731
        provider.get_meter(scope).create_observable_gauge("open", [observe])
    provider.get_meter("shop").create_counter("orders").add(1)
    beside.collect()
    shops.clear()
    beside.collect()
    assert _ended([(dict(labels), value) for labels, _, value in samples(batches[-1])]) == ["a of tocsin"]
    provider.shutdown()


def test_gauges_that_were_set_and_sums_go_on(process):
    provider, collect = process
    meter = provider.get_meter("one")
    meter.create_gauge("depth").set(1)
    meter.create_counter("orders").add(1)
    meter.create_up_down_counter("open").add(1)
    assert [_ended(collect()) for _ in range(3)] == [[], [], []]


@set_once
def test_no_more_than_so_many_are_watched(process, monkeypatch):
    monkeypatch.setattr(ended, "WATCHED", 3)
    provider, collect = process
    shops = [*"abcde"]
    observe = lambda _: [Observation(1, {"shop": shop}) for shop in shops]  # noqa: E731
    provider.get_meter("one").create_observable_gauge("open", [observe])
    provider.get_meter("one").create_counter("orders").add(1)
    collect()
    assert _ended(collect()) == []
    shops.clear()
    assert len(_ended(collect())) == 3


def test_a_fork_does_not_end_what_its_parent_reports(process, monkeypatch):
    provider, collect = process
    shops = ["a"]
    observe = lambda _: [Observation(1, {"shop": shop}) for shop in shops]  # noqa: E731
    provider.get_meter("one").create_observable_gauge("open", [observe])
    provider.get_meter("one").create_counter("orders").add(1)
    collect()
    shops.clear()
    monkeypatch.setattr(ended.os, "getpid", lambda: 1)
    assert _ended(collect()) == []

"""The labelled development corpus: real errors of several Pythons, libraries, entries and deployments."""

import importlib.util
import json
from dataclasses import replace

import pytest

from tocsin.errors import identify, parse_stacktrace

#: The corpus' names for categories → ours.
CATEGORIES = {
    "external": {"external_service", "network", "serialization"},
    "auth": {"authentication", "authorization"},
    "config": {"configuration"},
}


@pytest.fixture(scope="module")
def corpus(shared):
    return shared / "corpus" / "grouping-dev"


@pytest.fixture(scope="module")
def events(corpus):
    return [json.loads(line) for line in (corpus / "events.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def score(corpus):
    spec = importlib.util.spec_from_file_location("grouping_score", corpus / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.score


def _failure(event):
    return parse_stacktrace(*(event["attributes"][f"exception.{key}"] for key in ("type", "message", "stacktrace")))


def test_grouping_by_root_cause(events, score, record_property):
    found = {event["id"]: identify(_failure(event)).fingerprint for event in events}
    for label in ("root", "entry"):
        figures = score({event["id"]: event[label] for event in events}, found)
        record_property(label, {name: round(value, 3) for name, value in figures.items()})
        if label == "root":
            assert figures["pair_f1"] > 0.95
            assert figures["bcubed_f1"] > 0.95


def test_categories(events, record_property):
    verdicts = [
        (identify(_failure(event)).category, CATEGORIES.get(event["category"], {event["category"]})) for event in events
    ]
    accuracy = sum(category in expected for category, expected in verdicts) / len(verdicts)
    record_property("category accuracy", accuracy)
    assert accuracy > 0.95


def test_every_stack_trace_is_read_to_its_end(events):
    for event in events:
        failure = _failure(event)
        assert failure.short_type == event["attributes"]["exception.type"].rpartition(".")[2]
        assert failure.frames or failure.members


def _without_modules(failure):
    return replace(
        failure,
        type=failure.short_type,
        cause=failure.cause and _without_modules(failure.cause),
        members=tuple(map(_without_modules, failure.members)),
    )


def test_carriers_that_drop_modules_give_the_same(events):
    for event in events:
        failure = _failure(event)
        assert identify(_without_modules(failure)).fingerprint == identify(failure).fingerprint

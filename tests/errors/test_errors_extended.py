"""Errors of real libraries, raised here and now: those that the grouping was made with, and those that it was not."""

import importlib.util
import sys
from pathlib import Path

import pytest

from tocsin.errors import identify, parse_stacktrace

pytest.importorskip("flask")
for package in ("aiohttp", "boto3", "celery", "fakeredis", "grpc", "httpx", "marshmallow", "psycopg", "pydantic"):
    pytest.importorskip(package)
pytest.importorskip("tenacity")

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(sys.version_info < (3, 11), reason="the applications use exception groups"),
]


@pytest.fixture(scope="module")
def make_errors():
    spec = importlib.util.spec_from_file_location("make_errors", Path(__file__).with_name("make_errors.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=["visible", "held_out"])
def events(request, make_errors, tmp_path_factory):
    return make_errors.errors(request.param, tmp_path_factory.mktemp(request.param))


def _identity(event):
    attributes = event["attributes"]
    failure = parse_stacktrace(*(attributes[f"exception.{key}"] for key in ("type", "message", "stacktrace")))
    return identify(failure, attributes=attributes)


def test_one_cause_is_one_issue_wherever_and_however_it_arrives(events, grouping_score, record_property):
    found = {event["id"]: _identity(event).fingerprint for event in events}
    figures = grouping_score({event["id"]: event["root"] for event in events}, found)
    record_property("root", figures)
    assert figures["pair_f1"] > 0.95, figures
    assert figures["bcubed_f1"] > 0.96, figures


def test_categories(events, record_property):
    right = [_identity(event).category == event["category"] for event in events]
    record_property("accuracy", sum(right) / len(right))
    assert sum(right) / len(right) > 0.9

import gc
import json
import weakref

import pytest

from tocsin.errors import Recognizer, failure_of, identify
from tocsin.errors import recognizer as recognizer_module


def parse(value):
    return int(value)


def look_up(mapping):
    try:
        return mapping["x"]
    except KeyError as error:
        raise RuntimeError("no x") from error


def fetch(status):
    raise OSError(f"HTTP {status}")


FAILURES = [(parse, "a"), (parse, "b"), (look_up, {}), (fetch, 500), (fetch, 429), (fetch, 500), (eval, "1 +")]


def test_the_verdict_is_that_of_identify(raised):
    recognizer = Recognizer()
    for _ in range(3):
        for call, argument in FAILURES:
            error = raised(call, argument)
            expected = identify(failure_of(error))
            verdict = recognizer.identify(error, handled=False)
            assert (verdict.components, verdict.category) == (expected.components, expected.category)


def test_a_failure_is_read_once(raised, monkeypatch):
    recognizer = Recognizer()
    first = recognizer.identify(raised(parse, "a"), handled=False)
    monkeypatch.setattr(recognizer_module, "failure_of", pytest.fail)
    assert recognizer.identify(raised(parse, "b"), handled=False) is first
    assert first.title.endswith("'a'")


def test_handling_and_the_kind_of_call_count(raised):
    recognizer = Recognizer()
    error = raised(look_up, {})
    assert recognizer.identify(error, handled=True).severity == "warning"
    assert recognizer.identify(error, handled=False).severity == "error"
    assert recognizer.identify(error, handled=False, attributes={"db.system": "x"}).category == "database"


def test_only_code_is_kept_alive(raised):
    recognizer = Recognizer()

    def sighting():
        class HeldError(Exception):
            pass

        def fail():
            raise HeldError

        error = raised(fail)
        recognizer.identify(error, handled=False)
        return weakref.ref(error), weakref.ref(HeldError)

    gone = sighting()
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


def test_memory_is_bounded(raised, monkeypatch):
    monkeypatch.setattr(recognizer_module, "REMEMBERED", 3)
    recognizer = Recognizer()
    for status in range(400, 420):
        recognizer.identify(raised(fetch, status), handled=False)
    assert len(recognizer._known) <= 3


def test_a_failure_on_its_way_through_a_library_is_its_caller_s():
    recognizer = Recognizer()
    seen = []

    def watch(text):
        try:
            json.loads(text)
        except ValueError as error:
            error.__traceback__ = error.__traceback__.tb_next
            seen.append((recognizer.identify(error, handled=False), identify(failure_of(error))))

    def one(text):
        watch(text)

    def other(text):
        watch(text)

    for call in (one, other, one, other):
        call("{")
    assert all(warm.fingerprint == cold.fingerprint for warm, cold in seen)
    assert seen[0][0] is seen[2][0]

"""Signs of life: given by code, on the command line, by a request; kept, and missed."""

import asyncio
import http.client
import subprocess
import sys
import time
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.heartbeats import Heartbeat, Inbox
from tocsin.heartbeats.listener import Listener, address, requested
from tocsin.heartbeats.sign import sign
from tocsin.notices import notices
from tocsin.store import Beat, Store
from tocsin.store.heartbeats import HEARTBEATS, after

DAY, HOUR = 86_400.0, 3600.0


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "tocsin.db")) as store:
        yield store


@pytest.fixture
def inbox(store):
    return Inbox(store, interval=60.0)


@pytest.fixture
def statuses(store, inbox):
    """The signs that were given, in order."""
    found = []
    record = store.heartbeats.record

    def spy(beats):
        beats = list(beats)
        found.extend(beat.status for beat in beats)
        return record(beats)

    store.heartbeats.record = spy

    def statuses():
        inbox.flush()
        return found

    return statuses


def made(inbox, **terms):
    return Heartbeat("nightly-etl", inbox, **({"every": "1d", "grace": "1h"} | terms))


def test_making_one_is_a_sign_of_life(store, inbox, statuses):
    made(inbox, severity="critical")
    assert statuses() == ["ok"]
    [known] = store.heartbeats.all()
    assert (known.name, known.every, known.grace, known.severity) == ("nightly-etl", DAY, HOUR, "critical")
    assert known.due_at == known.ok_at + DAY + HOUR


def test_a_block_says_when_it_begins_and_how_it_ends(store, inbox, statuses):
    with made(inbox):
        assert statuses() == ["started"]
        [known] = store.heartbeats.all()
        assert known.due_at == known.started_at + HOUR
    assert statuses() == ["started", "ok"]
    with pytest.raises(ZeroDivisionError), made(inbox):
        _ = 1 / 0
    assert statuses()[2:] == ["started", "failed"]
    assert store.heartbeats.all()[0].note == "ZeroDivisionError"


def test_a_decorated_job_says_so_at_each_run_and_not_when_it_is_defined(inbox, statuses):
    @made(inbox)
    def job(value):
        """Its own."""
        return value + 1

    @made(inbox)
    async def later(value):
        return value + 1

    assert statuses() == []
    assert (job(1), asyncio.run(later(2)), job.__doc__) == (2, 3, "Its own.")
    assert statuses() == ["started", "ok"] * 2


def test_what_cannot_be_used_is_said_and_raises_nothing(inbox, capsys, monkeypatch):
    from tocsin.guard import guard

    monkeypatch.setattr(guard, "strict", False)
    monkeypatch.setattr(notices, "_said", set())
    with made(inbox, every="daily"):
        pass
    assert "every is 'daily', write a duration such as" in capsys.readouterr().err


def test_signs_wait_for_a_store_that_cannot_be_written(store, inbox, monkeypatch, tmp_path):
    from tocsin.store import StoreError

    def fail(_beats):
        raise StoreError("store is locked")

    with monkeypatch.context() as patch:
        patch.setattr(store.heartbeats, "record", fail)
        made(inbox)
        inbox.flush()
    inbox.flush()
    assert [each.name for each in store.heartbeats.all()] == ["nightly-etl"]


def test_there_are_no_more_than_so_many(store):
    assert store.heartbeats.record(Beat(name=str(n), at=1.0) for n in range(HEARTBEATS + 5)) == 5
    assert store.heartbeats.record([Beat(name="7", at=2.0)]) == 0
    assert store.heartbeats.forget("7")
    assert not store.heartbeats.forget("7")


@given(st.lists(st.tuples(st.sampled_from(["ok", "started", "failed"]), st.floats(0, 1e6)), min_size=1))
def test_it_is_due_after_the_last_sign_whatever_came_before(signs):
    known, at = None, 0.0
    for status, pause in signs:
        at += pause
        known = after(known, Beat(name="x", at=at, status=status, every=100.0, grace=10.0))
    assert known.due_at == pytest.approx(at + (10.0 if signs[-1][0] == "started" else 110.0))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/heartbeat/etl", {"name": "etl", "status": "ok"}),
        (
            "/heartbeat/a%20b/start?every=1d&grace=5m",
            {"name": "a b", "status": "started", "every": DAY, "grace": 300.0},
        ),
        (
            "/heartbeat/etl/fail?note=disk&severity=critical",
            {"status": "failed", "note": "disk", "severity": "critical"},
        ),
    ],
)
def test_what_a_request_says(target, expected):
    beat = requested(target, at=1.0)
    assert {name: getattr(beat, name) for name in expected} == expected


@pytest.mark.parametrize(
    "target", ["/heartbeat/", "/heartbeat/x/pause", "/heartbeat/x?every=soon", "/heartbeat/x?evry=1d", "/heartbeat/%00"]
)
def test_what_a_request_must_not_say(target):
    with pytest.raises(ValueError, match=r"write|use|known"):
        requested(target, at=1.0)


def test_requests_are_answered(store):
    listener = Listener(address("127.0.0.1:0"), store)
    listener.start()

    def ask(method, path):
        connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=10)
        connection.request(method, path)
        answer = connection.getresponse()
        status, said = answer.status, answer.read().decode()
        connection.close()
        return status, said

    try:
        assert ask("GET", "/heartbeat/etl?every=1h") == (200, "ok\n")
        assert ask("POST", "/heartbeat/etl/fail")[0] == 200
        assert ask("HEAD", "/heartbeat/etl") == (200, "")
        assert ask("GET", "/other") == (404, "ask for /heartbeat/NAME\n")
        assert ask("GET", "/heartbeat/etl?every=0s")[0] == 400
    finally:
        listener.stop()
    [known] = store.heartbeats.all()
    assert (known.every, known.status) == (HOUR, "ok")
    assert known.failed_at is not None


@pytest.mark.parametrize("text", ["9095", "localhost", "localhost:http", "x:99999"])
def test_an_address_that_is_none(text):
    with pytest.raises(ValueError, match="write one like"):
        address(text)


def test_signs_are_cut_and_checked():
    assert len(sign("x", at=1.0, note="n" * 1000).note) == 500
    with pytest.raises(ValueError, match="severity is 'so so'"):
        sign("x", at=1.0, severity="so so")


def test_a_script_that_knows_nothing_of_tocsin_gives_signs_before_it_ends(tmp_path):
    script = """
import tocsin
tocsin.heartbeat("plain", every="1d")
with tocsin.heartbeat("block"):
    pass
"""
    environ = {"PYTHONPATH": ":".join(filter(None, sys.path)), "TOCSIN_STORE": str(tmp_path / "s.db"), "HOME": "/"}
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, cwd=tmp_path, capture_output=True, timeout=60, check=True
    )
    assert done.stderr == b""
    with closing(Store(tmp_path / "s.db")) as store:
        found = {each.name: each for each in store.heartbeats.all()}
    assert {name: each.status for name, each in found.items()} == {"plain": "ok", "block": "ok"}
    assert found["plain"].ok_at >= began
    assert found["block"].started_at is not None

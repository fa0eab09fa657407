"""Alerts pushed to Alertmanagers: when each is sent, and what real ones make of it."""

import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from alertmanager import Alertmanager
from msgspec.structs import replace

from tocsin.alerting import Alertmanagers, fingerprint
from tocsin.alerting.alertmanagers import BATCH, MISSED, RESEND, RETRY, Peer, Sending, is_due, posted
from tocsin.alerting.life import resolved
from tocsin.notices import Notices
from tocsin.notify import HttpOptions
from tocsin.store import Alert

PATIENCE = 15.0
NOW = 100_000.0


def alert(name, *, at=NOW, resolved_at=None, **labels):
    labels = {"alertname": name, "job": "shop", **labels}
    return Alert(
        group="g",
        rule=name,
        fingerprint=fingerprint(labels.items()),
        labels=labels,
        annotations={"summary": "slow"},
        state="firing" if resolved_at is None else "inactive",
        value=1.0,
        active_at=at,
        fired_at=at,
        resolved_at=resolved_at,
    )


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


class Endpoint:
    """Takes batches, unless it is told how to answer."""

    def __init__(self):
        self.batches = []
        self.statuses = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = endpoint.statuses.pop(0) if endpoint.statuses else 200
                if status == 200:
                    endpoint.batches.append((self.path, body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/am"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def names(self):
        return [each["labels"]["alertname"] for _, batch in self.batches for each in batch]


@pytest.fixture
def endpoint():
    endpoint = Endpoint()
    yield endpoint
    endpoint.server.shutdown()
    endpoint.server.server_close()


@pytest.fixture
def peer(endpoint):
    now = [NOW]

    def make(each, at):
        return posted(each, now=at, interval=15.0)

    peer = Peer(endpoint.url, make, options=HttpOptions(), clock=lambda: now[0], notices=Notices())

    def push(at, *alerts):
        now[0], peer.alerts = at, alerts
        before = len(endpoint.names())
        return peer.push(), endpoint.names()[before:]

    return push


def test_an_alert_is_due_when_it_changes_and_every_minute():
    firing, over = alert("A"), alert("A", resolved_at=NOW)
    assert is_due(firing, None, now=NOW)
    assert not is_due(over, None, now=NOW)
    assert not is_due(firing, Sending(NOW, firing=True), now=NOW + RESEND - 1)
    assert is_due(firing, Sending(NOW, firing=True), now=NOW + RESEND)
    assert is_due(over, Sending(NOW, firing=True), now=NOW + 1)
    assert not is_due(over, Sending(NOW, firing=False), now=NOW + 1)
    assert is_due(over, Sending(NOW, firing=False), now=NOW + RESEND)
    assert is_due(firing, Sending(NOW + 5000, firing=True), now=NOW)


def test_what_fires_ends_in_the_future_and_what_is_over_when_it_was():
    firing = posted(alert("A", at=NOW - 60), now=NOW, interval=15.0)
    assert (firing.ends_at.timestamp(), firing.starts_at.timestamp()) == (NOW + MISSED * RESEND, NOW - 60)
    assert posted(alert("A"), now=NOW, interval=300.0).ends_at.timestamp() == NOW + MISSED * 300.0
    over = posted(alert("A", at=NOW - 60, resolved_at=NOW - 5), now=NOW, interval=15.0)
    assert over.ends_at.timestamp() == NOW - 5


def test_alerts_go_out_in_batches_once_and_again_after_a_minute(peer, endpoint):
    many = [alert("A", pod=str(number)) for number in range(BATCH + 1)]
    assert peer(NOW, *many) == (None, ["A"] * (BATCH + 1))
    assert [len(batch) for _, batch in endpoint.batches] == [BATCH, 1]
    assert endpoint.batches[0][0] == "/am/api/v2/alerts"
    assert peer(NOW + 15, *many) == (None, [])
    assert len(peer(NOW + RESEND, *many)[1]) == BATCH + 1


def test_what_fails_is_sent_later_with_what_came_meanwhile(peer, endpoint):
    endpoint.statuses = [503]
    assert peer(NOW, alert("A")) == (RETRY, [])
    assert peer(NOW + RETRY, alert("A"), alert("B")) == (None, ["A", "B"])


def test_what_is_refused_for_good_is_said_and_not_hammered(peer, endpoint, capsys):
    endpoint.statuses = [400]
    assert peer(NOW, alert("A")) == (None, [])
    assert peer(NOW + 15, alert("A")) == (None, [])
    assert capsys.readouterr().err == "tocsin: Alertmanager 127.0.0.1 refuses alerts: 127.0.0.1 answered 400\n"


def test_a_dead_one_delays_no_other(endpoint):
    dead = Endpoint()
    dead.server.shutdown()
    dead.server.server_close()
    both = Alertmanagers([dead.url, endpoint.url], interval=15.0, notices=Notices())
    both.tell([alert("A")], {}, now=NOW)
    wait_until(endpoint.names)
    both.stop(timeout=5)


@pytest.fixture
def real(tmp_path_factory):
    """Starts real Alertmanagers."""
    oracles = os.environ.get("TOCSIN_ORACLES")
    if not oracles:
        pytest.skip("TOCSIN_ORACLES names no folder with prometheus-alertmanager in its bin/")
    text = '{"route": {"receiver": "x"}, "receivers": [{"name": "x"}]}'
    running = []

    def start():
        made = Alertmanager(Path(oracles), text, tmp_path_factory.mktemp("alertmanager"))
        running.append(made.__enter__())
        return made

    yield start
    for each in running:
        each.__exit__()


def active(real):
    return sorted(each["labels"]["alertname"] for each in real.request("GET", "alerts?active=true"))


def test_two_real_ones_know_what_fires_and_when_it_is_over(real):
    """With the fingerprints that they compute themselves; one of them is killed in between."""
    first, second = real(), real()
    now = time.time()
    a, b = alert("A", at=now - 60), alert("B", at=now - 60)
    pushing = Alertmanagers([first.url, second.url], interval=1.0, notices=Notices())
    pushing.tell([a, b], {}, now=now)
    for each in (first, second):
        wait_until(lambda each=each: active(each) == ["A", "B"])
    given = {each["labels"]["alertname"]: each for each in first.request("GET", "alerts")}
    assert given["A"]["fingerprint"] == a.fingerprint
    assert given["A"]["annotations"] == {"summary": "slow"}
    first.process.kill()
    over = replace(a, state="inactive", resolved_at=now - 1)
    pushing.tell([over, b, alert("C", at=now)], {}, now=now)
    wait_until(lambda: active(second) == ["B", "C"])
    by_hand = {b.fingerprint: resolved(b, at=now - 1, actor="me")}
    pushing.tell([over, b, alert("C", at=now)], by_hand, now=now)
    wait_until(lambda: active(second) == ["C"])
    pushing.stop(timeout=5)

"""Alerts in the hands of people, jobs that are silent, and clocks that jump, in whichever process evaluates."""

import json
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tocsin.alerting.life import acknowledged, resolved
from tocsin.store import Beat

RULES = """
groups:
- name: shop
  rules:
  - {alert: Busy, expr: sum(orders) > 5, labels: {severity: critical}}
"""
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


@pytest.fixture
def shop(scene):
    process = scene.process("shop")
    gauge = process.meter.create_gauge("orders")

    def orders(value):
        gauge.set(value)
        process.collect()

    return orders


@pytest.fixture
def candidates(scene):
    def candidates(count=2, **settings):
        settings = {"rules": (scene.write("rules.yml", RULES),), **settings}
        return [scene.candidate(**settings) for _ in range(count)]

    return candidates


def busy(scene):
    [alert] = scene.store().alerts.current()
    return alert


def keep(scene, shop, candidate, *, minutes, value=9):
    """The condition holds for so long."""
    for _ in range(int(minutes * 4)):
        shop(value)
        scene.step(candidate)


def test_an_acknowledgement_outlives_the_evaluator(scene, shop, candidates):
    first, second = candidates(repeat_interval=MINUTE)
    keep(scene, shop, first, minutes=1)
    scene.store().standings.put(acknowledged(busy(scene), at=scene.clock.now, actor="me"))
    before = len(scene.told())
    keep(scene, shop, first, minutes=3)
    first.leave(timeout=10)
    keep(scene, shop, second, minutes=3)
    assert len(scene.told()) == before
    scene.store().standings.withdraw(busy(scene).fingerprint)
    keep(scene, shop, second, minutes=3)
    assert len(scene.told()) > before


def test_what_somebody_resolved_is_told_to_be_over_once(scene, shop, candidates):
    first, second = candidates()
    keep(scene, shop, first, minutes=1)
    scene.store().standings.put(resolved(busy(scene), at=scene.clock.now, actor="me"))
    keep(scene, shop, first, minutes=3)
    first.leave(timeout=10)
    keep(scene, shop, second, minutes=20)
    assert scene.told() == [("firing", "Busy"), ("resolved", "Busy")]
    keep(scene, shop, second, minutes=1, value=1)
    keep(scene, shop, second, minutes=2)
    assert scene.told()[2:] == [("firing", "Busy")]


def test_nobody_acknowledges_so_the_next_is_told_though_evaluators_change(scene, shop, candidates):
    boss = scene.folder / "boss.jsonl"
    notify = {
        "oncall": {
            "file": str(scene.told_path),
            "severity": "critical",
            "escalate_after": "5m",
            "escalate_to": "boss",
        },
        "boss": {"file": str(boss), "matchers": ["team=none"]},
    }
    first, second = candidates(notify=notify, alert_file=None)
    keep(scene, shop, first, minutes=3)
    first.leave(timeout=10)
    assert not boss.exists()
    keep(scene, shop, second, minutes=3)
    assert scene.told() == [("firing", "Busy")]
    [line] = boss.read_text().splitlines()
    assert json.loads(line)["receiver"] == "boss"


def test_with_a_cooldown_an_alert_that_comes_and_goes_is_one(scene, shop, candidates):
    [candidate] = candidates(1, cooldown=5 * MINUTE)
    for _ in range(5):
        keep(scene, shop, candidate, minutes=1)
        keep(scene, shop, candidate, minutes=1, value=1)
    assert scene.told() == [("firing", "Busy")]
    keep(scene, shop, candidate, minutes=7, value=1)
    assert scene.told() == [("firing", "Busy"), ("resolved", "Busy")]


def test_a_job_that_is_silent_is_missed_though_everything_was_restarted(scene, candidates):
    first, second = candidates(packs=("heartbeats",), rules=())
    beat = Beat(name="etl", at=scene.clock.now, every=MINUTE, grace=MINUTE, severity="critical")
    scene.store().heartbeats.record([beat])
    scene.step(first, times=7)
    assert scene.told() == []
    first.leave(timeout=10)
    scene.step(second, times=4)
    assert scene.told() == [("firing", "HeartbeatMissed")]
    [line] = scene.told_path.read_text().splitlines()
    assert json.loads(line)["alerts"][0]["labels"] == {
        "alertname": "HeartbeatMissed",
        "heartbeat": "etl",
        "severity": "critical",
    }
    scene.store().heartbeats.record([Beat(name="etl", at=scene.clock.now, status="failed")])
    scene.step(second, times=4)
    assert set(scene.told()) == {
        ("firing", "HeartbeatMissed"),
        ("resolved", "HeartbeatMissed"),
        ("firing", "HeartbeatFailed"),
    }
    [failed] = [each for each in scene.store().alerts.current() if each.labels["alertname"] == "HeartbeatFailed"]
    assert 0 < failed.value < 2 * MINUTE
    scene.store().heartbeats.record([Beat(name="etl", at=scene.clock.now)])
    scene.step(second, times=3)
    assert scene.told()[-1] == ("resolved", "HeartbeatFailed")


def test_the_watchdog_always_fires(scene, candidates):
    [candidate] = candidates(1, packs=("watchdog",), rules=(), repeat_interval=2 * MINUTE)
    scene.step(candidate, times=24)
    told = scene.told()
    assert set(told) == {("firing", "Watchdog")}
    assert len(told) >= 2


def test_after_a_suspended_night_each_alert_is_told_once(scene, shop, candidates):
    [candidate] = candidates(1)
    keep(scene, shop, candidate, minutes=1)
    scene.clock.advance(9 * HOUR)
    keep(scene, shop, candidate, minutes=5)
    told = scene.told()
    # Once more after the night: `repeat_interval` is over.
    assert [status for status, _ in told].count("firing") <= 3
    keep(scene, shop, candidate, minutes=5)
    assert len(scene.told()) == len(told)


@pytest.mark.parametrize("jump", [30.0, HOUR, DAY, 30 * DAY])
def test_a_clock_that_was_set_back_neither_repeats_nor_mutes(scene, shop, candidates, jump):
    [candidate] = candidates(1)
    keep(scene, shop, candidate, minutes=1)
    assert scene.told() == [("firing", "Busy")]
    scene.clock.advance(-jump)
    keep(scene, shop, candidate, minutes=5)
    assert scene.told().count(("firing", "Busy")) <= 2
    before = len(scene.told())
    keep(scene, shop, candidate, minutes=2, value=1)
    keep(scene, shop, candidate, minutes=2)
    assert scene.told()[before:] == [("resolved", "Busy"), ("firing", "Busy")]


@pytest.mark.parametrize("jump", [HOUR, DAY])
def test_a_clock_that_jumps_ahead_and_back_again_loses_nothing(scene, shop, candidates, jump):
    [candidate] = candidates(1)
    scene.clock.advance(jump)
    keep(scene, shop, candidate, minutes=1)
    scene.clock.advance(-jump)
    keep(scene, shop, candidate, minutes=3, value=1)
    keep(scene, shop, candidate, minutes=3)
    assert scene.told()[0] == ("firing", "Busy")
    assert scene.told()[-1] == ("firing", "Busy")


@pytest.fixture
def alertmanager():
    """Takes what is pushed to an Alertmanager: names and whether they fire, by the time of their end."""
    pushed = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            alerts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            pushed.extend(
                (each["labels"]["alertname"], datetime.fromisoformat(each["endsAt"].replace("Z", "+00:00")))
                for each in alerts
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", pushed
    server.shutdown()
    server.server_close()


def test_with_real_alertmanagers_nobody_is_told_from_here(scene, shop, candidates, alertmanager):
    url, pushed = alertmanager
    [candidate] = candidates(1, alertmanagers=(url,))
    keep(scene, shop, candidate, minutes=1)
    scene.wait_until(lambda: pushed)
    keep(scene, shop, candidate, minutes=1, value=1)
    scene.wait_until(lambda: pushed[-1][1].timestamp() < scene.clock.now)
    assert {name for name, _ in pushed} == {"Busy"}
    assert pushed[0][1].timestamp() > scene.clock.now
    assert scene.told() == []

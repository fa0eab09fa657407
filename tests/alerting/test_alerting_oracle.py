"""The same configuration and the same alerts at the same times for the real Alertmanager and for ours.

All scenarios run at once in one Alertmanager, each in a route subtree of its own; ours is given the times at which the
real one was given something. Between that and a flush there is a second, so that a busy machine changes nothing.
"""

import json
import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from alertmanager import Alertmanager
from alertmanager.scenarios import SCENARIOS
from msgspec.structs import replace

from tocsin.alerting import Dispatcher, Known, fingerprint, load, told_key
from tocsin.alerting.silencing import expired
from tocsin.notify import decode
from tocsin.store import Alert, Silence, SilenceMatcher

#: Seconds between what the real Alertmanager does and what ours decides.
TOLERANCE = 0.8
LENGTH = 14.0


class Sink(BaseHTTPRequestHandler):
    """Takes notifications, with the time."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.taken.append((time.time(), self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    """Takes as many connections at once as there are scenarios: what is turned away comes seconds later."""

    request_queue_size = 256


@pytest.fixture(scope="module")
def sink():
    server = Server(("127.0.0.1", 0), Sink)
    server.taken = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def configuration(port):
    """All scenarios as one alertmanager.yml; JSON is YAML."""
    parts = [scenario.configuration(f"http://127.0.0.1:{port}") for scenario in SCENARIOS]
    return json.dumps(
        {
            "route": {"receiver": "nobody", "routes": [part["route"] for part in parts]},
            "receivers": [{"name": "nobody"}, *(each for part in parts for each in part["receivers"])],
            "inhibit_rules": [each for part in parts for each in part["inhibit_rules"]],
            "time_intervals": [
                {"name": "always", "time_intervals": [{}]},
                {"name": "never", "time_intervals": [{"years": ["1999"]}]},
            ],
        }
    )


@dataclass
class Ours:
    """Our dispatcher, on a clock that goes from event to event and from flush to flush."""

    config: object
    alerts: dict = field(default_factory=dict)
    silences: dict = field(default_factory=dict)
    told: dict = field(default_factory=dict)
    timers: dict = field(default_factory=dict)
    taken: list = field(default_factory=list)
    next_at: float | None = None

    def __post_init__(self):
        self.dispatcher = Dispatcher(self.config)

    def until(self, at):
        while self.next_at is not None and self.next_at < at:
            self.look(self.next_at)

    def look(self, now):
        known = Known(
            alerts=self.alerts.values(), silences=tuple(self.silences.values()), told=self.told, timers=self.timers
        )
        result = self.dispatcher.dispatch(known, now=now)
        self.timers, self.next_at = result.timers, result.next_at
        for entry, logged in result.decisions:
            self.told[told_key(logged)] = logged
            if entry is not None:
                path = self.config.receiver(entry.receiver).integrations[entry.integration].settings["url"]
                self.taken.append((now, urlsplit(path).path.strip("/"), decode(entry.payload)))

    def fire(self, labels, now, age=0.0):
        self.alerts[fingerprint(labels.items())] = Alert(
            group="g",
            rule="r",
            fingerprint=fingerprint(labels.items()),
            labels=labels,
            annotations={},
            state="firing",
            value=1.0,
            active_at=now - age,
        )

    def resolve(self, labels, now):
        key = fingerprint(labels.items())
        self.alerts[key] = replace(self.alerts[key], state="inactive", resolved_at=now)

    def silence(self, name, matchers, now, begin, end):
        found = tuple(SilenceMatcher(*each.values()) for each in matchers)
        times = {"starts_at": now + begin, "ends_at": now + end, "updated_at": now}
        self.silences[name] = Silence(id=name, matchers=found, created_by="me", comment="", **times)

    def unsilence(self, name, now):
        self.silences[name] = expired(self.silences[name], at=now)


def play(real, ours):
    """Every event at its time, to both; ours comes after the real one, at the time that the real one was given."""
    begun = time.time()
    events = [(event, scenario.name) for scenario in SCENARIOS for event in scenario.events]
    for event, scenario in sorted(events, key=lambda each: each[0].at):
        time.sleep(max(0.0, begun + event.at - time.time()))
        now = time.time()
        given = event.arguments(scenario)
        getattr(real, event.verb)(now=now, **given)
        ours.until(now)
        getattr(ours, event.verb)(now=now, **given)
        ours.look(now)
    time.sleep(max(0.0, begun + LENGTH - time.time()))
    ours.until(begun + LENGTH)
    return begun


def told_by_real(sink, begun):
    for at, path, body in list(sink.taken):
        alerts = frozenset((alert["labels"]["pod"], alert["status"]) for alert in body["alerts"])
        yield path.strip("/"), body["groupKey"], at - begun, body["status"], alerts


def told_by_us(ours, begun):
    for at, path, body in ours.taken:
        alerts = frozenset((alert.labels["pod"], alert.status) for alert in body.alerts)
        yield path, body.group_key, at - begun, body.status, alerts


def by_listener(told):
    """Integration and group → what it was told, in order."""
    found = defaultdict(list)
    for path, group_key, *what in told:
        found[path, group_key].append(tuple(what))
    return found


@pytest.fixture(scope="module")
def played(sink, tmp_path_factory):
    """What was told by the real one and by ours, by scenario."""
    oracles = os.environ.get("TOCSIN_ORACLES")
    if not oracles:
        pytest.skip("TOCSIN_ORACLES names no folder with prometheus-alertmanager in its bin/")
    text = configuration(sink.server_address[1])
    with Alertmanager(Path(oracles), text, tmp_path_factory.mktemp("alertmanager")) as real:
        ours = Ours(load(text, "alertmanager.yml"))
        begun = play(real, ours)
    return by_listener(told_by_real(sink, begun)), by_listener(told_by_us(ours, begun))


def test_there_are_enough_scenarios():
    assert len(SCENARIOS) >= 30
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_ours_tells_what_the_real_one_tells(played, scenario):
    real, ours = (_of(scenario, told) for told in played)
    assert _contents(ours) == _contents(real)
    for listener, notifications in real.items():
        late = [abs(mine[0] - theirs[0]) for mine, theirs in zip(ours[listener], notifications, strict=True)]
        assert max(late) <= TOLERANCE, (listener, ours[listener], notifications)
    assert sum(map(len, real.values())) == scenario.notifications


def _of(scenario, told):
    return {key: value for key, value in told.items() if key[0].partition("/")[0] == scenario.name}


def _contents(told):
    return {key: [what[1:] for what in value] for key, value in told.items()}

"""Candidates on one store, with a clock that the test sets and receivers that write to a file."""

import json
import os
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource

from tocsin.config import Config, load
from tocsin.evaluator.candidate import Candidate
from tocsin.evaluator.live_settings import LiveSettings
from tocsin.notices import notices
from tocsin.store import Sighting, Store
from tocsin.telemetry import BatchReader, otlp

PATIENCE = 10.0
INTERVAL = 15.0


class Clock:
    """Goes on by ten milliseconds at each look, and as far as it is told."""

    def __init__(self):
        self.now = float(int(time.time()))

    def __call__(self):
        self.now += 0.01
        return self.now

    def advance(self, seconds):
        self.now += seconds


def _stamped(payload, at):
    """A batch as of `at`: the SDK takes its times from the machine's clock."""
    request = otlp.decode(payload)
    for resource in request.resource_metrics:
        for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
            for point in metric.data.data_points:
                point.time_unix_nano = str(int(at * 1e9))
    return otlp.encode(request)


class Scene:
    """A folder with a store, rules and receivers; `candidate` and `process` are what takes part."""

    def __init__(self, folder, clock, exits):
        self.folder = folder
        self.clock = clock
        self.path = folder / "tocsin.db"
        self.told_path = folder / "told.jsonl"
        self._exits = exits

    def store(self):
        store = Store(self.path)
        self._exits.callback(store.close)
        return store

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def config(self, **settings):
        defaults = {
            "store": self.path,
            "packs": (),
            "alert_file": self.told_path,
            "group_wait": 0.0,
            "group_interval": 2 * INTERVAL,
            "evaluation_interval": INTERVAL,
        }
        return Config(**defaults | settings)

    def process(self, name="web"):
        """A process that writes metrics: its meter, and `collect`."""
        store = self.store()
        reader = BatchReader(lambda batch: store.metric_batches.append(_stamped(batch, self.clock()), at=self.clock()))
        resource = Resource({"service.name": name, "service.instance.id": os.urandom(4).hex()})
        provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        self._exits.callback(provider.shutdown)
        return SimpleNamespace(meter=provider.get_meter("tocsin"), collect=reader.collect, store=store)

    def candidate(self, **settings):
        """A process that writes and evaluates, as often as it is told to step."""
        return self._candidate(self.config(**settings))

    def following(self, text):
        """A candidate that follows a `tocsin.yml` of this text."""
        path = self.write("tocsin.yml", text)
        arguments = {"store": self.path, "evaluation_interval": INTERVAL}
        settings = load(arguments, environ={"TOCSIN_CONFIG": path})
        return self._candidate(settings.config, settings=LiveSettings(settings))

    def _candidate(self, config, **options):
        process = self.process("candidate")
        candidate = Candidate(
            config, store=process.store, meter=process.meter, collect=process.collect, clock=self.clock, **options
        )
        self._exits.callback(candidate.leave, timeout=PATIENCE)
        return candidate

    def step(self, *candidates, times=1):
        """Time passes, and each candidate has its turn; which of them evaluated at last."""
        for _ in range(times):
            self.clock.advance(INTERVAL)
            evaluated = [candidate.step() for candidate in candidates]
        return evaluated

    def told(self):
        """Every alert of every notification delivered, as (status, name), once nothing is on its way."""
        store = self.store()
        self.wait_until(lambda: not store.notifications.waiting())
        lines = self.told_path.read_text().splitlines() if self.told_path.exists() else []
        alerts = [alert for line in lines for alert in json.loads(line)["alerts"]]
        return [(alert["status"], alert["labels"]["alertname"]) for alert in alerts]

    def states(self):
        return {alert.labels["alertname"]: alert.state for alert in self.store().alerts.current()}

    @staticmethod
    def wait_until(condition):
        """Polls, because deliveries are made by another thread."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.005)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def scene(tmp_path, clock):
    with ExitStack() as exits:
        yield Scene(tmp_path, clock, exits)


@pytest.fixture
def said(monkeypatch, capsys):
    """What a person read on stderr since the last time, as if nothing had been said before."""
    monkeypatch.setattr(notices, "_said", set())

    def said():
        return capsys.readouterr().err.splitlines()

    return said


@pytest.fixture
def sighting():
    def sighting(fingerprint="v1:00", *, at, **changes):
        values = {
            "service": "shop",
            "fingerprint": fingerprint,
            "title": f"ValueError: bad price {fingerprint}",
            "culprit": "shop.pricing.parse_row",
            "error_type": "ValueError",
            "category": "validation",
            "severity": "error",
            "handled": False,
            "release": "1.0",
            "count": 1,
            "first_at": at,
            "last_at": at,
        }
        return Sighting(**values | changes)

    return sighting

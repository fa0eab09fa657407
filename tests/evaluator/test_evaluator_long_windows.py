"""Windows longer than the hour of samples that there are: what rules record is kept, across restarts and in bounds."""

import math
import random
import struct
from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.metrics import Observation

from tocsin.evaluator.groups import Groups, Scheduled
from tocsin.evaluator.live import Live
from tocsin.evaluator.recorder import Recorder
from tocsin.promql import evaluate, parse
from tocsin.series import STALE_NAN, LongHead
from tocsin.series.labels import from_mapping
from tocsin.store.metrics import RETENTION
from tocsin.store.recorded import RecordedSample

MINUTE, HOUR, DAY = 60, 3600, 86400
FAR = 1e10
START = 1_700_000_100 // 300 * 300
OBJECTIVE = {
    "objective": "99.9%",
    "total": {"metric": "requests_total"},
    "bad": {"metric": "requests_total", "where": {"status": "500"}},
}
OK, FAILED = (
    from_mapping({"__name__": "requests_total", "job": "shop", "status": status}) for status in ("200", "500")
)


class Traffic:
    """Requests a second, other ones in every five minutes; counted, with a sample a minute."""

    def __init__(self):
        self._random = random.Random(7)
        self.rates = []  # of all, of failed: one pair for each five minutes
        self.recent = deque(maxlen=int(RETENTION / MINUTE) * 2)
        self._counts = {OK: 1_000_000, FAILED: 1_000_000}

    def five_minutes(self, *, failing=0):
        """The samples of the next five minutes."""
        at = START + 300 * len(self.rates)
        good = self._random.randint(50, 150)
        self.rates.append((good + failing, failing))
        found = []
        for minute in range(1, 6):
            for labels, rate in ((OK, good), (FAILED, failing)):
                self._counts[labels] += MINUTE * rate
                found.append((labels, (at + minute * MINUTE) * 1000, float(self._counts[labels])))
        self.recent.extend(found)
        return found

    def budget(self, windows, *, allowed=0.001):
        rates = self.rates[-windows:]
        return 1 - (sum(bad for _, bad in rates) / sum(total for total, _ in rates)) / allowed


class Watch:
    """An evaluator's rules over a head; what it leaves behind is in the store."""

    def __init__(self, config, store, samples=(), *, now, head=None):
        self.head = LongHead(retention=RETENTION) if head is None else head
        self.head.append_many(samples)
        self.recorder = Recorder(self.head, store.recorded)
        self.store, self.now = store, now
        restored, stopped_at = store.alerts.current(), store.alerts.evaluated_at()
        self.groups = Groups(config, self.recorder, restored=restored, stopped_at=stopped_at, now=now)

    def tick(self, samples, now):
        self.now = now
        self.head.append_many(samples)
        self.head.truncate(now * 1000)
        self.alerts = list(self.groups.evaluate(now))

    def evaluate_all(self, now):
        """Though not due, and what is even once more."""
        for group in self.groups.scheduled:
            group.due = 0.0
        self.tick([], now)

    def save(self):
        self.store.recorded.append(self.recorder.unsaved)
        self.recorder.saved()
        self.recorder.expire(self.now)

    def value(self, text):
        (sample,) = evaluate(parse(text), self.head, self.now).samples
        return sample.value

    def firing(self):
        return {alert.labels["window"] for alert in self.alerts if alert.state == "firing"}


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch):
    monkeypatch.setattr("tocsin.evaluator.groups.Courtesy", lambda: lambda: None)


@pytest.fixture
def config(scene):
    """Rules without an interval are evaluated rarely, which takes less time."""
    return scene.config(slo={"checkout": OBJECTIVE}, evaluation_interval=6 * HOUR)


def test_a_month_with_an_incident_and_restarts(scene, config):
    """Five failed requests a second for two days burn the budget of thirty; evaluators come and go."""
    traffic, store = Traffic(), scene.store()
    watch = Watch(config, store, now=START)
    fired = {}
    for number in range(31 * 288):
        day = number // 288
        samples = traffic.five_minutes(failing=5 if day in {10, 11} else 0)
        now = START + 300 * len(traffic.rates)
        if number % (5 * 288) == 100:  # one dies without having saved the last half hour, and its successor is late
            watch = Watch(config, scene.store(), traffic.recent, now=now)
            continue
        if number % (5 * 288) in range(101, 107):
            watch.head.append_many(samples)
            continue
        watch.tick(samples, now)
        fired.setdefault(day, set()).update(watch.firing())
        if number % 6 == 0:
            watch.save()
        if number % 2880 == 2879:
            windows = min(len(traffic.rates), 30 * 288)
            watch.evaluate_all(now)
            assert watch.value("count_over_time(slo:total:rate5m[30d])") == windows
            left = watch.value("slo:error_budget:remaining_ratio")
            assert left == pytest.approx(traffic.budget(windows), abs=1e-9)
    assert fired[9] == fired[20] == set()
    assert fired[10] >= {"1h", "6h"}
    assert fired[11] == {"1h", "6h", "1d", "3d"}
    assert fired[13] == set()
    (series, samples) = (watch.head.kept_series, watch.head.kept_samples)
    assert (series, samples) == (2, pytest.approx(2 * 30 * 288, abs=2 * 64))


RULES = """groups:
- name: minutes
  interval: 1m
  rules: [{record: "queue:max", expr: "max(queue)"}]
- name: long
  rules: [{alert: Long, expr: "count_over_time(queue:max[3h]) >= 5"}]
"""


@pytest.fixture
def kept(scene):
    """The times and values of a recorded series in the store."""

    def kept(name="queue:max"):
        return [(each.at_ms // 1000, each.value) for each in scene.store().recorded.read(name, since=0, until=FAR)]

    return kept


def test_a_new_evaluator_goes_on_where_the_last_one_stopped(scene, kept):
    rules = (scene.write("rules.yml", RULES),)
    web = scene.process()
    web.meter.create_observable_gauge("queue", [lambda _: [Observation(7.0)]])
    first, second = scene.candidate(rules=rules), scene.candidate(rules=rules)
    for _ in range(12):
        web.collect()
        scene.step(first, second)
    before = kept()
    assert len(before) == 3
    assert {at % 60 for at, _ in before} == {0}
    first.leave(timeout=1)
    for _ in range(8):
        web.collect()
        scene.step(second)
    assert kept()[: len(before)] == before
    assert [later - earlier for (earlier, _), (later, _) in pairwise(kept())] == [60] * 4
    assert scene.states() == {"Long": "firing"}


def test_one_who_only_looks_sees_what_is_kept_and_writes_nothing(scene, kept):
    config, store = scene.config(rules=(scene.write("rules.yml", RULES),)), scene.store()
    labels = (("__name__", "queue:max"),)
    now = int(scene.clock()) // 60 * 60
    store.recorded.append([RecordedSample(labels, (now - at) * 1000, at) for at in (7200.0, 3600.0)])
    before = kept()
    live = Live.of(config, store, now + 5.0, now=now + 5.0)
    assert live.value(parse("sum_over_time(queue:max[3h])")).samples[0].value == 10800
    assert kept() == before


def test_what_nobody_looks_back_at_any_more_expires(scene, config):
    store, labels = scene.store(), (("__name__", "slo:bad:rate5m"),)
    other = (("__name__", "other"),)
    ages = (1, 29 * DAY, 31 * DAY)
    store.recorded.append([RecordedSample(labels, (START - age) * 1000, 1.0) for age in ages])
    store.recorded.append([RecordedSample(other, (START - age) * 1000, 1.0) for age in (31 * DAY, 100 * DAY)])
    Watch(config, store, now=START).save()
    left = {name: len(list(store.recorded.read(name, since=0, until=FAR))) for name in ("slo:bad:rate5m", "other")}
    assert left == {"slo:bad:rate5m": 2, "other": 1}


@pytest.mark.parametrize("bound", [{"max_kept_series": 3}, {"max_kept_samples": 3}])
def test_more_than_is_kept_is_said_and_counted(scene, said, bound):
    rules = RULES.replace("max(queue)", "queue")
    head = LongHead(retention=RETENTION, **bound)
    samples = [(from_mapping({"__name__": "queue", "n": str(n)}), START * 1000, 1.0) for n in range(5)]
    watch = Watch(scene.config(rules=(scene.write("rules.yml", rules),)), scene.store(), samples, now=START, head=head)
    watch.tick([], START)
    assert (head.kept_series, head.kept_samples, head.refused_kept) == (3, 3, 2)
    (line,) = said()
    assert line.startswith("tocsin: 3 recorded series with 3 samples are all that is kept for windows from 1h")
    assert watch.value("count(queue:max)") == 3


def test_a_metric_that_is_looked_back_at_from_now_on_begins_with_the_last_hour(scene):
    path = scene.write("rules.yml", RULES.replace("[3h]", "[5m]"))
    watch = Watch(scene.config(rules=(path,), evaluation_interval=15), scene.store(), now=START)
    queue = (("__name__", "queue"),)
    for minute in range(10):
        watch.tick([(queue, (START + minute * 60) * 1000, 1.0)], START + minute * 60)
    assert watch.head.kept_series == 0
    scene.write("rules.yml", RULES)
    watch.tick([], START + 600)
    assert watch.value("count_over_time(queue:max[3h])") == 11
    assert len(watch.recorder.unsaved) == 11


def test_what_a_clock_wrote_that_was_ahead_does_not_count(scene, config):
    store, labels = scene.store(), from_mapping({"__name__": "slo:bad:rate5m", "slo": "checkout", "job": "shop"})
    store.recorded.append([RecordedSample(labels, (START + at) * 1000, 1.0) for at in (-300, 0, 300)])
    watch = Watch(config, store, now=START)
    assert watch.head.kept_samples == 2
    watch.save()
    assert len(list(store.recorded.read("slo:bad:rate5m", since=0, until=FAR))) == 2


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=20), st.sampled_from([60.0, 300.0]))
def test_even_groups_are_evaluated_for_every_multiple_of_their_interval_once(pauses, interval):
    """As long as nobody is away for longer than can be made up for."""
    group = Scheduled("g", evaluator=None, interval=interval, even=True, makes_up=3300.0)
    now, last, found = float(START), START - 3300.0, []
    for pause in pauses:
        moments = group.moments(now)
        assert all(max(last, now - 3300.0) <= moment <= now for moment in moments)
        found += moments
        last, now = now, now + pause
    assert all(moment % interval == 0 for moment in found)
    assert found == sorted(set(found))
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert all(gap == interval for gap in gaps) or max(pauses) > 3300 - interval


def test_other_groups_keep_their_rhythm():
    group = Scheduled("g", evaluator=None, interval=60.0)
    assert [group.moments(now) for now in (1000.0, 1030.0, 1062.0, 1121.0, 1500.0)] == [
        [1000.0], [], [1062.0], [1121.0], [1500.0]
    ]  # fmt: skip


def test_values_are_kept_to_the_bit(scene):
    store, labels = scene.store(), (("__name__", "x"), ("é", 'a"b'))
    values = (math.nan, STALE_NAN, math.inf, -0.0, 0.1)
    for _ in range(2):
        store.recorded.append([RecordedSample(labels, at, value) for at, value in enumerate(values, start=1)])
    found = list(store.recorded.read("x", since=0, until=FAR))
    assert [struct.pack("<d", each.value) for each in found] == [struct.pack("<d", value) for value in values]
    assert {each.labels for each in found} == {labels}

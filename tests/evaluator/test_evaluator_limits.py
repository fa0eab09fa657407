"""A rule that wants too much fails alone, and that is said."""

import itertools
import json

import pytest

from tocsin.evaluator.groups import QUERY_SECONDS, Groups
from tocsin.evaluator.recorder import Recorder
from tocsin.evaluator.tail import Tail
from tocsin.rules import Health
from tocsin.series import Head, LongHead
from tocsin.telemetry import samples

RULES = """groups:
  - name: shop
    rules:
      - {alert: Greedy, expr: sum(vector(1) + vector(2) + vector(3) + vector(4))}
      - {alert: Modest, expr: vector(1)}
"""


@pytest.fixture
def groups(scene, clock):
    """On a stopwatch that moves by a quarter of what a query may take at every look."""
    config = scene.config(rules=(scene.write("rules.yml", RULES),))
    ticks = itertools.count(step=QUERY_SECONDS / 4)
    recorder = Recorder(LongHead(), scene.store().recorded)
    return Groups(config, recorder, restored=(), stopped_at=None, now=clock(), stopwatch=ticks.__next__)


def test_a_rule_that_runs_too_long_fails_and_those_after_it_are_evaluated(groups, clock):
    assert [alert.rule for alert in groups.evaluate(clock())] == ["Modest"]
    greedy, modest = (status for group in groups.scheduled for status in group.evaluator.statuses)
    assert (greedy.health, modest.health) == (Health.ERROR, Health.OK)
    assert greedy.last_error.startswith(
        "rule Greedy of group shop: query runs longer than 5 s and is cut off; select fewer series"
    )


def test_a_rule_that_fails_is_said_once(groups, clock, said):
    for _ in range(3):
        list(groups.evaluate(clock()))
        clock.advance(60)
    (line,) = said()
    assert line.startswith("tocsin: rule Greedy of ")
    assert " fails: query runs longer than 5 s" in line


def test_series_over_the_limit_are_said(scene, clock, said):
    store = scene.store()
    head = Head(max_series=0)
    metric = {"name": "x", "gauge": {"dataPoints": [{"timeUnixNano": f"{clock():.0f}000000000", "asDouble": 1}]}}
    payload = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]})
    store.metric_batches.append(payload.encode(), at=clock())
    Tail(store.metric_batches, head).read(clock())
    assert head.refused_series == 1
    (line,) = said()
    assert "all that is kept in memory for rules: samples of new ones are left out" in line


def test_a_rule_that_reads_too_much_is_named(scene, clock, monkeypatch):
    monkeypatch.setattr("tocsin.promql.query.MAX_WINDOW_SAMPLES", 3)
    head = LongHead()
    head.append_many(((("__name__", "x"),), round(clock() * 1000) + number, 1.0) for number in range(5))
    rules = "groups: [{name: shop, rules: [{record: 'x:sum', expr: 'sum_over_time(x[5m])'}]}]"
    config = scene.config(rules=(scene.write("rules.yml", rules),))
    groups = Groups(config, Recorder(head, scene.store().recorded), restored=(), stopped_at=None, now=clock())
    list(groups.evaluate(clock()))
    (status,) = groups.scheduled[0].evaluator.statuses
    assert status.last_error.startswith("rule x:sum of group shop: query processing would read too many samples")


def test_what_is_left_out_is_a_metric(scene, monkeypatch):
    monkeypatch.setattr("tocsin.evaluator.evaluator.LongHead", lambda **options: LongHead(max_series=4, **options))
    candidate = scene.candidate(packs=("telemetry",), metric_interval=15)
    web = scene.process()
    gauge = web.meter.create_gauge("queue")
    for number in range(10):
        gauge.set(1.0, {"n": number})
    scene.step(candidate)
    web.collect()
    scene.step(candidate, times=2)
    counts = candidate._evaluator._overflow
    assert counts["series"] > 0
    assert candidate._metrics.overflow._counts["series"] == counts["series"]
    store = scene.store()
    exported = [series for batch in store.metric_batches.after(0) for series in samples(batch.payload)]
    overflow = [value for labels, _, value in exported if ("bound", "series") in labels]
    assert overflow[0] == 0
    assert overflow[-1] > 0

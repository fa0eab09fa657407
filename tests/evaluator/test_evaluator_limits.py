"""A rule that wants too much fails alone, and that is said."""

import itertools
import json

import pytest

from tocsin.evaluator.groups import QUERY_SECONDS, Groups
from tocsin.evaluator.tail import Tail
from tocsin.rules import Health
from tocsin.series import Head

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
    return Groups(config, Head(), restored=(), stopped_at=None, now=clock(), stopwatch=ticks.__next__)


def test_a_rule_that_runs_too_long_fails_and_those_after_it_are_evaluated(groups, clock):
    assert [alert.rule for alert in groups.evaluate(clock())] == ["Modest"]
    greedy, modest = (status for group in groups.scheduled for status in group.evaluator.statuses)
    assert (greedy.health, modest.health) == (Health.ERROR, Health.OK)
    assert greedy.last_error.startswith("query runs longer than 5 s and is cut off; select fewer series")


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

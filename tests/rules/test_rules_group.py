"""Groups of rules on the real engine."""

import itertools
import random

import pytest
import yaml

from tocsin.promql import evaluate
from tocsin.promql.errors import EvaluationError
from tocsin.promql.values import String, Vector
from tocsin.rules import AlertState, GroupEvaluator, Health, load, rule_key
from tocsin.series import Head
from tocsin.series.labels import from_mapping


class Sink:
    def __init__(self, head):
        self.head = head
        self.stale = []

    def append(self, labels, at, value):
        assert self.head.append(labels, round(at * 1000), value)

    def mark_stale(self, labels, at):
        self.stale.append((dict(labels), at))
        self.head.stale(labels, round(at * 1000))


class World:
    """A head, and one group of rules over it."""

    def __init__(self, text, **options):
        self.head = Head()
        self.sink = Sink(self.head)
        (group,) = load(text, source="rules.yml").groups
        self.evaluator = GroupEvaluator(group, query=self.query, sink=self.sink, **options)

    def query(self, expr, at):
        return evaluate(expr, self.head, at)

    def set(self, at, **values):
        for name, value in values.items():
            self.head.append(from_mapping({"__name__": name, "job": "shop"}), at * 1000, float(value))

    def evaluate(self, at):
        return {status.rule.name: status for status in self.evaluator.evaluate(float(at))}

    def value(self, text, at):
        return {tuple(sample.labels): sample.value for sample in evaluate(parse(text), self.head, float(at)).samples}


def parse(text):
    from tocsin.promql import parse as parse_query

    return parse_query(text)


CHAIN = """
groups:
- name: g
  limit: {limit}
  query_offset: {offset}
  rules:
  - {{record: doubled, expr: x * 2, labels: {{by: rule, job: ''}}}}
  - {{alert: High, expr: doubled > 5, for: 30s, labels: {{severity: page}}}}
  - {{alert: Any, expr: x > 0}}
"""
HIGH = {"alertname": "High", "by": "rule", "severity": "page"}


def a_chain(limit=0, offset="0s", **options):
    return World(CHAIN.format(limit=limit, offset=offset), **options)


def test_a_rule_sees_what_the_rules_before_it_recorded():
    world = a_chain()
    world.set(0, x=3)
    statuses = world.evaluate(0)
    assert [status.health for status in statuses.values()] == [Health.OK] * 3
    assert [dict(labels) for labels in statuses["High"].alerts] == [HIGH]
    assert world.value("doubled", 0) == {(("__name__", "doubled"), ("by", "rule")): 6.0}


def test_the_state_of_a_rule_is_that_of_its_most_urgent_alert():
    world = a_chain()
    assert world.evaluate(0)["High"].state is AlertState.INACTIVE
    world.set(15, x=3)
    assert world.evaluate(15)["High"].state is AlertState.PENDING
    assert world.evaluate(45)["High"].state is AlertState.FIRING


def test_alert_series():
    world = a_chain()
    for at in (0, 15, 30, 45):
        world.set(at, x=3)
        world.evaluate(at)
    names = 'alertname="High"'
    firing = from_mapping({"__name__": "ALERTS", "alertstate": "firing", **HIGH})
    assert world.value(f"ALERTS{{{names}}}", 45) == {firing: 1.0}
    assert list(world.value(f"ALERTS_FOR_STATE{{{names}}}", 45).values()) == [0.0]
    assert world.sink.stale == [({"__name__": "ALERTS", "alertstate": "pending", **HIGH}, 30.0)]


def test_what_a_rule_no_longer_gives_ends_at_once():
    world = a_chain()
    world.set(0, x=3)
    world.evaluate(0)
    world.head.stale(from_mapping({"__name__": "x", "job": "shop"}), 15_000)
    world.evaluate(15)
    assert world.value("doubled", 15) == {}
    assert world.value("ALERTS", 15) == {}


def test_a_group_that_ends_leaves_nothing_behind():
    world = a_chain()
    world.set(0, x=3)
    world.evaluate(0)
    world.evaluator.end(10.0)
    assert world.value('{__name__=~"doubled|ALERTS.*"}', 10) == {}


def test_the_offset_moves_the_query_and_what_is_written_but_not_the_alert():
    world = a_chain(offset="1m")
    world.set(0, x=3)
    world.set(60, x=0)
    alert = next(iter(world.evaluate(60)["High"].alerts.values()))
    assert (alert.value, alert.active_at) == (6.0, 60.0)
    assert list(world.value("doubled", 0).values()) == [6.0]


def test_beyond_its_limit_a_rule_fails_and_its_alerts_are_gone():
    world = a_chain(limit=1)
    world.set(0, x=3)
    assert world.evaluate(0)["Any"].health is Health.OK
    world.head.append(from_mapping({"__name__": "x", "job": "other"}), 15_000, 1.0)
    status = world.evaluate(15)["Any"]
    assert (status.health, status.last_error) == (Health.ERROR, "exceeded limit of 1 with 2 alerts")
    assert status.alerts == {}


def test_a_recording_rule_has_the_same_limit():
    world = World("groups: [{name: g, limit: 1, rules: [{record: y, expr: x}]}]")
    for job in "ab":
        world.head.append(from_mapping({"__name__": "x", "job": job}), 0, 1.0)
    assert world.evaluate(0)["y"].last_error == "exceeded limit of 1 with 2 series"


def test_a_rule_that_fails_keeps_its_alerts_and_stops_no_other():
    world = a_chain()
    world.set(0, x=3)
    world.evaluate(0)
    broken = EvaluationError("no data today")
    real, world.evaluator._query = world.evaluator._query, lambda expr, at: raising(broken, expr, at, real)
    statuses = world.evaluate(15)
    assert (statuses["High"].health, statuses["High"].last_error) == (Health.ERROR, "no data today")
    assert [dict(labels) for labels in statuses["High"].alerts] == [HIGH]
    assert statuses["Any"].health is Health.OK
    world.evaluator._query = real
    assert world.evaluate(30)["High"].last_error == ""


def raising(error, expr, at, query):
    if "doubled" in repr(expr):
        raise error
    return query(expr, at)


def test_two_series_may_not_become_one():
    world = World("groups: [{name: g, rules: [{record: y, expr: x, labels: {job: ''}}]}]")
    for job in "ab":
        world.head.append(from_mapping({"__name__": "x", "job": job}), 0, 1.0)
    assert "same labelset after applying rule labels" in world.evaluate(0)["y"].last_error


def test_a_scalar_is_a_series_without_labels():
    world = World("groups: [{name: g, rules: [{record: now, expr: time()}, {alert: Always, expr: 1}]}]")
    statuses = world.evaluate(60)
    assert world.value("now", 60) == {(("__name__", "now"),): 60.0}
    assert list(statuses["Always"].alerts) == [(("alertname", "Always"),)]


def test_a_string_is_no_result():
    world = World("groups: [{name: g, rules: [{record: y, expr: x}]}]")
    world.evaluator._query = lambda expr, at: String(0, "a")
    assert world.evaluate(0)["y"].last_error == "rule result is not a vector or scalar"


def test_templates_query_and_know_where_they_are():
    text = """
groups:
- name: g
  rules:
  - alert: A
    expr: x
    annotations:
      summary: '{{ with query "y" }}{{ . | first | value }}{{ end }} {{ $externalLabels.region }} {{ $externalURL }}'
      broken: '{{ query "y y" | first | value }}'
"""
    world = World(text, external_labels={"region": "eu"}, external_url="https://example.com")
    world.set(0, x=1, y=7)
    (alert,) = world.evaluate(0)["A"].alerts.values()
    assert alert.annotations["summary"] == "7 eu https://example.com"
    assert "error calling query: 1:3: parse error" in alert.annotations["broken"]


def test_statuses_are_there_before_the_first_evaluation():
    world = a_chain(stopwatch=itertools.count().__next__)
    assert [status.health for status in world.evaluator.statuses] == [Health.UNKNOWN] * 3
    status = world.evaluate(15)["High"]
    assert (status.evaluated_at, status.seconds) == (15.0, 1)


def test_another_evaluator_carries_on():
    first = a_chain()
    first.set(0, x=3)
    alerts = {rule_key(status.rule): status.alerts.values() for status in first.evaluator.evaluate(0.0)}
    second = a_chain(alerts=alerts)
    second.set(30, x=3)
    (alert,) = second.evaluate(30)["High"].alerts.values()
    assert (alert.state, alert.active_at, alert.fired_at) == (AlertState.FIRING, 0.0, 30.0)


def test_an_empty_vector_is_fine():
    world = a_chain()
    world.evaluator._query = lambda expr, at: Vector(())
    assert {status.health for status in world.evaluate(0).values()} == {Health.OK}


RANDOM_RULES = """
groups:
- name: g
  rules:
""" + "".join(
    f"  - {{alert: H{hold}K{keep}, expr: x > 0, for: {hold}s, keep_firing_for: {keep}s}}\n"
    for hold in (0, 15, 40)
    for keep in (0, 15, 40)
)


@pytest.mark.parametrize("seed", range(4))
def test_promtool_sees_the_same_alerts_at_every_step(promtool, tmp_path, seed):
    chance = random.Random(seed)
    values = [chance.choice([0, 1, 1]) for _ in range(30)]
    world = World(RANDOM_RULES)
    tests = []
    for step, value in enumerate(values):
        world.set(15 * step, x=value)
        world.evaluate(15 * step)
        for series in ("ALERTS", "ALERTS_FOR_STATE"):
            found = world.value(series, 15 * step)
            tests.append(
                {"expr": series, "eval_time": f"{15 * step}s", "exp_samples": [*map(exposed, found, found.values())]}
            )
    (tmp_path / "rules.yml").write_text(RANDOM_RULES)
    test = {
        "interval": "15s",
        "input_series": [{"series": 'x{job="shop"}', "values": " ".join(map(str, values))}],
        "promql_expr_test": tests,
    }
    (tmp_path / "test.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": [test]})
    )
    status, output = promtool("test", "rules", tmp_path / "test.yml")
    assert status == 0, output


def exposed(labels, value):
    pairs = dict(labels)
    name = pairs.pop("__name__")
    inner = ",".join(f'{key}="{text}"' for key, text in pairs.items())
    return {"labels": f"{name}{{{inner}}}", "value": value}

"""Unit tests of rules: the verdicts of `promtool test rules`, and what is said of failures."""

import pytest

from tocsin.rules import RuleFileError, load
from tocsin.rules.unit_test import run_unit_tests
from tocsin.rules.unit_test_file import load_unit_tests

RULES = """\
groups:
- name: a
  rules:
  - {record: job:up:sum, expr: sum by (job) (up)}
  - alert: Down
    expr: up == 0
    for: 5m
    labels: {severity: page}
    annotations: {summary: '{{ $labels.instance }} {{ $value }} {{ $externalLabels.cluster }} {{ $externalURL }}'}
- name: b
  interval: 5m
  query_offset: 1m
  rules:
  - {alert: Few, expr: job:up:sum < 2, keep_firing_for: 3m, annotations: {d: ''}}
- name: c
  limit: 1
  rules:
  - {alert: Limited, expr: limited > 0}
- name: d
  rules:
  - {record: sees_e, expr: count(from_e)}
- name: e
  rules:
  - {record: from_e, expr: time()}
"""
INPUT = """\
  input_series:
  - {series: 'up{job="a",instance="1"}', values: '1 0x20'}
  - {series: 'up{job="a",instance="2"}', values: '1x20'}
"""
DOWN = 'exp_labels: {job: a, instance: "1", severity: page}'


def with_input(test, head=""):
    return f"rule_files: [rules.yml]\n{head}\ntests:\n- interval: 1m\n{INPUT}{test}"


def alert(at, name, expected="[]", **others):
    lines = "".join(f"  {key}: {value}\n" for key, value in others.items())
    return with_input(f"{lines}  alert_rule_test: [{{eval_time: {at}, alertname: {name}, exp_alerts: {expected}}}]\n")


def expr(text, expected="", at="0", head="", inputs=INPUT):
    samples = f"[{expected}]"
    test = f"  promql_expr_test: [{{expr: '{text}', eval_time: {at}, exp_samples: {samples}}}]\n"
    return f"rule_files: [rules.yml]\n{head}\ntests:\n- interval: 1m\n{inputs}{test}"


def values(text, expected, at="0"):
    return expr("x", expected, at, inputs=f"  input_series: [{{series: x, values: {text!r}}}]\n")


URL = "exp_annotations: {summary: '1 0 c1 http://x/y'}"
SUMMARY = "exp_annotations: {summary: '1 0  '}"
CLUSTER = {"external_labels": "{cluster: c1}", "external_url": "http://x/y"}
PASSING = {
    "nothing": "",
    "no tests": "rule_files: [nowhere.yml]\ntests: []\n",
    "an alert fires": alert("6m", "Down", f"[{{{DOWN}, {SUMMARY}}}]"),
    "external labels and URL": alert("6m", "Down", f"[{{{DOWN}, {URL}}}]", **CLUSTER),
    "an alert is pending": alert("5m59s", "Down"),
    "between two evaluations the first counts": alert("6m59s", "Down", f"[{{{DOWN}, {SUMMARY}}}]"),
    "no rule of that name": alert("6m", "Nothing"),
    "an offset shifts the rule's view": alert("2m", "Few", "[{exp_labels: {job: a}, exp_annotations: {d: ''}}]"),
    "no sample yet with an offset": alert("0m", "Few"),
    "the group's interval does not count": expr(
        "count_over_time(job:up:sum[10m])", "{labels: '{job=\"a\"}', value: 10}", "10m"
    ),
    "ALERTS": expr(
        'ALERTS{alertname="Down"}',
        """{labels: 'ALERTS{alertname="Down",alertstate="pending",job="a",instance="1",severity="page"}', value: 1}""",
        "2m",
    ),
    "a scalar": expr("vector(1) + 1", "{value: 2}"),
    "scalars are vectors": expr("scalar(vector(3))", "{labels: '{}', value: 3}"),
    "fuzzy": expr("vector(0.1) + 0.2", "{value: 0.3}", head="fuzzy_compare: true"),
    "infinity": expr("vector(1) / 0", "{value: .inf}"),
    "stale": values("1 stale", "", "1m"),
    "a gap is looked over": values("1 _ _", "{labels: x, value: 1}", "2m"),
    "left-open lookback": values("1 _x10", "", "5m"),
    "a series twice": expr(
        "x", "{labels: x, value: 2}", inputs="  input_series: [{series: x, values: 1}, {series: x, values: 2}]\n"
    ),
    "a blank line ends the list": expr(
        "y", "", inputs='  input_series: [{series: x, values: "1\\n"}, {series: y, values: 2}]\n'
    ),
    "samples after the last evaluation are not seen": expr(
        'up{instance="1"}', '{labels: \'up{job="a",instance="1"}\', value: 1}', "59s"
    ),
    "subquery steps are the evaluation's": expr(
        "count_over_time(vector(1)[10m:])", "{value: 5}", "10m", "evaluation_interval: 2m"
    ),
    "order of groups": expr("sees_e", "{labels: sees_e, value: 1}", head="group_eval_order: [e, d]"),
    "other order of groups": expr("sees_e", "", head="group_eval_order: [a, b, c, d, e]"),
    "one alert within the limit": expr(
        "ALERTS",
        '{labels: \'ALERTS{alertname="Limited",alertstate="firing"}\', value: 1}',
        inputs="  input_series: [{series: limited, values: 1}]\n",
    ),
}
FAILING = {
    "an alert does not fire": alert("5m", "Down", f"[{{{DOWN}, {SUMMARY}}}]"),
    "an alert fires unexpectedly": alert("6m", "Down"),
    "other annotations": alert("6m", "Down", f"[{{{DOWN}}}]"),
    "other labels": alert("6m", "Down", f"[{{exp_labels: {{job: a, instance: '1'}}, {SUMMARY}}}]"),
    "an empty label is one": alert("2m", "Few", "[{exp_labels: {job: a, x: ''}, exp_annotations: {d: ''}}]"),
    "an alert once too often": alert("6m", "Down", f"[{{{DOWN}, {SUMMARY}}}, {{{DOWN}, {SUMMARY}}}]"),
    "no name of an alert": with_input("  alert_rule_test: [{eval_time: 1m}]\n"),
    "more alerts than the limit": expr(
        "vector(1)",
        "{value: 1}",
        inputs="  input_series: [{series: 'limited{a=\"1\"}', values: 1}, {series: 'limited{a=\"2\"}', values: 1}]\n",
    ),
    "not fuzzy": expr("vector(0.1) + 0.2", "{value: 0.3}"),
    "another value": values("1", "{labels: x, value: 2}"),
    "another name": values("1", "{labels: y, value: 1}"),
    "a sample too many": values("1", "{labels: x, value: 1}, {labels: x, value: 1}"),
    "NaN equals nothing": expr("vector(NaN)", "{value: .nan}"),
    "a string": expr('"x"', ""),
    "a range vector": expr("up[5m]", ""),
    "no expression": expr("", ""),
    "no PromQL": expr("sum(", ""),
    "values as labels": values("1", "{labels: 'x 1', value: 1}"),
    "matchers as labels": values("1", "{labels: '{a!=\"b\"}', value: 1}"),
    "an unknown key": "test: []\n",
    "an unknown key of a test": "tests: [{names: a}]\n",
    "a key twice": "tests: []\ntests: []\n",
    "no duration": "evaluation_interval: soon\n",
    "a number that is none": values("1", "{labels: x, value: one}"),
    "a group twice in the order": "group_eval_order: [a, a]\n",
    "a broken rule file": "rule_files: [broken.yml]\ntests: [{}]\n",
    "no values": expr("x", "", inputs="  input_series: [{series: x, values: many}]\n"),
    "two lines of values": expr("x", "", inputs='  input_series: [{series: x, values: "1\\n2"}]\n'),
    "no YAML": "tests: [\n",
    "a list": "[]\n",
}
FILES = {**PASSING, **FAILING}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "broken.yml").write_text("groups: 1")
    return tmp_path


def failures(folder, text):
    file = load_unit_tests(text, source="a.test.yml")
    paths = [folder / name for name in file.rule_files]
    groups = [group for path in paths if file.tests for group in load(path.read_text(), source=str(path)).groups]
    return list(run_unit_tests(file, groups))


@pytest.mark.parametrize("name", FILES)
def test_verdicts(folder, name):
    try:
        passed = failures(folder, FILES[name]) == []
    except RuleFileError:
        passed = False
    assert passed == (name in PASSING)


@pytest.mark.parametrize("name", FILES)
def test_promtool_has_the_same_verdicts(folder, promtool, name):
    (folder / "a.test.yml").write_text(FILES[name])
    status, output = promtool("test", "rules", folder / "a.test.yml")
    assert (status == 0) == (name in PASSING), output


def test_a_failure_says_where_it_is_and_what_was_found(folder):
    (failure,) = failures(folder, FAILING["an alert fires unexpectedly"])
    assert (failure.test, failure.line, failure.message) == ("unnamed#0", 8, "alert Down at 360s")
    assert failure.expected == ("nothing",)
    assert failure.got == ('{alertname="Down", instance="1", job="a", severity="page"} {summary="1 0  "}',)


def test_all_problems_of_a_file_are_said_at_once():
    with pytest.raises(RuleFileError) as caught:
        load_unit_tests("evaluation_interval: soon\nfuzzy_compare: 7\ntests:\n- input: []\n", source="a.yml")
    assert [problem.line for problem in caught.value.problems] == [1, 2, 4]

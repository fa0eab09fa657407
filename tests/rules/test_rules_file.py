"""Rule files: every problem at once, each with its line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.rules import AlertingRule, RecordingRule, RuleFileError, load, rule_key


def problems(text):
    with pytest.raises(RuleFileError) as caught:
        load(text, source="rules.yml")
    return [str(problem) for problem in caught.value.problems]


def rule(**fields):
    return json.dumps({"groups": [{"name": "g", "rules": [fields]}]})


def accepts(text):
    try:
        load(text, source="rules.yml")
    except RuleFileError:
        return False
    return True


FULL = """\
groups:
  - name: checkout
    interval: 30s
    query_offset: 1m
    limit: 10
    labels: {team: shop, tier: one}
    rules:
      - record: job:errors:rate5m
        expr: sum by (job) (rate(errors_total[5m]))
      - alert: ErrorsHigh
        expr: |
          job:errors:rate5m
            > 5
        for: 1h30m
        keep_firing_for: 10m
        labels: {tier: two, severity: 1}
        annotations:
          summary: "{{ $labels.job }}: {{ $value }}"
"""


def test_values():
    (group,) = load(FULL, source="shop.yml").groups
    recording, alerting = group.rules
    assert (group.name, group.interval, group.query_offset, group.limit) == ("checkout", 30.0, 60.0, 10)
    assert group.source == "shop.yml"
    assert isinstance(recording, RecordingRule)
    assert (recording.record, recording.name, recording.line) == ("job:errors:rate5m", "job:errors:rate5m", 8)
    assert recording.labels == {"team": "shop", "tier": "one"}
    assert isinstance(alerting, AlertingRule)
    assert alerting.query == "job:errors:rate5m\n  > 5"
    assert (alerting.hold, alerting.keep_firing_for) == (5400.0, 600.0)
    assert alerting.labels == {"team": "shop", "tier": "two", "severity": "1"}
    assert alerting.annotations == {"summary": "{{ $labels.job }}: {{ $value }}"}
    assert rule_key(alerting) == 'ErrorsHigh{severity="1", team="shop", tier="two"}'


def test_defaults():
    (group,) = load("groups: [{name: g, rules: [{alert: A, expr: up}]}]", source="").groups
    assert (group.interval, group.query_offset, group.limit, dict(group.labels)) == (None, None, 0, {})
    (alert,) = group.rules
    assert (alert.hold, alert.keep_firing_for, dict(alert.labels), dict(alert.annotations)) == (0.0, 0.0, {}, {})


@pytest.mark.parametrize("text", ["", "---\n", "groups:\n", "{}", "groups: []", "groups: [{name: g}]", "# nothing"])
def test_nothing_is_fine(text):
    assert sum(len(group.rules) for group in load(text, source="").groups) == 0


def test_all_problems_at_once_with_their_lines():
    assert problems("""\
groups:
  - name: one
    interval: soon
    limit: many
    rules:
      - alert: A
        expr: rate(x)
        for: 5 minutes
        annotations: {summary: "{{ $lables.job }}"}
      - expr: up
  - name: one
    rule: []
  - rules: {}
""") == [
        "3: groups[0].interval: 'soon' is no duration, write one like 30s, 5m or 1h30m",
        "4: groups[0].limit: must be a whole number, not 'many'",
        (
            "7: groups[0].rules[0].expr: 1:6: parse error: expected type range vector in call to function"
            ' "rate", got instant vector'
        ),
        "8: groups[0].rules[0].for: '5 minutes' is no duration, write one like 30s, 5m or 1h30m",
        '9: groups[0].rules[0].annotations.summary: template: __alert_A:1: undefined variable "$lables"',
        "10: groups[0].rules[1]: has neither alert nor record; add one of them",
        "11: groups[1].name: 'one' is the name of another group in this file; rename one of them",
        "12: groups[1].rule: is not known here, did you mean rules?",
        "13: groups[2].name: is missing, every group needs a name",
        "13: groups[2].rules: must be a list of mappings, not a mapping",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1}", "1: is not YAML: did not find expected ',' or ']'"),
        ("[]", "1: the rule file must be a mapping, not a list"),
        ("groups: 1", "1: groups: must be a list of mappings, not '1'"),
        ("rules: []", "1: rules: is not known here, known are groups"),
        ("groups: []\ngroups: []", "2: groups: is set twice, first in line 1"),
        ("groups:\n- name: g\n  name: h", "3: name: is set twice, first in line 2"),
        (rule(alert="A"), "1: groups[0].rules[0].expr: is missing, every rule needs an expression"),
        (rule(alert="A", expr=["up"]), "expr: must be a text, not a list"),
        (rule(alert="A", record="b", expr="up"), "1: groups[0].rules[0]: has both alert and record; keep one of them"),
        (rule(record="a{b}", expr="up"), "record: 'a{b}' has braces; put selectors into expr"),
        (rule(record="a", expr="up", annotations={"a": "b"}), "annotations: is for alerting rules"),
        (rule(alert="A", expr="up", labels={"__name__": "b"}), "a rule cannot set the label '__name__'; remove it"),
        (rule(alert="A", expr="up", labels={"": "b"}), "a rule cannot set the label ''; remove it"),
        (rule(alert="A", expr="up", annotations={"": "b"}), "an annotation has an empty name"),
        (rule(alert="A", expr="up", labels=["b"]), "labels: must be a mapping, not a list"),
        (rule(alert="A", expr="up", labels={"a": "{{"}), "labels.a: template: __alert_A:1: unclosed action"),
        (rule(alert="A", expr="up", **{"for": "-5m"}), "for: '-5m' is no duration, write one like"),
        ("groups: &a\n- name: g\n  <<: *a", "refers to itself"),
        ("groups:\n- &a\n  name: g\n  <<: *a", "refers to itself"),
    ],
)
def test_problems(text, problem):
    assert any(problem in found for found in problems(text)), problems(text)


def test_the_error_names_the_file():
    with pytest.raises(RuleFileError, match=r"^shop.yml:1: groups: must be a list of mappings, not '1'$"):
        load("groups: 1", source="shop.yml")


def test_anchors_aliases_and_merge_keys():
    text = """\
groups:
  - name: g
    rules:
      - &down
        alert: Down
        expr: up == 0
        labels: &labels {severity: critical}
      - <<: *down
        for: 5m
        labels: {<<: *labels, team: shop}
"""
    first, second = load(text, source="").groups[0].rules
    assert (first.name, first.hold, dict(first.labels)) == ("Down", 0.0, {"severity": "critical"})
    assert (second.name, second.hold, dict(second.labels)) == ("Down", 300.0, {"severity": "critical", "team": "shop"})


def test_duplicate_rules_are_a_warning():
    file = load("groups: [{name: g, rules: [{record: a, expr: up},\n {record: a, expr: down}]}]", source="")
    assert [str(warning) for warning in file.warnings] == [
        "2: rule a has the name and labels of the rule in line 1; their series overwrite each other"
    ]


KEYS = ["groups", "name", "rules", "alert", "record", "expr", "for", "labels", "annotations", "limit"]
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)


@given(documents)
def test_any_document_is_read_or_refused(document):
    accepts(json.dumps(document))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    accepts(text)

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
        "3: interval must be a duration such as 30s, 5m or 1h30m, not 'soon'",
        "4: limit must be a whole number such as 10, not 'many'",
        '7: expr: 1:6: parse error: expected type range vector in call to function "rate", got instant vector',
        "8: for must be a duration such as 30s, 5m or 1h30m, not '5 minutes'",
        '9: annotations.summary: template: __alert_A:1: undefined variable "$lables"',
        "10: the rule has neither `alert` nor `record`; add one of them",
        "11: group name 'one' is already used in this file; rename one of the groups",
        "12: unknown key 'rule' in a group; allowed: interval, labels, limit, name, query_offset, rules",
        "13: rules must be a list, not a mapping",
        "13: the group has no name; add `name:`",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1}", "1: not YAML: did not find expected ',' or ']'"),
        ("[]", "1: the rule file must be a mapping, not a list"),
        ("groups: 1", "1: groups must be a list, not '1'"),
        ("rules: []", "1: unknown key 'rules' in the rule file; allowed: groups"),
        ("groups: []\ngroups: []", "2: key 'groups' appears twice in the rule file; keep one"),
        ("groups:\n- name: g\n  name: h", "3: key 'name' appears twice in a group; keep one"),
        (rule(alert="A"), "1: the rule has no expression; add `expr:`"),
        (rule(alert="A", expr=["up"]), "1: expr must be a string, not a list"),
        (rule(alert="A", record="b", expr="up"), "1: the rule has both `alert` and `record`; keep one of them"),
        (rule(record="a{b}", expr="up"), "braces in the name of recording rule 'a{b}'; put selectors into `expr`"),
        (rule(record="a", expr="up", annotations={"a": "b"}), "`annotations` is for alerting rules"),
        (rule(alert="A", expr="up", labels={"__name__": "b"}), "a rule cannot set the label '__name__'; remove it"),
        (rule(alert="A", expr="up", labels={"": "b"}), "a rule cannot set the label ''; remove it"),
        (rule(alert="A", expr="up", annotations={"": "b"}), "an annotation has an empty name"),
        (rule(alert="A", expr="up", labels=["b"]), "labels must be a mapping, not a list"),
        (rule(alert="A", expr="up", labels={"a": "{{"}), "labels.a: template: __alert_A:1: unclosed action"),
        (rule(alert="A", expr="up", **{"for": "-5m"}), "for must be a duration such as 30s, 5m or 1h30m, not '-5m'"),
        ("groups: &a\n- name: g\n  <<: *a", "refers to itself"),
        ("groups:\n- &a\n  name: g\n  <<: *a", "refers to itself"),
    ],
)
def test_problems(text, problem):
    assert any(problem in found for found in problems(text)), problems(text)


def test_the_error_names_the_file():
    with pytest.raises(RuleFileError, match=r"^shop.yml:1: groups must be a list, not '1'$"):
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

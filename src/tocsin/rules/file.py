"""Prometheus rule files: what `promtool check rules` accepts is accepted, what it rejects is rejected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.gotemplate import TemplateError
from tocsin.promql import ParseError, parse
from tocsin.rules.document import Document, Fields, Problem
from tocsin.rules.expansion import parse_template
from tocsin.rules.rule import AlertingRule, Group, RecordingRule, Rule, rule_key
from tocsin.series import METRIC_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import yaml

    from tocsin.promql.ast import Expr

_GROUP_KEYS = frozenset({"name", "interval", "query_offset", "limit", "labels", "rules"})
_RULE_KEYS = frozenset({"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"})
#: Stands where an expression is unusable, in a file that is then refused.
_NO_EXPR = parse("0")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A valid file. `warnings` are what promtool reports without rejecting the file: duplicate rules."""

    source: str
    groups: tuple[Group, ...]
    warnings: tuple[Problem, ...] = ()


class RuleFileError(ValueError):
    """A file that Prometheus would reject; `problems` are all that is wrong with it, by line."""

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(f"{source}:{problem}" for problem in problems))
        self.source = source
        self.problems = problems


def load(text: str, *, source: str) -> RuleFile:
    """Read a rule file; as in Prometheus, only its first YAML document counts.

    Raises:
        RuleFileError: With every problem of the file.
    """
    document = Document()
    groups: tuple[Group, ...] = ()
    try:
        groups = _groups(document.root(text, of="the rule file", allowed={"groups"}), source)
    except RecursionError:
        document.problems.append(Problem(1, "an alias in the file refers to itself; write out what it stands for"))
    if document.problems:
        raise RuleFileError(source, tuple(sorted(set(document.problems))))
    return RuleFile(source, groups, tuple(_duplicates(groups)))


def _groups(root: Fields, source: str) -> tuple[Group, ...]:
    nodes = root.items("groups")
    groups = tuple(_group(root.document.fields(node, of="a group", allowed=_GROUP_KEYS), source) for node in nodes)
    _refuse_repeated_names(root.document, nodes, groups)
    return groups


def _refuse_repeated_names(document: Document, nodes: Sequence[yaml.Node], groups: Sequence[Group]) -> None:
    seen: set[str] = set()
    for node, group in zip(nodes, groups, strict=True):
        if group.name in seen:
            document.complain(node, f"group name {group.name!r} is already used in this file; rename one of the groups")
        seen.add(group.name)


def _duplicates(groups: Sequence[Group]) -> Iterator[Problem]:
    """A warning for each rule that has the name and labels of one before it."""
    lines: dict[tuple[type, str], int] = {}
    for rule in (rule for group in groups for rule in group.rules):
        first = lines.setdefault((type(rule), rule_key(rule)), rule.line)
        if first != rule.line:
            same = f"rule {rule_key(rule)} has the name and labels of the rule in line {first}"
            yield Problem(rule.line, f"{same}; their series overwrite each other")


def _group(fields: Fields, source: str) -> Group:
    if not fields.text("name"):
        fields.complain("name", "the group has no name; add `name:`")
    labels = _labels(fields)
    document = fields.document
    rules = [document.fields(node, of="a rule", allowed=_RULE_KEYS) for node in fields.items("rules")]
    return Group(
        name=fields.text("name"),
        interval=fields.duration("interval") or None,
        query_offset=fields.duration("query_offset"),
        limit=fields.integer("limit"),
        labels=labels,
        rules=tuple(_rule(rule, labels) for rule in rules),
        source=source,
    )


def _rule(fields: Fields, group_labels: Mapping[str, str]) -> Rule:
    rule = AlertingRule(
        name=fields.text("alert"),
        expr=_expr(fields),
        query=fields.text("expr").strip(),
        hold=fields.duration("for") or 0.0,
        keep_firing_for=fields.duration("keep_firing_for") or 0.0,
        labels={**group_labels, **_labels(fields)},
        annotations=fields.texts("annotations"),
        line=fields.line,
    )
    record = fields.text("record")
    if record and rule.name:
        fields.complain("", "the rule has both `alert` and `record`; keep one of them")
    if not record:
        _check_alerting(fields, rule)
        return rule
    _check_recording(fields, rule, record)
    return RecordingRule(record=record, expr=rule.expr, query=rule.query, labels=rule.labels, line=rule.line)


def _expr(fields: Fields) -> Expr:
    query = fields.text("expr").strip()
    if not query:
        fields.complain("expr", "the rule has no expression; add `expr:`")
        return _NO_EXPR
    try:
        return parse(query)
    except ParseError as error:
        fields.complain("expr", f"expr: {error}")
        return _NO_EXPR


def _labels(fields: Fields) -> dict[str, str]:
    labels = fields.texts("labels")
    for name in labels.keys() & {"", METRIC_NAME}:
        fields.complain("labels", f"a rule cannot set the label {name!r}; remove it")
    return labels


def _check_recording(fields: Fields, rule: AlertingRule, record: str) -> None:
    if "{" in record or "}" in record:
        fields.complain("record", f"braces in the name of recording rule {record!r}; put selectors into `expr`")
    given = {"for": rule.hold, "keep_firing_for": rule.keep_firing_for, "annotations": rule.annotations}
    for key, value in given.items():
        if value:
            fields.complain(key, f"`{key}` is for alerting rules; remove it from recording rule {record!r}")


def _check_alerting(fields: Fields, rule: AlertingRule) -> None:
    if not rule.name:
        fields.complain("", "the rule has neither `alert` nor `record`; add one of them")
    if "" in rule.annotations:
        fields.complain("annotations", "an annotation has an empty name; name it, for example `summary`")
    for key in ("labels", "annotations"):
        texts = fields.nested(key)
        for name in texts.values:
            _check_template(texts, name, of=key, alert=rule.name)


def _check_template(texts: Fields, name: str, *, of: str, alert: str) -> None:
    try:
        parse_template(texts.text(name), alert)
    except TemplateError as error:
        texts.complain(name, f"{of}.{name}: {error}")

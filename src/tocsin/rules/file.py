"""Prometheus rule files: what `promtool check rules` accepts is accepted, what it rejects is rejected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from tocsin.gotemplate import TemplateError
from tocsin.promql import ParseError, parse
from tocsin.rules.document import Document, Problem, is_null, line_of
from tocsin.rules.expansion import parse_template
from tocsin.rules.rule import AlertingRule, Group, RecordingRule, Rule, rule_key
from tocsin.series import METRIC_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import yaml

    from tocsin.promql.ast import Expr

_GROUP_KEYS = frozenset({"name", "interval", "query_offset", "limit", "labels", "rules"})
_RULE_KEYS = frozenset({"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"})
_ALERTING_ONLY = ("for", "keep_firing_for", "annotations")


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
        groups = _groups(document, text, source)
    except RecursionError:
        document.problems.append(Problem(1, "an alias in the file refers to itself; write out what it stands for"))
    if document.problems:
        raise RuleFileError(source, tuple(sorted(set(document.problems))))
    return RuleFile(source, groups, tuple(_duplicates(groups)))


def _duplicates(groups: Iterable[Group]) -> Iterator[Problem]:
    """A warning for each rule that has the name and labels of one before it."""
    lines: dict[tuple[type, str], int] = {}
    for rule in (rule for group in groups for rule in group.rules):
        first = lines.setdefault((type(rule), rule_key(rule)), rule.line)
        if first != rule.line:
            same = f"rule {rule_key(rule)} has the name and labels of the rule in line {first}"
            yield Problem(rule.line, f"{same}; their series overwrite each other")


def _groups(document: Document, text: str, source: str) -> tuple[Group, ...]:
    root = document.fields(document.root(text), of="the rule file", allowed={"groups"})
    nodes = document.items(root.get("groups"), of="groups")
    groups = tuple(_group(document, node, source) for node in nodes)
    _refuse_repeated_names(document, nodes, groups)
    return groups


def _refuse_repeated_names(document: Document, nodes: Sequence[yaml.Node], groups: Sequence[Group]) -> None:
    seen: set[str] = set()
    for node, group in zip(nodes, groups, strict=True):
        if group.name in seen:
            document.complain(node, f"group name {group.name!r} is already used in this file; rename one of the groups")
        seen.add(group.name)


def _group(document: Document, node: yaml.Node, source: str) -> Group:
    fields = document.fields(node, of="a group", allowed=_GROUP_KEYS)
    name = document.text(fields.get("name"), of="name")
    if not name:
        document.complain(node, "the group has no name; add `name:`")
    labels = _labels(document, fields.get("labels"))
    rules = [_rule(document, item, labels) for item in document.items(fields.get("rules"), of="rules")]
    return Group(
        name=name,
        interval=document.duration(fields.get("interval"), of="interval") or None,
        query_offset=document.duration(fields.get("query_offset"), of="query_offset"),
        limit=document.integer(fields.get("limit"), of="limit"),
        labels=labels,
        rules=tuple(rule for rule in rules if rule),
        source=source,
    )


def _rule(document: Document, node: yaml.Node, group_labels: Mapping[str, str]) -> Rule | None:
    """The rule, unless its expression is missing or wrong."""
    fields = document.fields(node, of="a rule", allowed=_RULE_KEYS)
    alert = document.text(fields.get("alert"), of="alert")
    record = document.text(fields.get("record"), of="record")
    if alert and record:
        document.complain(node, "the rule has both `alert` and `record`; keep one of them")
    if not alert and not record:
        document.complain(node, "the rule has neither `alert` nor `record`; add one of them")
    labels = {**group_labels, **_labels(document, fields.get("labels"))}
    query = document.text(fields.get("expr"), of="expr").strip()
    expr = _expr(document, node, fields.get("expr"), query)
    if record:
        _check_recording(document, fields, record)
        return RecordingRule(record=record, expr=expr, query=query, labels=labels, line=line_of(node)) if expr else None
    more = _alerting_fields(document, fields, alert)
    return AlertingRule(name=alert, expr=expr, query=query, labels=labels, line=line_of(node), **more) if expr else None


def _expr(document: Document, rule: yaml.Node, node: yaml.Node | None, query: str) -> Expr | None:
    if node is None or not query:
        document.complain(node or rule, "the rule has no expression; add `expr:`")
        return None
    try:
        return parse(query)
    except ParseError as error:
        document.complain(node, f"expr: {error}")
        return None


def _check_recording(document: Document, fields: Mapping[str, yaml.Node], record: str) -> None:
    if "{" in record or "}" in record:
        document.complain(
            fields["record"], f"braces in the name of recording rule {record!r}; put selectors into `expr`"
        )
    for key in _ALERTING_ONLY:
        if not _is_empty(fields.get(key)):
            document.complain(fields[key], f"`{key}` is for alerting rules; remove it from recording rule {record!r}")


def _is_empty(node: yaml.Node | None) -> bool:
    return node is None or is_null(node) or node.value in ([], "0", "0s")


class _AlertingFields(TypedDict):
    hold: float
    keep_firing_for: float
    annotations: dict[str, str]


def _alerting_fields(document: Document, fields: Mapping[str, yaml.Node], alert: str) -> _AlertingFields:
    annotations = document.texts(fields.get("annotations"), of="annotations")
    if "" in annotations:
        document.complain(fields["annotations"], "an annotation has an empty name; name it, for example `summary`")
    for key in ("labels", "annotations"):
        _check_templates(document, fields.get(key), of=key, alert=alert)
    return {
        "hold": document.duration(fields.get("for"), of="for") or 0.0,
        "keep_firing_for": document.duration(fields.get("keep_firing_for"), of="keep_firing_for") or 0.0,
        "annotations": annotations,
    }


def _labels(document: Document, node: yaml.Node | None) -> dict[str, str]:
    labels = document.texts(node, of="labels")
    for name in ("", METRIC_NAME):
        if name in labels and node is not None:
            document.complain(node, f"a rule cannot set the label {name!r}; remove it")
    return labels


def _check_templates(document: Document, node: yaml.Node | None, *, of: str, alert: str) -> None:
    for key, value in document.fields(node, of=of).items():
        try:
            parse_template(str(value.value), alert)
        except TemplateError as error:
            document.complain(value, f"{of}.{key}: {error}")

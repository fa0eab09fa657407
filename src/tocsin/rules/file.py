"""Prometheus rule files: what `promtool check rules` accepts is accepted, what it rejects is rejected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.gotemplate import TemplateError
from tocsin.promql import ParseError, parse
from tocsin.rules.expansion import parse_template
from tocsin.rules.rule import AlertingRule, Group, RecordingRule, Rule, rule_key
from tocsin.series import METRIC_NAME
from tocsin.syntax.document import DocumentError, Findings, Problem, Section, Text
from tocsin.syntax.document import parse as parse_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tocsin.promql.ast import Expr

#: Stands where an expression is unusable, in a file that is then refused.
_NO_EXPR = parse("0")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A valid file. `warnings` are what promtool reports without rejecting the file: duplicate rules."""

    source: str
    groups: tuple[Group, ...]
    warnings: tuple[Problem, ...] = ()


class RuleFileError(DocumentError):
    """A file that Prometheus would reject."""


def load(text: str, *, source: str) -> RuleFile:
    """Read a rule file; as in Prometheus, only its first YAML document counts.

    Raises:
        RuleFileError: With every problem of the file.
    """
    findings = Findings()
    document = parse_document(text, findings, of="the rule file")
    groups = _groups(document, source) if document else ()
    if findings.problems:
        raise RuleFileError(source, findings.problems)
    return RuleFile(source, groups, tuple(_duplicates(groups)))


def _groups(document: Section, source: str) -> tuple[Group, ...]:
    sections = document.sections("groups")
    document.close()
    groups = tuple(_group(section, source) for section in sections)
    seen: set[str] = set()
    for section, group in zip(sections, groups, strict=True):
        if group.name in seen:
            section.report(f"{group.name!r} is the name of another group in this file; rename one of them", "name")
        seen.add(group.name)
    return groups


def _duplicates(groups: Sequence[Group]) -> Iterator[Problem]:
    """A warning for each rule that has the name and labels of one before it."""
    lines: dict[tuple[type, str], int] = {}
    for rule in (rule for group in groups for rule in group.rules):
        first = lines.setdefault((type(rule), rule_key(rule)), rule.line)
        if first != rule.line:
            same = f"rule {rule_key(rule)} has the name and labels of the rule in line {first}"
            yield Problem(rule.line, "", f"{same}; their series overwrite each other")


def _group(section: Section, source: str) -> Group:
    name = section.text("name")
    if not name:
        section.report("is missing, every group needs a name", "name")
    labels = _labels(section)
    group = Group(
        name=name,
        interval=section.duration("interval", 0.0) or None,
        query_offset=section.duration("query_offset", 0.0) if section.holds("query_offset") else None,
        limit=section.integer("limit", 0),
        labels=labels,
        rules=tuple(_rule(rule, labels) for rule in section.sections("rules")),
        source=source,
    )
    section.close()
    return group


def _rule(section: Section, group_labels: Mapping[str, str]) -> Rule:
    rule = AlertingRule(
        name=section.text("alert"),
        expr=_expr(section),
        query=section.text("expr").strip(),
        hold=section.duration("for", 0.0),
        keep_firing_for=section.duration("keep_firing_for", 0.0),
        labels={**group_labels, **_labels(section)},
        annotations=texts(section, "annotations"),
        line=section.line,
    )
    record = section.text("record")
    section.close()
    if record and rule.name:
        section.report("has both alert and record; keep one of them")
    if not record:
        _check_alerting(section, rule)
        return rule
    _check_recording(section, rule, record)
    return RecordingRule(record=record, expr=rule.expr, query=rule.query, labels=rule.labels, line=rule.line)


def _expr(section: Section) -> Expr:
    query = section.value("expr") or Text(section.line, "")
    if not query.value.strip():
        section.report("is missing, every rule needs an expression", "expr")
        return _NO_EXPR
    try:
        return parse(query.value.strip())
    except ParseError as error:
        section.report(str(error), "expr", line=query.line)
        return _NO_EXPR


def texts(section: Section, name: str) -> dict[str, str]:
    """A mapping of texts; a key without a value has the empty one."""
    return {key: text.value if text else "" for key, text in section.pairs(name).items()}


def _labels(section: Section) -> dict[str, str]:
    labels = texts(section, "labels")
    for name in labels.keys() & {"", METRIC_NAME}:
        section.report(f"a rule cannot set the label {name!r}; remove it", "labels")
    return labels


def _check_recording(section: Section, rule: AlertingRule, record: str) -> None:
    if "{" in record or "}" in record:
        section.report(f"{record!r} has braces; put selectors into expr", "record")
    given = {"for": rule.hold, "keep_firing_for": rule.keep_firing_for, "annotations": rule.annotations}
    for key, value in given.items():
        if value:
            section.report(f"is for alerting rules; remove it from recording rule {record!r}", key)


def _check_alerting(section: Section, rule: AlertingRule) -> None:
    if not rule.name:
        section.report("has neither alert nor record; add one of them")
    if "" in rule.annotations:
        section.report("an annotation has an empty name; name it, for example summary", "annotations")
    for key in ("labels", "annotations"):
        for name, text in section.pairs(key).items():
            if text:
                _check_template(section, f"{key}.{name}", text, alert=rule.name)


def _check_template(section: Section, key: str, text: Text, *, alert: str) -> None:
    try:
        parse_template(text.value, alert)
    except TemplateError as error:
        section.report(str(error), key, line=text.line)

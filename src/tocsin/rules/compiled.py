"""Entries of `tocsin.yml` on their way to a rule file: `load` judges them as it judges every other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import yaml

from tocsin.rules.entry import Entry, KeyProblem, entry_of
from tocsin.rules.file import RuleFileError, load
from tocsin.setting_keys import SEVERITIES
from tocsin.syntax.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from tocsin.syntax.document import Problem

#: A rule as a rule file has it.
Rule: TypeAlias = "dict[str, Any]"

#: Where a rule stands in the file that the entries become.
_PLACE = re.compile(r"groups\[\d+\](\.rules\[\d+\])?\.?")
#: Seconds between two samples of what is recorded for long windows.
EVENLY = 300.0


class Rules(NamedTuple):
    """What an entry becomes. `evenly` is recorded every `EVENLY` seconds, so that it is kept for long windows."""

    evenly: list[Rule]
    others: list[Rule]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Groups as a rule file has them, and what could not be used."""

    groups: tuple[Mapping[str, Any], ...] = ()
    problems: tuple[KeyProblem, ...] = field(default=())

    @property
    def text(self) -> str:
        """The rule file."""
        return rule_file(self.groups)


def rule_file(groups: Iterable[Mapping[str, Any]]) -> str:
    """Groups as the YAML of one rule file."""
    return yaml.safe_dump({"groups": list(groups)}, sort_keys=False, allow_unicode=True, width=120)


def compile_entries(
    given: object, *, key: str, allowed: Collection[str], compile_entry: Callable[[str, Entry], Rules]
) -> Compiled:
    """The groups of each entry that can be used, and every problem of the others. Pure."""
    entries = entry_of(given, path=key)
    groups: list[Mapping[str, Any]] = []
    for name in entries.values:
        entry = entry_of(entries.values[name] or {}, path=f"{key}.{name}", allowed=allowed)
        rules = compile_entry(name, entry) if isinstance(entries.values[name], Mapping | NoneType) else Rules([], [])
        found = list(_groups(f"tocsin.{key}.{name}", rules))
        _check_labels(entry)
        problems = entry.problems or _refused(found, entry)
        entries.problems.extend(problems)
        groups += [] if problems else found
    return Compiled(tuple(groups), tuple(entries.problems))


def alert(
    name: str,
    entry: Entry,
    *,
    expr: str,
    severity: str,
    hold: float,
    summary: str,
    description: str,
    labels: Mapping[str, str] | None = None,
) -> Rule:
    """An alerting rule; what the entry says of it comes before what is said by default."""
    annotations = {
        "summary": entry.text("summary", summary),
        "description": entry.text("description", description),
        "runbook": entry.text("runbook"),
    }
    return {
        "alert": name,
        "expr": expr,
        **({"for": format_duration(hold)} if hold else {}),
        "labels": {"severity": severity, **(labels or {}), **entry.texts("labels")},
        "annotations": {key: text for key, text in annotations.items() if text},
    }


def _check_labels(entry: Entry) -> None:
    """A severity of one's own, which takes the place of the rule's."""
    labels = entry.entry("labels")
    if labels.has("severity"):
        labels.choice("severity", SEVERITIES, "")


def _groups(name: str, rules: Rules) -> Iterator[dict[str, Any]]:
    if rules.evenly:
        yield {"name": f"{name}:{format_duration(EVENLY)}", "interval": format_duration(EVENLY), "rules": rules.evenly}
    yield {"name": name, "rules": rules.others}


def _refused(groups: Iterable[Mapping[str, Any]], entry: Entry) -> list[KeyProblem]:
    """What Prometheus would reject: a pattern, a template or the name of a label."""
    try:
        load(rule_file(groups), source=entry.path)
    except RuleFileError as error:
        return [KeyProblem(entry.path, None, text) for text in dict.fromkeys(map(_reason, error.problems))]
    return []


def _reason(problem: Problem) -> str:
    """Without the place in a file that nobody has seen."""
    place = _PLACE.sub("", problem.place)
    return f"{place}: {problem.text}" if place else problem.text

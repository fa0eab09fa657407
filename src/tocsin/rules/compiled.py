"""Entries of `tocsin.yml` on their way to a rule file: `load` judges them as it judges every other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import yaml

from tocsin.rules.entry import Entry, KeyProblem, duration, entry_of
from tocsin.rules.file import RuleFileError, load

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

#: A rule as a rule file has it.
Rule: TypeAlias = "dict[str, Any]"

ALERT_KEYS = ("summary", "description", "runbook", "labels")

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
        **({"for": duration(hold)} if hold else {}),
        "labels": {"severity": severity, **(labels or {}), **entry.texts("labels")},
        "annotations": {key: text for key, text in annotations.items() if text},
    }


def _groups(name: str, rules: Rules) -> Iterator[dict[str, Any]]:
    if rules.evenly:
        yield {"name": f"{name}:{duration(EVENLY)}", "interval": duration(EVENLY), "rules": rules.evenly}
    yield {"name": name, "rules": rules.others}


def _refused(groups: Iterable[Mapping[str, Any]], entry: Entry) -> list[KeyProblem]:
    """What Prometheus would reject: a pattern, a template or the name of a label."""
    try:
        load(rule_file(groups), source=entry.path)
    except RuleFileError as error:
        return [KeyProblem(entry.path, None, text) for text in dict.fromkeys(each.message for each in error.problems)]
    return []

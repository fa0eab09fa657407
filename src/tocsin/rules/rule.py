"""Rules and groups of rules, as a rule file defines them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.promql.ast import Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertingRule:
    """`labels` include those of the group. `hold` is the rule's `for`, in seconds; `query` is `expr` as written."""

    name: str
    expr: Expr
    query: str
    hold: float = 0.0
    keep_firing_for: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    #: Where the rule begins in its file.
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRule:
    """`record` is the name of the series it writes; `labels` include those of the group."""

    record: str
    expr: Expr
    query: str
    labels: Mapping[str, str] = field(default_factory=dict)
    line: int = 0

    @property
    def name(self) -> str:
        """The same as `record`."""
        return self.record


Rule: TypeAlias = AlertingRule | RecordingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules evaluated in order. Seconds throughout; an `interval` of None means the evaluator's default."""

    name: str
    rules: tuple[Rule, ...] = ()
    interval: float | None = None
    query_offset: float | None = None
    #: How many alerts or series one rule may give; 0 for any number.
    limit: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


def rule_key(rule: Rule) -> str:
    """Name and labels, which identify a rule within its group however the rules are ordered."""
    labels = ", ".join(f'{name}="{value}"' for name, value in sorted(rule.labels.items()))
    return f"{rule.name}{{{labels}}}" if labels else rule.name

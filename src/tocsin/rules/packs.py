"""The rule files that come with the package."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from tocsin.pack_thresholds import PACK_THRESHOLDS, PackThreshold
from tocsin.rules.compiled import rule_file
from tocsin.rules.entry import number
from tocsin.rules.file import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tocsin.rules.compiled import Rule
    from tocsin.rules.file import RuleFile

#: Recording rules, and the packs that look at them.
SIGNALS = "signals"
ON_SIGNALS = frozenset({"application", "outgoing", "database", "host", "patterns"})

_FOLDER = files("tocsin.rules") / "packs"
_SUFFIX = ".yml"


def pack_names() -> tuple[str, ...]:
    """All packs, by name."""
    return tuple(sorted(file.name.removesuffix(_SUFFIX) for file in _FOLDER.iterdir() if file.name.endswith(_SUFFIX)))


def with_signals(names: Sequence[str]) -> tuple[str, ...]:
    """The packs, after the one that some of them look at."""
    others = tuple(name for name in names if name != SIGNALS)
    return (SIGNALS, *others) if len(others) < len(names) or ON_SIGNALS & set(others) else others


def load_pack(name: str, thresholds: Mapping[str, float] | None = None) -> RuleFile:
    """The pack of that name, with other thresholds than its own where these are given; its `source` is `pack:NAME`.

    Raises:
        ValueError: There is no such pack.
    """
    return load(rule_file(pack_groups(name, thresholds)) if thresholds else _text(name), source=f"pack:{name}")


def pack_groups(name: str, thresholds: Mapping[str, float] | None = None) -> tuple[Mapping[str, Any], ...]:
    """The groups of the pack as a rule file has them.

    Raises:
        ValueError: There is no such pack.
    """
    groups = yaml.safe_load(_text(name))["groups"]
    for threshold in PACK_THRESHOLDS:
        if threshold.pack == name and threshold.name in (thresholds or {}):
            for rule in (rule for group in groups for rule in group["rules"]):
                _set(rule, threshold, (thresholds or {})[threshold.name])
    return tuple(groups)


def _text(name: str) -> str:
    if name not in pack_names():
        raise ValueError(f"there is no rule pack {name!r}; packs: {', '.join(pack_names())}")
    return (_FOLDER / f"{name}{_SUFFIX}").read_text(encoding="utf-8")


def _set(rule: Rule, threshold: PackThreshold, value: float) -> None:
    """Put the value where the default stands: the first comparison with it, and what is said of it."""
    if rule.get("alert") != threshold.alert or rule["labels"]["severity"] != threshold.severity:
        return
    comparison = re.compile(rf"(?<=[<>] ){re.escape(number(threshold.in_promql(threshold.default)))}(?![\d.])")
    rule["expr"] = comparison.sub(number(threshold.in_promql(value)), rule["expr"], count=1)
    words = re.compile(rf"(?<![\w.]){re.escape(threshold.in_words(threshold.default))}(?![\w.]\w)")
    written = threshold.in_words(value)
    rule["annotations"] = {key: words.sub(written, text) for key, text in rule["annotations"].items()}

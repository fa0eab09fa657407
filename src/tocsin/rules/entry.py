"""A mapping of `tocsin.yml`, read strictly: every problem is noted under its key, none stops the reading."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tocsin.syntax.durations import parse_duration

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """What cannot be used, where it stands, and what to write instead."""

    key: str
    value: object
    fix: str

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {self.value!r}"
        return f"{self.key}{shown}: {self.fix}"


class Amount(NamedTuple):
    """A number in base units, and the template function that shows it as it was written."""

    value: float
    shown_by: str
    written: str

    @property
    def promql(self) -> str:
        """As PromQL writes it, to 15 digits."""
        return number(self.value)


@dataclass(frozen=True, slots=True)
class Entry:
    """The values of one mapping, by key. An absent key and `null` give the default."""

    path: str
    values: Mapping[str, Any]
    problems: list[KeyProblem] = field(default_factory=list)

    def problem(self, key: str, fix: str) -> None:
        """Note, once, what is wrong with the value of a key, or with the entry as a whole where the key is empty."""
        found = KeyProblem(f"{self.path}.{key}" if key else self.path, self.values.get(key), fix)
        if found not in self.problems:
            self.problems.append(found)

    def has(self, key: str) -> bool:
        """Whether there is a value."""
        return self.values.get(key) is not None

    def entry(self, key: str, allowed: Collection[str] | None = None) -> Entry:
        """A mapping inside; unknown keys are problems unless any are allowed."""
        return entry_of(self.values.get(key), path=f"{self.path}.{key}", allowed=allowed, problems=self.problems)

    def text(self, key: str, default: str = "") -> str:
        """A string; numbers and booleans as YAML writes them."""
        value = self.values.get(key)
        if value is None:
            return default
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, str | int | float):
            self.problem(key, "must be text")
            return default
        return str(value)

    def choice(self, key: str, allowed: Collection[str], default: str) -> str:
        """One of a few words."""
        value = self.text(key, default)
        if value in allowed:
            return value
        self.problem(key, f"must be one of {', '.join(allowed)}{_did_you_mean(value, allowed)}")
        return default

    def texts(self, key: str) -> dict[str, str]:
        """A mapping of strings."""
        inside = self.entry(key)
        return {name: inside.text(name) for name in inside.values}

    def labels(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """A list of label names, or a single one."""
        value = self.values.get(key)
        if value is None:
            return default
        names = tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)
        for name in names:
            self.check_label(key, name)
        return names

    def check_label(self, key: str, name: str) -> None:
        """Note it if this is not the name that a label has in Prometheus."""
        if not _LABEL.fullmatch(name):
            near = re.sub(r"[^a-zA-Z0-9_]", "_", name)
            self.problem(key, f"{name!r} is not a label of Prometheus; write {near}")

    def seconds(self, key: str, default: float) -> float:
        """A duration of more than nothing."""
        if not self.has(key):
            return default
        try:
            seconds = parse_duration(self.text(key))
        except ValueError:
            seconds = 0.0
        if seconds > 0:
            return seconds
        self.problem(key, "must be a duration such as 30s, 5m or 1h30m")
        return default

    def count(self, key: str) -> int:
        """A whole number from 1, or 0 where there is none."""
        value = self.values.get(key)
        if value is None:
            return 0
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self.problem(key, "must be a whole number from 1, such as 100")
        return 0

    def amount(self, key: str) -> Amount | None:
        """A number, a percentage or a duration."""
        found = amount_of(self.values.get(key))
        if found is None:
            self.problem(key, "must be a number such as 100, a percentage such as 70%, or a duration such as 500ms")
        return found


def entry_of(
    given: object, *, path: str, allowed: Collection[str] | None = None, problems: list[KeyProblem] | None = None
) -> Entry:
    """The mapping as an entry; nothing in it where it is none, which is a problem unless it is `null`."""
    problems = [] if problems is None else problems
    if given is not None and not isinstance(given, Mapping):
        problems.append(KeyProblem(path, given, "must be a mapping of names to values"))
        given = None
    entry = Entry(path, {str(key): value for key, value in (given or {}).items()}, problems)
    for key in [] if allowed is None else [key for key in entry.values if key not in allowed]:
        near = _did_you_mean(key, allowed or ())
        entry.problem(key, f"is unknown here{near or '; allowed: ' + ', '.join(sorted(allowed or ()))}")
    return entry


def amount_of(given: object) -> Amount | None:
    """Percentages become ratios and durations seconds, as Prometheus has them; None for what is neither."""
    text = "" if isinstance(given, bool) else str(given).strip()
    digits = text.removesuffix("%").rstrip()
    if _NUMBER.fullmatch(digits):
        value = float(digits)
        ratio = text.endswith("%")
        amount = Amount(value / 100 if ratio else value, "humanizePercentage" if ratio else "humanize", text)
        return amount if math.isfinite(value) else None
    try:
        return Amount(parse_duration(text), "humanizeDuration", text)
    except ValueError:
        return None


def number(value: float) -> str:
    """As PromQL writes it, to 15 digits."""
    return format(value, ".15g")


def _did_you_mean(value: str, allowed: Collection[str]) -> str:
    close = difflib.get_close_matches(value, allowed, n=1)
    return f"; did you mean {close[0]}?" if close else ""

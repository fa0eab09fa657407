"""A YAML document read strictly: every problem is noted with its line, none stops the reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import yaml

from tocsin.gotemplate.duration import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_NULL: Final = "tag:yaml.org,2002:null"
_MERGE: Final = "tag:yaml.org,2002:merge"
_INTEGER: Final = "tag:yaml.org,2002:int"
_FLOAT: Final = "tag:yaml.org,2002:float"
_BOOLEAN: Final = "tag:yaml.org,2002:bool"
#: libyaml's loader where PyYAML was built with it: ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong at a line (counted from 1) of a file."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Document:
    """Where the problems of one file are gathered."""

    problems: list[Problem] = field(default_factory=list)

    def complain(self, node: yaml.Node, message: str) -> None:
        """Note a problem at the line where the node starts."""
        self.problems.append(Problem(line_of(node), message))

    def root(self, text: str, *, of: str, allowed: Collection[str]) -> Fields:
        """The fields of the first document of the text; none where the text is empty or no YAML."""
        try:
            node = next(iter(yaml.compose_all(text, _LOADER)), None)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.problems.append(Problem(mark.line + 1 if mark else 1, f"not YAML: {error.problem or error.context}"))
            node = None
        except yaml.YAMLError as error:
            self.problems.append(Problem(1, f"not YAML: {error}"))
            node = None
        return self.fields(node or yaml.ScalarNode(_NULL, ""), of=of, allowed=allowed)

    def fields(self, node: yaml.Node, *, of: str, allowed: Collection[str] | None = None) -> Fields:
        """The fields of a mapping, merge keys (`<<`) resolved; keys that come twice or are not allowed are problems."""
        own: dict[str, yaml.Node] = {}
        merged: dict[str, yaml.Node] = {}
        for key, value in self._pairs(node, of):
            if key.tag == _MERGE:
                merged |= self._merged(value, of, allowed)
            elif key.value in own:
                self.complain(key, f"key {key.value!r} appears twice in {of}; keep one")
            elif allowed is not None and key.value not in allowed:
                self.complain(key, f"unknown key {key.value!r} in {of}; allowed: {', '.join(sorted(allowed))}")
            else:
                own[str(key.value)] = value
        return Fields(self, node, {**merged, **own})

    def _pairs(self, node: yaml.Node, of: str) -> list[tuple[yaml.Node, yaml.Node]]:
        if isinstance(node, yaml.MappingNode):
            return list(node.value)
        if node.tag != _NULL:
            self.complain(node, f"{of} must be a mapping, not {_kind(node)}")
        return []

    def _merged(self, node: yaml.Node, of: str, allowed: Collection[str] | None) -> dict[str, yaml.Node]:
        """The fields of a mapping, or of several, of which the first wins."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found = [self.fields(source, of=of, allowed=allowed).values for source in reversed(sources)]
        return {key: value for values in found for key, value in values.items()}


@dataclass(frozen=True, slots=True)
class Fields:
    """The values of one mapping, by key. An absent key and `null` give the type's empty value.

    Scalars count as they are written: `true` and `1` are good strings, as they are for Prometheus.
    """

    document: Document
    node: yaml.Node
    values: Mapping[str, yaml.Node]

    @property
    def line(self) -> int:
        """Where the mapping starts."""
        return line_of(self.node)

    def complain(self, key: str, message: str) -> None:
        """Note a problem at the line of the key's value, or of the mapping where the key is absent."""
        self.document.complain(self.values.get(key, self.node), message)

    def items(self, key: str) -> list[yaml.Node]:
        """The items of a list."""
        node = self._given(key)
        if node is None:
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.complain(key, f"{key} must be a list, not {_kind(node)}")
        return []

    def text(self, key: str) -> str:
        """A scalar."""
        node = self._given(key)
        if node is None:
            return ""
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self.complain(key, f"{key} must be a string, not {_kind(node)}")
        return ""

    def nested(self, key: str) -> Fields:
        """The fields of a mapping with any keys."""
        return self.document.fields(self._given(key) or yaml.ScalarNode(_NULL, ""), of=key)

    def texts(self, key: str) -> dict[str, str]:
        """A mapping of strings."""
        nested = self.nested(key)
        return {name: nested.text(name) for name in nested.values}

    def integer(self, key: str) -> int:
        """A whole number."""
        node = self._given(key)
        if node is None:
            return 0
        try:
            return int(node.value if node.tag == _INTEGER else "", 0)
        except ValueError:
            self.complain(key, f"{key} must be a whole number such as 10, not {_kind(node)}")
            return 0

    def number(self, key: str) -> float:
        """A number, which may be infinite or none; 0 where there is none."""
        node = self._given(key)
        try:
            return 0.0 if node is None else _NUMBERS[node.tag](str(node.value).replace("_", "").lower())
        except (KeyError, ValueError):
            self.complain(key, f"{key} must be a number such as 1, 0.5, .inf or .nan")
            return 0.0

    def boolean(self, key: str) -> bool:
        """True or false; false where it is absent."""
        node = self._given(key)
        if node is not None and node.tag != _BOOLEAN:
            self.complain(key, f"{key} must be true or false, not {_kind(node)}")
        return node is not None and str(node.value).lower() in {"true", "yes", "on"}

    def duration(self, key: str) -> float | None:
        """The seconds of a duration, None where there is none."""
        text = self.text(key)
        if self._given(key) is None:
            return None
        try:
            seconds = parse_duration(text)
        except ValueError:
            seconds = -1.0
        if seconds >= 0:
            return seconds
        self.complain(key, f"{key} must be a duration such as 30s, 5m or 1h30m, not {text!r}")
        return None

    def _given(self, key: str) -> yaml.Node | None:
        node = self.values.get(key)
        return None if node is None or node.tag == _NULL else node


_NUMBERS: Final[Mapping[str, Callable[[str], float]]] = {
    _INTEGER: lambda text: float(int(text, 0)),
    _FLOAT: lambda text: float(text.replace(".inf", "inf").replace(".nan", "nan")),
}


def line_of(node: yaml.Node) -> int:
    """The line where the node starts, counted from 1."""
    return int(node.start_mark.line) + 1 if node.start_mark else 1


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, yaml.SequenceNode) else repr(node.value)

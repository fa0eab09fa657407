"""A YAML document read strictly: every problem is noted with its line, none stops the reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import yaml

from tocsin.gotemplate.duration import parse_duration

if TYPE_CHECKING:
    from collections.abc import Collection

_NULL: Final = "tag:yaml.org,2002:null"
_MERGE: Final = "tag:yaml.org,2002:merge"
_INTEGER: Final = "tag:yaml.org,2002:int"
#: libyaml's loader where PyYAML was built with it: ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong at a line (counted from 1) of a file."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.line}: {self.message}"


def line_of(node: yaml.Node) -> int:
    """The line the node starts at, counted from 1."""
    return int(node.start_mark.line) + 1


def is_null(node: yaml.Node | None) -> bool:
    """Whether a value is absent, empty or `null`."""
    return node is None or node.tag == _NULL


@dataclass(slots=True)
class Document:
    """Reads nodes into plain values. Scalars are taken as they are written: `true` and `1` are good strings, as in Go."""

    problems: list[Problem] = field(default_factory=list)

    def root(self, text: str) -> yaml.Node | None:
        """The first document of the text; None where there is none."""
        try:
            return next(iter(yaml.compose_all(text, _LOADER)), None)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.problems.append(Problem(mark.line + 1 if mark else 1, f"not YAML: {error.problem or error.context}"))
        except (yaml.YAMLError, RecursionError) as error:
            self.problems.append(Problem(1, f"not YAML: {error}"))
        return None

    def complain(self, node: yaml.Node, message: str) -> None:
        """Note a problem at the node's line."""
        self.problems.append(Problem(line_of(node), message))

    def fields(
        self, node: yaml.Node | None, *, of: str, allowed: Collection[str] | None = None
    ) -> dict[str, yaml.Node]:
        """The values of a mapping by key, merge keys (`<<`) resolved; keys twice or not allowed are problems."""
        if node is None or is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.complain(node, f"{of} must be a mapping, not {_kind(node)}")
            return {}
        own: dict[str, yaml.Node] = {}
        merged: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                merged |= self._merged(value, of, allowed)
            elif key.value in own:
                self.complain(key, f"key {key.value!r} appears twice in {of}; keep one")
            elif allowed is not None and key.value not in allowed:
                self.complain(key, f"unknown key {key.value!r} in {of}; allowed: {', '.join(sorted(allowed))}")
            else:
                own[str(key.value)] = value
        return {**merged, **own}

    def _merged(self, node: yaml.Node, of: str, allowed: Collection[str] | None) -> dict[str, yaml.Node]:
        """The fields of a mapping, or of several of which the first wins."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return dict(
            pair for source in reversed(sources) for pair in self.fields(source, of=of, allowed=allowed).items()
        )

    def items(self, node: yaml.Node | None, *, of: str) -> list[yaml.Node]:
        """The items of a list."""
        if node is None or is_null(node):
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.complain(node, f"{of} must be a list, not {_kind(node)}")
        return []

    def text(self, node: yaml.Node | None, *, of: str) -> str:
        """A scalar as it is written."""
        if node is None or is_null(node):
            return ""
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self.complain(node, f"{of} must be a string, not {_kind(node)}")
        return ""

    def texts(self, node: yaml.Node | None, *, of: str) -> dict[str, str]:
        """A mapping of strings."""
        return {key: self.text(value, of=f"{of}.{key}") for key, value in self.fields(node, of=of).items()}

    def integer(self, node: yaml.Node | None, *, of: str) -> int:
        """A whole number; 0 where absent."""
        if node is None or is_null(node):
            return 0
        if isinstance(node, yaml.ScalarNode) and node.tag == _INTEGER:
            try:
                return int(node.value, 0)
            except ValueError:
                pass
        self.complain(node, f"{of} must be a whole number such as 10, not {_kind(node)}")
        return 0

    def duration(self, node: yaml.Node | None, *, of: str) -> float | None:
        """The seconds of a duration; None where absent."""
        if node is None or is_null(node):
            return None
        text = self.text(node, of=of)
        try:
            seconds = parse_duration(text)
        except ValueError:
            seconds = -1.0
        if seconds < 0:
            self.complain(node, f"{of} must be a duration such as 30s, 5m or 1h30m, not {text!r}")
            return None
        return seconds


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, yaml.SequenceNode) else repr(node.value)

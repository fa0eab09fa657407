"""A YAML document read key by key: every problem is collected with its line, and no key goes unnoticed."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import yaml
from yaml.constructor import SafeConstructor

from tocsin.syntax.durations import parse_duration

_NULL: Final = "tag:yaml.org,2002:null"
_MERGE: Final = "tag:yaml.org,2002:merge"
_BOOLEAN: Final = "tag:yaml.org,2002:bool"
_INTEGER: Final = "tag:yaml.org,2002:int"
_FLOAT: Final = "tag:yaml.org,2002:float"
#: libyaml's loader where PyYAML was built with it: ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: Deeper than any routing tree; who reads a section may recurse.
_DEEP: Final = 100
_ENDLESS: Final = "nested too deeply, or an alias refers to itself; write out what it stands for"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong in a line, counted from 1, with which key, and how it should be."""

    line: int
    place: str
    text: str

    @property
    def message(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text

    def __str__(self) -> str:
        return f"{self.line}: {self.message}"


class DocumentError(ValueError):
    """A file that cannot be used, with everything that is wrong with it: a line `source:line: message` for each."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(f"{source}:{problem}" for problem in self.problems))


class Text(NamedTuple):
    """A text and the line it stands in."""

    line: int
    value: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What was noticed while reading: what is wrong, and what is right but not applied by this version."""

    problems: list[Problem] = field(default_factory=list)
    unapplied: list[str] = field(default_factory=list)


class Section:
    """A mapping of the document. Ask for every key that may be there, then `close`: what is left over is unknown.

    A key without a value counts as absent. Whatever cannot be read is noted in `findings` and counts as absent too.
    """

    def __init__(self, node: yaml.MappingNode, path: str, findings: Findings) -> None:
        self.path = path
        self.findings = findings
        self.line = _line(node)
        self._asked: set[str] = set()
        self._keys = {str(key.value): _line(key) for key, _ in node.value}
        self._values: dict[str, yaml.Node] = {str(key.value): value for key, value in node.value}

    def report(self, text: str, name: str = "", *, line: int | None = None) -> None:
        """Note a problem with a key, or with the section as a whole."""
        self.findings.problems.append(Problem(line or self.line_of(name), self.place(name), text))

    def line_of(self, name: str) -> int:
        """The line of a key; that of the section where the key is absent."""
        return self._keys.get(name, self.line)

    def place(self, name: str) -> str:
        """How a key of this section is called in messages: `route.routes[0].receiver`."""
        return ".".join(part for part in (self.path, name) if part)

    def given(self, name: str) -> bool:
        """Whether the key has a value other than null, the empty text and the empty list."""
        node = self._values.get(name)
        return node is not None and node.tag != _NULL and node.value not in ("", [])

    def holds(self, name: str) -> bool:
        """Whether the key has a value other than null; an empty one counts."""
        self._asked.add(name)
        node = self._values.get(name)
        return node is not None and node.tag != _NULL

    def names(self) -> list[str]:
        """All keys, in order."""
        return list(self._values)

    def text(self, name: str, default: str = "") -> str:
        """Numbers and the like are taken as they are written."""
        text = self.value(name)
        return default if text is None else text.value

    def flag(self, name: str, *, default: bool) -> bool:
        node = self._node(name, yaml.ScalarNode, "true or false")
        if node is not None and node.tag != _BOOLEAN:
            self.report(f"must be true or false, not {node.value!r}", name)
            return default
        return default if node is None else str(node.value).lower() in {"true", "yes", "on"}

    def whole(self, name: str, default: int) -> int:
        """A number of things."""
        text = self.text(name)
        if text and not text.isdecimal():
            self.report(f"must be a whole number, not {text!r}", name)
            return default
        return int(text) if text else default

    def integer(self, name: str, default: int) -> int:
        """A whole number in any of YAML's notations, below zero too."""
        node = self._node(name, yaml.ScalarNode, "a whole number")
        try:
            return default if node is None else int(node.value if node.tag == _INTEGER else "", 0)
        except ValueError:
            self.report(f"must be a whole number, not {node.value!r}", name)
            return default

    def number(self, name: str, default: float) -> float:
        """A number, which may be infinite or none."""
        node = self._node(name, yaml.ScalarNode, "a number")
        try:
            return default if node is None else _number(node)
        except ValueError:
            self.report(f"must be a number such as 1, 0.5, .inf or .nan, not {node.value!r}", name)
            return default

    def duration(self, name: str, default: float) -> float:
        """Seconds."""
        text = self.text(name)
        try:
            seconds = parse_duration(text) if text else default
        except ValueError:
            seconds = -1.0
        if seconds < 0:
            self.report(f"{text!r} is no duration, write one like 30s, 5m or 1h30m", name)
            return default
        return seconds

    def texts(self, name: str) -> list[Text]:
        """A list of texts."""
        return [Text(_line(item), str(item.value)) for item in self._items(name, yaml.ScalarNode, "a list of texts")]

    def pairs(self, name: str) -> dict[str, Text | None]:
        """A mapping of texts; None for a key without a value."""
        section = self.section(name)
        return {each: section.value(each) for each in section.names()} if section else {}

    def value(self, name: str) -> Text | None:
        """A text with its line; None where the key is absent or null."""
        node = self._node(name, yaml.ScalarNode, "a text")
        return None if node is None else Text(_line(node), str(node.value))

    def section(self, name: str) -> "Section | None":
        node = self._node(name, yaml.MappingNode, "a mapping")
        return None if node is None else Section(node, self.place(name), self.findings)

    def sections(self, name: str) -> "list[Section]":
        """A list of mappings."""
        items = enumerate(self._items(name, yaml.MappingNode, "a list of mappings"))
        return [Section(item, f"{self.place(name)}[{index}]", self.findings) for index, item in items]

    def accept(self, *names: str) -> None:
        """Accept keys that have no effect here."""
        self._asked.update(names)

    def skip(self, *names: str) -> None:
        """Accept keys that this version does not apply, and note those that have a value."""
        self.accept(*names)
        given = [name for name in names if self.given(name)]
        self.findings.unapplied.extend(f"{self.place(name)} (line {self.line_of(name)})" for name in given)

    def close(self) -> None:
        """Note every key that nobody asked for."""
        for name in self._values.keys() - self._asked:
            close = difflib.get_close_matches(name, self._asked, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(self._asked))}"
            self.report(f"is not known here, {hint}", name)

    def _node(self, name: str, kind: type[yaml.Node], expected: str) -> Any:
        self._asked.add(name)
        node = self._values.get(name)
        if node is None or node.tag == _NULL:
            return None
        if not isinstance(node, kind):
            self.report(f"must be {expected}, not {_kind(node)}", name)
            return None
        return node

    def _items(self, name: str, kind: type[yaml.Node], expected: str) -> list[Any]:
        node = self._node(name, yaml.SequenceNode, expected)
        items = [] if node is None else list(node.value)
        wrong = next((item for item in items if not isinstance(item, kind)), None)
        if wrong is None:
            return items
        self.report(f"must be {expected}, {_kind(wrong)} is in it", name, line=_line(wrong))
        return []


def parse(text: str, findings: Findings, *, of: str = "the file") -> Section | None:
    """The first document of the text as a section, of which an empty text has no keys.

    None, with a problem noted, where it is no YAML or no mapping; `of` is what it is then called.
    """
    try:
        node = next(iter(yaml.compose_all(text, _LOADER)), None) or yaml.ScalarNode(_NULL, "")
        _flatten(node, findings, done=set(), above=[])
    except (yaml.YAMLError, RecursionError) as error:
        findings.problems.append(_not_yaml(error))
        return None
    if node.tag == _NULL:
        node = yaml.MappingNode("tag:yaml.org,2002:map", [])
    if not isinstance(node, yaml.MappingNode):
        findings.problems.append(Problem(_line(node), "", f"{of} must be a mapping, not {_kind(node)}"))
        return None
    return Section(node, "", findings)


def _not_yaml(error: yaml.YAMLError | RecursionError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "context", None) or " ".join(str(error).split())
    return Problem(mark.line + 1 if mark else 1, "", f"is not YAML: {reason}")


def _flatten(node: yaml.Node, findings: Findings, *, done: set[int], above: list[yaml.Node]) -> None:
    """Note keys that are set twice, then put what `<<` refers to in its place; what a mapping says itself counts.

    Raises:
        yaml.MarkedYAMLError: `<<` refers to no mapping, or the nodes are nested without end.
    """
    if not isinstance(node, yaml.CollectionNode):
        return
    if node in above or len(above) > _DEEP:
        raise yaml.MarkedYAMLError(problem=_ENDLESS, problem_mark=node.start_mark)
    if id(node) in done:
        return
    for child in node.value:
        _flatten(child[1] if isinstance(child, tuple) else child, findings, done=done, above=[*above, node])
    if isinstance(node, yaml.MappingNode):
        findings.problems.extend(_repeated(node))
        SafeConstructor().flatten_mapping(node)
    done.add(id(node))


def _repeated(node: yaml.MappingNode) -> Iterator[Problem]:
    """The keys that are set twice."""
    first: dict[str, int] = {}
    for key in [key for key, _ in node.value if key.tag != _MERGE]:
        name = str(key.value)
        if name in first:
            yield Problem(_line(key), name, f"is set twice, first in line {first[name]}")
        first.setdefault(name, _line(key))


def _number(node: yaml.ScalarNode) -> float:
    text = str(node.value).replace("_", "").lower()
    if node.tag == _INTEGER:
        return float(int(text, 0))
    return float(text.replace(".inf", "inf").replace(".nan", "nan") if node.tag == _FLOAT else "")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1 if node.start_mark else 1


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, yaml.SequenceNode) else repr(node.value)

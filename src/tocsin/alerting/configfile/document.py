"""A YAML document read key by key: every problem is collected with its line, and no key goes unnoticed."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml
from yaml.constructor import SafeConstructor

from tocsin.alerting.configfile.durations import duration

_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"
_BOOLEAN = "tag:yaml.org,2002:bool"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong in a line, and how it should be."""

    line: int
    text: str


class AlertingConfigError(ValueError):
    """A file that cannot be used, with everything that is wrong with it: a line `source:line: text` for each."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(f"{source}:{problem.line}: {problem.text}" for problem in self.problems))


class Text(NamedTuple):
    """A text and the line it stands in."""

    line: int
    value: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What was noticed while reading: what is wrong, and what is right but not done by this version."""

    problems: list[Problem] = field(default_factory=list)
    undelivered: list[str] = field(default_factory=list)
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
        self.findings.problems.append(Problem(line or self.line_of(name), f"{self.place(name)}: {text}"))

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
        node = self._node(name, yaml.ScalarNode, "a text")
        return default if node is None else str(node.value)

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

    def duration(self, name: str, default: float) -> float:
        """Seconds."""
        text = self.text(name)
        try:
            return duration(text) if text else default
        except ValueError as error:
            self.report(str(error), name)
            return default

    def texts(self, name: str) -> list[Text]:
        """A list of texts."""
        node = self._node(name, yaml.SequenceNode, "a list of texts")
        items = [] if node is None else node.value
        if not all(isinstance(item, yaml.ScalarNode) for item in items):
            self.report("must be a list of texts", name)
            return []
        return [Text(_line(item), str(item.value)) for item in items]

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
        node = self._node(name, yaml.SequenceNode, "a list of mappings")
        items = [] if node is None else node.value
        if not all(isinstance(item, yaml.MappingNode) for item in items):
            self.report("must be a list of mappings", name)
            return []
        return [Section(item, f"{self.place(name)}[{index}]", self.findings) for index, item in enumerate(items)]

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
            self.report(f"must be {expected}", name)
            return None
        return node


def parse(text: str, findings: Findings) -> Section | None:
    """The document as a section; None, with a problem noted, where it is no YAML or no mapping."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _merge(node, findings, seen=set())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        findings.problems.append(Problem(line, f"is not YAML: {error.problem}"))
        return None
    except yaml.YAMLError as error:
        findings.problems.append(Problem(1, f"is not YAML: {' '.join(str(error).split())}"))
        return None
    if not isinstance(node, yaml.MappingNode):
        findings.problems.append(Problem(1, "must be a mapping with the keys route and receivers"))
        return None
    return Section(node, "", findings)


def _merge(node: yaml.Node | None, findings: Findings, *, seen: set[int]) -> None:
    """Note keys that are set twice, then put what `<<` refers to in its place; what a mapping says itself counts."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        _check_twice(node, findings)
        SafeConstructor().flatten_mapping(node)
    for child in node.value:
        _merge(child[1] if isinstance(child, tuple) else child, findings, seen=seen)


def _check_twice(node: yaml.MappingNode, findings: Findings) -> None:
    first: dict[str, int] = {}
    for key, _ in node.value:
        line = first.setdefault(str(key.value), _line(key))
        if key.tag != _MERGE and line != _line(key):
            findings.problems.append(Problem(_line(key), f"{key.value}: is set twice, first in line {line}"))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1

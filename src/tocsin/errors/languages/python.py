"""Python, as versions 3.9 to 3.14 print it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from tocsin.errors.failure import MAX_CHAIN, MAX_MEMBERS, MAX_MESSAGE, Failure, Frame, bounded
from tocsin.errors.remote import embedded_stacktrace

_EXPLICIT = "The above exception was the direct cause of the following exception:"
_IMPLICIT = "During handling of the above exception, another exception occurred:"
_SEPARATORS = frozenset({_EXPLICIT, _IMPLICIT})
_HEADER = "Traceback (most recent call last):"
_HEADERS = frozenset({_HEADER, f"Exception Group {_HEADER}"})
_FRAME = re.compile(r'  File "(?P<path>[^"\n]*)", line (?P<line>\d+)(?:, in (?P<function>.*))?')
_LAST_LINE = re.compile(r"(?P<type>[^\W\d][\w.<>]*)(?:: (?P<message>.*)|:?)")
_GROUP_STARTS = "  + Exception Group Traceback (most recent call last):"
_GROUP_GOES_ON = ("  |", "  +", "    ")
#: Lines below a source line that mark what failed in it.
_CARETS = re.compile(r"\n {4}[ ~^]*[~^](?=\n)")
_QUOTES = '"""'


def parse(text: str) -> Failure:
    """The failure that a Python stack trace tells of; without type where there is none or its end is cut off."""
    lines = _without_prefix(_CARETS.sub("", text).split("\n"))
    return _read(_without_margin(lines) if _GROUP_STARTS in lines else lines, depth=0)


#: Path, function and line number.
Call: TypeAlias = tuple[str, str, int]


@dataclass(slots=True)
class _Link:
    """One exception of a chain while its lines arrive: frames, then type and message, then members."""

    explicit: bool = False
    calls: list[Call] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    type: str = ""
    message: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    awaits_source: bool = False
    #: Whether the message is quoting another stack trace: nothing in it begins or ends this one.
    is_quoting: bool = False

    def add(self, line: str) -> None:
        if line in _HEADERS and not self.calls and not self.is_quoting:
            self.type, self.message = "", []
        elif line.startswith("+-+-") or (self.members and line.startswith("  ")):
            self.members.append(line[2:])
        elif self.type:
            self._add_message(line)
        elif found := _LAST_LINE.fullmatch(line):
            self.type, self.message = found["type"], [found["message"] or ""]

    def _add_message(self, line: str) -> None:
        self.message.append(line)
        if line == _QUOTES:
            self.is_quoting = not self.is_quoting

    def add_frame(self, line: str) -> None:
        found = _call(line) if line[2:6] == "File" else None
        if found:
            self.calls.append(found)
            self.sources.append("")
        elif self.awaits_source and line[:4] == "    ":
            self.sources[-1] = line.strip()
        self.awaits_source = found is not None

    def failure(self, cause: Failure | None, *, depth: int) -> Failure:
        message = "\n".join(self.message).rstrip("\n")
        remote = embedded_stacktrace(self.type, message)
        if remote and depth < MAX_CHAIN:
            return _read(remote.split("\n"), depth=depth + 1)
        return Failure(
            type=self.type,
            message=message[:MAX_MESSAGE],
            frames=tuple(
                _frame(*call, source) for call, source in bounded(list(zip(self.calls, self.sources, strict=True)))
            ),
            cause=cause,
            cause_is_explicit=self.explicit,
            members=tuple(_members(self.members, depth=depth)),
        )


@lru_cache(maxsize=4096)
def _call(line: str) -> Call | None:
    """The call of a line such as `  File "a.py", line 1, in f`; the same lines come again and again."""
    found = _FRAME.fullmatch(line)
    return (found["path"], found["function"] or "", int(found["line"])) if found else None


_frame = lru_cache(maxsize=4096)(Frame.at)


def _read(lines: Iterable[str], *, depth: int) -> Failure:
    """The last exception of a chain, with the earlier ones as its causes."""
    links = [_Link()]
    link = links[0]
    for line in lines:
        if line[:2] == "  " and not link.type and not link.members:
            link.add_frame(line)
        elif line in _SEPARATORS and not link.is_quoting:
            link = _Link(explicit=line == _EXPLICIT)
            links.append(link)
        else:
            link.add(line)
    failure: Failure | None = None
    for link in links[-MAX_CHAIN:-1]:
        failure = link.failure(failure, depth=depth)
    return links[-1].failure(failure, depth=depth)


def _members(lines: list[str], *, depth: int) -> Iterator[Failure]:
    """The exceptions of a group, between lines such as `+---------------- 1 ----------------`."""
    if depth >= MAX_CHAIN:
        return
    member: list[str] = []
    found = 0
    for line in [*lines, "+-"]:
        if not line.startswith("+-") or line.startswith("+-+-"):
            member.append(_without_bar(line))
        elif member and found < MAX_MEMBERS:
            found += 1
            yield _read(member, depth=depth + 1)
            member = []


def _without_prefix(lines: list[str]) -> list[str]:
    """The lines without what a log put before the first, or before each of them."""
    first = next((number for number, line in enumerate(lines) if line.endswith(_HEADER)), None)
    if first is None:
        return lines
    prefix = lines[first][: -len(_HEADER)].removesuffix("  + Exception Group ").removesuffix("Exception Group ")
    if not prefix:
        return lines
    cut = len(prefix)
    following = lines[first + 1][cut:] if first + 1 < len(lines) else ""
    is_on_each = following.startswith(('  File "', "  | "))
    shown = [line[cut:] if is_on_each else line for line in lines[first + 1 :]]
    return [lines[first][cut:], *shown]


def _without_margin(lines: Iterable[str]) -> Iterator[str]:
    """The lines with the margin taken off where an exception group is drawn at top level."""
    in_group = False
    for line in lines:
        in_group = line == _GROUP_STARTS or (in_group and line.startswith(_GROUP_GOES_ON))
        yield _without_bar(line[2:]).removeprefix("+ ") if in_group else line


def _without_bar(line: str) -> str:
    return line[2:] if line.startswith("| ") else line.removeprefix("|")

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
_PREFIXED = re.compile(
    r"^(?P<prefix>[^\n]*?)(?:(?:  \+ )?Exception Group )?Traceback \(most recent call last\):$", re.MULTILINE
)
_LAST_LINE = re.compile(r"(?P<type>[^\W\d][\w.<>]*)(?:: (?P<message>.*)|:?)")
_GROUP_STARTS = "  + Exception Group Traceback (most recent call last):"
_GROUP_GOES_ON = ("  |", "  +", "    ")
#: The end of a stack: all of its lines are indented.
_END_OF_STACK = re.compile(r"\n(?!  )")
_QUOTES = '"""'
#: Longer stacks are not kept in memory.
_MAX_REMEMBERED = 16_384
#: Path, function and line number.
Call: TypeAlias = tuple[str, str, int]


def parse(text: str) -> Failure:
    """The failure that a Python stack trace tells of; without type where there is none or its end is cut off."""
    text = _without_prefix(text)
    if _GROUP_STARTS in text:
        text = "\n".join(_without_margin(text.split("\n")))
    return _read(text, depth=0)


@dataclass(slots=True)
class _Link:
    """One exception of a chain while its lines arrive: the stack, then type and message, then members."""

    explicit: bool = False
    stack: list[str] = field(default_factory=list)
    type: str = ""
    message: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    #: Whether the message is quoting another stack trace: nothing in it begins or ends this one.
    is_quoting: bool = False

    @property
    def awaits_stack(self) -> bool:
        """Whether an indented line is part of the stack."""
        return not self.type and not self.members

    def add(self, line: str) -> None:
        if line in _HEADERS and not self.stack and not self.is_quoting:
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

    def failure(self, cause: Failure | None, *, depth: int) -> Failure:
        message = "\n".join(self.message).rstrip("\n")
        remote = embedded_stacktrace(self.type, message)
        if remote and depth < MAX_CHAIN:
            return _read(remote, depth=depth + 1)
        return Failure(
            type=self.type,
            message=message[:MAX_MESSAGE],
            frames=_frames_of("".join(self.stack)),
            cause=cause,
            cause_is_explicit=self.explicit,
            members=tuple(_members(self.members, depth=depth)),
        )


def _frames_of(stack: str) -> tuple[Frame, ...]:
    return _remembered_frames(stack) if len(stack) <= _MAX_REMEMBERED else _frames(stack)


def _frames(stack: str) -> tuple[Frame, ...]:
    """The calls of a stack."""
    calls: list[tuple[Call, str]] = []
    awaits_source = False
    for line in stack.split("\n"):
        found = _call(line) if line[2:6] == "File" else None
        if found:
            calls.append((found, ""))
        elif awaits_source and line[:4] == "    ":
            calls[-1] = (calls[-1][0], line.strip())
        awaits_source = found is not None
    return tuple(_frame(*call, source) for call, source in bounded(calls))


#: The same stacks come again and again.
_remembered_frames = lru_cache(maxsize=1024)(_frames)


@lru_cache(maxsize=4096)
def _call(line: str) -> Call | None:
    """The call of a line such as `  File "a.py", line 1, in f`."""
    found = _FRAME.fullmatch(line)
    return (found["path"], found["function"] or "", int(found["line"])) if found else None


_frame = lru_cache(maxsize=4096)(Frame.at)


def _read(text: str, *, depth: int) -> Failure:
    """The last exception of a chain, with the earlier ones as its causes."""
    links = _links(text)
    failure: Failure | None = None
    for link in links[-MAX_CHAIN:-1]:
        failure = link.failure(failure, depth=depth)
    return links[-1].failure(failure, depth=depth)


def _links(text: str) -> list[_Link]:
    links = [_Link()]
    position = 0
    while position < len(text):
        link = links[-1]
        if link.awaits_stack and text.startswith("  ", position):
            last = _END_OF_STACK.search(text, position)
            end = last.end() if last else len(text)
            link.stack.append(text[position:end])
            position = end
            continue
        line, position = _line_at(text, position)
        if line in _SEPARATORS and not link.is_quoting:
            links.append(_Link(explicit=line == _EXPLICIT))
        else:
            link.add(line)
    return links


def _line_at(text: str, position: int) -> tuple[str, int]:
    """The line that begins at a position, and where the next does."""
    end = text.find("\n", position)
    return (text[position:end], end + 1) if end >= 0 else (text[position:], len(text))


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
            yield _read("\n".join(member), depth=depth + 1)
            member = []


def _without_prefix(text: str) -> str:
    """The text without what a log put before its first line, or before each of them."""
    found = None if text.startswith(_HEADER) else _PREFIXED.search(text)
    if found is None or not found["prefix"]:
        return text
    cut = len(found["prefix"])
    first, *following = text[found.start() :].split("\n")
    is_on_each = bool(following) and following[0][cut:].startswith(('  File "', "  | "))
    return "\n".join([first[cut:], *(line[cut:] if is_on_each else line for line in following)])


def _without_margin(lines: Iterable[str]) -> Iterator[str]:
    """The lines with the margin taken off where an exception group is drawn at top level."""
    in_group = False
    for line in lines:
        in_group = line == _GROUP_STARTS or (in_group and line.startswith(_GROUP_GOES_ON))
        yield _without_bar(line[2:]).removeprefix("+ ") if in_group else line


def _without_bar(line: str) -> str:
    return line[2:] if line.startswith("| ") else line.removeprefix("|")

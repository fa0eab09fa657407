"""Reading a failure off `exception.stacktrace` text, as Python 3.9 and later print it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from tocsin.errors.failure import MAX_CHAIN, MAX_MEMBERS, MAX_MESSAGE, Failure, Frame, bounded
from tocsin.errors.remote import embedded_stacktrace

#: Longer text is read to here only.
MAX_TEXT = 262_144

_EXPLICIT = "The above exception was the direct cause of the following exception:"
_IMPLICIT = "During handling of the above exception, another exception occurred:"
_HEADERS = frozenset({"Traceback (most recent call last):", "Exception Group Traceback (most recent call last):"})
_FRAME = re.compile(r'  File "(?P<path>[^"\n]*)", line (?P<line>\d+)(?:, in (?P<function>.*))?')
_LAST_LINE = re.compile(r"(?P<type>[^\W\d][\w.<>]*)(?:: (?P<message>.*)|:?)")
_GROUP_STARTS = "  + Exception Group Traceback (most recent call last):"
_GROUP_GOES_ON = ("  |", "  +", "    ")
_QUOTES = '"""'


def parse_stacktrace(type_name: str, message: str, stacktrace: str) -> Failure:
    """The failure that `exception.type`, `.message` and `.stacktrace` tell of; never raises.

    The stack trace knows best; type and message stand in where it is missing, cut off or of another language.
    """
    lines = stacktrace[:MAX_TEXT].replace("\r\n", "\n").split("\n")
    failure = _read(_without_margin(lines), depth=0)
    is_read = failure.type and (failure.frames or failure.members or failure.cause or not type_name)
    return failure if is_read else replace(failure, type=type_name, message=message[:MAX_MESSAGE])


@dataclass(slots=True)
class _Link:
    """One exception of a chain while its lines arrive: frames, then type and message, then members."""

    explicit: bool = False
    frames: list[Frame] = field(default_factory=list)
    type: str = ""
    message: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    awaits_source: bool = False
    #: Whether the message is quoting another stack trace: nothing in it begins or ends this one.
    is_quoting: bool = False

    def add(self, line: str) -> None:
        if line in _HEADERS and not self.frames and not self.is_quoting:
            self.type, self.message = "", []
        elif line.startswith("+-+-") or (self.members and line.startswith("  ")):
            self.members.append(line[2:])
        elif self.type:
            self._add_message(line)
        elif line.startswith("  "):
            self._add_frame(line)
        elif found := _LAST_LINE.fullmatch(line):
            self.type, self.message = found["type"], [found["message"] or ""]

    def _add_message(self, line: str) -> None:
        self.message.append(line)
        if line == _QUOTES:
            self.is_quoting = not self.is_quoting

    def _add_frame(self, line: str) -> None:
        if found := _FRAME.fullmatch(line):
            self.frames.append(Frame.at(found["path"], found["function"] or "", int(found["line"])))
        elif self.awaits_source and line.startswith("    "):
            self.frames[-1] = replace(self.frames[-1], source=line.strip())
        self.awaits_source = found is not None

    def failure(self, cause: Failure | None, *, depth: int) -> Failure:
        message = "\n".join(self.message).rstrip("\n")
        remote = embedded_stacktrace(self.type, message)
        if remote and depth < MAX_CHAIN:
            return _read(remote.split("\n"), depth=depth + 1)
        return Failure(
            type=self.type,
            message=message[:MAX_MESSAGE],
            frames=tuple(bounded(self.frames)),
            cause=cause,
            cause_is_explicit=self.explicit,
            members=tuple(_members(self.members, depth=depth)),
        )


def _read(lines: Iterable[str], *, depth: int) -> Failure:
    """The last exception of a chain, with the earlier ones as its causes."""
    links = [_Link()]
    for line in lines:
        if line in {_EXPLICIT, _IMPLICIT} and not links[-1].is_quoting:
            links.append(_Link(explicit=line == _EXPLICIT))
        else:
            links[-1].add(line)
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


def _without_margin(lines: Iterable[str]) -> Iterator[str]:
    """The lines with the margin taken off where an exception group is drawn at top level."""
    in_group = False
    for line in lines:
        in_group = line == _GROUP_STARTS or (in_group and line.startswith(_GROUP_GOES_ON))
        yield _without_bar(line[2:]).removeprefix("+ ") if in_group else line


def _without_bar(line: str) -> str:
    return line[2:] if line.startswith("| ") else line.removeprefix("|")

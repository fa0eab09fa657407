"""What went wrong, as plain values: the same whether read off a live exception or off its exported text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from tocsin.errors.module_path import module_of

#: Bounds on what one failure may hold, whatever the application raises.
MAX_FRAMES = 256
MAX_CHAIN = 16
MAX_MEMBERS = 16
MAX_MESSAGE = 8192
#: Characters of its first line that are looked at.
MAX_HEADLINE = 500
#: Times that a stack trace shows a line which directly repeats.
REPEATS = 3

#: What Python appends to a message when it prints it, and only then.
_SUGGESTION = re.compile(r"[.?] (?:Or d|D)id you (?:mean|forget)\b.*")

Codes = tuple[tuple[str, str], ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Frame:
    """One call on the stack. `module` follows from `path`; `source` is the stripped first line of the statement.

    `is_library` is what the reader of another language's stack trace says; None leaves it to the path.
    """

    module: str
    function: str
    path: str
    line_number: int = 0
    source: str = ""
    is_library: bool | None = None

    @classmethod
    def at(cls, path: str, function: str, line_number: int, source: str = "") -> "Frame":
        """The frame of a call, its module derived from the path."""
        return cls(module_of(path), function, path, line_number, source)


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception, or a message logged as an error (then `type` is empty).

    `frames` run from the outermost call to the one that raised. `cause` is what was being handled when this was
    raised; `cause_is_explicit` tells `raise … from` apart from an exception that merely happened in a handler.
    `members` are the exceptions of an exception group. `hints` are codes that only the live object knew: they may
    tell the category, never the identity, which the exported text must give as well.
    """

    type: str
    message: str
    frames: tuple[Frame, ...] = ()
    cause: "Failure | None" = None
    cause_is_explicit: bool = False
    members: tuple["Failure", ...] = ()
    hints: Codes = field(default=(), compare=False)

    @classmethod
    def of_message(cls, message: str) -> "Failure":
        """A failure that was only logged: no exception, no stack."""
        return cls(type="", message=message[:MAX_MESSAGE])

    @property
    def short_type(self) -> str:
        """The type without its module: log records drop it, and a fingerprint must not depend on the carrier."""
        return self.type.rpartition(".")[2]

    @property
    def headline(self) -> str:
        """The first line of the message: all of it that a stack trace keeps apart from notes and suggestions."""
        return headline_of(self.message)

    @property
    def codes(self) -> Codes:
        """The discriminators in the message: HTTP status, errno, SQLSTATE, constraint and the like."""
        from tocsin.errors.codes import codes_in  # noqa: PLC0415  slow to import, and of no use before a failure

        return codes_in(self.headline)

    def is_same_exception(self, other: "Failure") -> bool:
        """Whether both tell of one occurrence of one exception, whatever frames were added."""
        return self.cause is other.cause and self.members is other.members and self.message is other.message

    def chain(self) -> Iterator["Failure"]:
        """This failure and its causes, the latest first."""
        link: Failure | None = self
        while link is not None:
            yield link
            link = link.cause


def headline_of(message: str) -> str:
    """The first line of a message, without what Python suggests when printing it; where it ends in a colon, two."""
    return _headline(message[:MAX_HEADLINE])


@lru_cache(maxsize=1024)
def _headline(beginning: str) -> str:
    line, _, rest = beginning.partition("\n")
    line = line.strip()
    if line.endswith(":") and rest:
        line = f"{line} {rest.lstrip().partition(chr(10))[0].rstrip()}"
    return _SUGGESTION.sub("", line) if "id you" in line else line


def bounded(calls: Sequence[T]) -> list[T]:
    """The calls, each at most three times in a row, the middle of an overlong stack left out.

    That is how a stack trace's text abbreviates recursion; so live and exported stacks are equal.
    """
    shown: list[T] = []
    run = 0
    for index, call in enumerate(calls):
        run = run + 1 if index and call == calls[index - 1] else 1
        if run <= REPEATS:
            shown.append(call)
    if len(shown) > MAX_FRAMES:
        shown[MAX_FRAMES // 4 : MAX_FRAMES // 4 - MAX_FRAMES] = []
    return shown

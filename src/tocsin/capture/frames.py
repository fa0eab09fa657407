"""The application's own calls on the way to a failure: where, the lines around, and what the variables held."""

import linecache
from collections.abc import Callable, Iterable, Iterator
from inspect import CO_OPTIMIZED
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from tocsin.capture.values import Plain, Plainly
from tocsin.errors import InApp
from tocsin.errors.failure import Failure, Frame

#: Frames of one exception and variables of a frame that are told of; calls that are looked at.
MAX_FRAMES, MAX_LOCALS, MAX_CALLS = 10, 20, 500
#: Lines before and after the one that failed, and characters of each.
LINES_AROUND, MAX_LINE = 3, 200

#: Past whatever a class makes of the name.
traceback_of: Callable[[BaseException], TracebackType | None] = BaseException.__dict__["__traceback__"].__get__


class Place(NamedTuple):
    """A frame without anything of the application's in it."""

    frame: Frame
    #: Only if they were asked for.
    variables: dict[str, Plain] | None


def places(error: BaseException, *, in_app: InApp, plainly: Plainly | None) -> list[Place]:
    """The application's frames, those nearest to the failure; `plainly` is for their variables.

    Of an exception that has left a library only, the frames are those that it has yet to leave.
    """
    found = _of_application(_left(error), in_app) or _of_application(_waiting(error), in_app)
    return [Place(frame, _variables(live, plainly) if plainly else None) for frame, live in found[-MAX_FRAMES:]]


def describe(place: Place) -> dict[str, Any]:
    """What is told of a frame; reads its source, so not for a thread of the application."""
    frame = place.frame
    told: dict[str, Any] = {"module": frame.module, "function": frame.function, "line": frame.line_number}
    if source := lines_around(frame.path, frame.line_number):
        told["source"] = source
    return {**told, "locals": place.variables} if place.variables else told


def lines_around(path: str, line_number: int) -> dict[str, str]:
    """Line number → source, without the indentation that all have in common; empty where there is no source."""
    lines = linecache.getlines(path)
    first, last = max(1, line_number - LINES_AROUND), min(len(lines), line_number + LINES_AROUND)
    if not 0 < line_number <= len(lines):
        return {}
    around = [lines[number - 1].rstrip().expandtabs() for number in range(first, last + 1)]
    indent = min((len(line) - len(line.lstrip()) for line in around if line), default=0)
    return {str(first + place): line[indent : indent + MAX_LINE] for place, line in enumerate(around)}


def _left(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    """The calls that an exception has left, the outermost first."""
    traceback = traceback_of(error)
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno or 0
        traceback = traceback.tb_next


def _waiting(error: BaseException) -> list[tuple[FrameType, int]]:
    """The calls that it has yet to leave, the outermost first."""
    found: list[tuple[FrameType, int]] = []
    traceback = traceback_of(error)
    frame = traceback.tb_frame.f_back if traceback else None
    while frame is not None and len(found) < MAX_CALLS:
        found.append((frame, frame.f_lineno or 0))
        frame = frame.f_back
    return found[::-1]


def _of_application(calls: Iterable[tuple[FrameType, int]], in_app: InApp) -> list[tuple[Frame, FrameType]]:
    """At most the first and last calls of an endless recursion are looked at."""
    every = list(calls)
    looked_at = [*every[: MAX_CALLS // 2], *every[MAX_CALLS // 2 :][-MAX_CALLS // 2 :]]
    found = [(Frame.at(live.f_code.co_filename, live.f_code.co_name, line), live) for live, line in looked_at]
    ours = in_app.of(Failure(type="", message="", frames=tuple(frame for frame, _ in found)))
    return [(frame, live) for frame, live in found if ours.includes(frame)]


def _variables(live: FrameType, plainly: Plainly) -> dict[str, Plain]:
    """Of a function; a module's and a class's are not local to a call."""
    if not live.f_code.co_flags & CO_OPTIMIZED:
        return {}
    held = live.f_locals
    names = [name for name in held if type(name) is str and not name.startswith("__")][:MAX_LOCALS]
    return {name: plainly.of(held[name]) for name in names}

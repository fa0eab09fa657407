"""The text of a traceback, byte for byte the standard library's, at a fraction of its price where it repeats."""

import linecache
import sys
import traceback
import weakref
from collections.abc import Iterator
from types import CodeType, TracebackType
from typing import NamedTuple

from tocsin.errors import InApp, message_of, type_of
from tocsin.errors.failure import Frame
from tocsin.errors.live import UNPRINTABLE, callers, calls, cause_of

#: Calls whose text is remembered, mostly less than a kilobyte each; when there are more, all are forgotten.
REMEMBERED = 4_096
#: Characters of source that one of them may have.
REMEMBERED_LENGTH = 4_096
#: Repetitions of one line that the standard library prints before it only counts them.
PRINTED = 3

_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"

#: The standard library prints more than the message of these: source, and what might have been meant.
_ADVISED = (SyntaxError, NameError, AttributeError, ImportError)
#: What it reads off an exception, and what changes its mind: a class that answers for itself is left to it.
_READ = ("__class__", "__getattribute__", "__cause__", "__context__", "__suppress_context__", "__traceback__")
_CHANGING = ("__getattr__", "__notes__", "__bool__", "__len__", "exceptions")


def stacktrace_of(error: BaseException, *, in_app: InApp, remembered: "TracebackText | None" = None) -> str:
    """The text that tells as much as the live exception: where no call that it has left is the application's, the
    calls that it has yet to leave come before them. Else it is the standard library's.
    """
    if not any(in_app.includes(Frame.at(call.code.co_filename, call.code.co_name, 0)) for call in calls(error)):
        return _with_callers(error)
    text = remembered and remembered.format(error)
    return text or "".join(traceback.format_exception(error))


def _with_callers(error: BaseException) -> str:
    told = traceback.TracebackException.from_exception(error, compact=True)
    above = reversed(list(callers(error)))
    told.stack[:0] = [
        traceback.FrameSummary(each.code.co_filename, each.line_number, each.code.co_name) for each in above
    ]
    return "".join(told.format())


class _Entry(NamedTuple):
    """What is printed for one call: it depends on the code, the instruction and the lines of source alone."""

    code: weakref.ref[CodeType]
    filename: str
    lines: slice
    source: list[str]
    #: File, line and function: where they repeat, it is a recursion.
    place: tuple[object, ...]
    text: str


class _Sources(dict[str, list[str]]):
    """The lines of each file: the standard library looks once a traceback whether it has changed."""

    def __missing__(self, filename: str) -> list[str]:
        linecache.checkcache(filename)
        lines = self[filename] = linecache.getlines(filename)
        return lines


class TracebackText:
    """Formats exceptions as `traceback.format_exception` does, and remembers what it prints for each call.

    That is text only, and bounded; of code it keeps no more than weak references. Takes a third of a microsecond for a
    call that was printed before, and the standard library's time for the others. Thread-safe.
    """

    def __init__(self) -> None:
        self._entries: dict[tuple[int, int, int | None], _Entry] = {}
        self._plain: weakref.WeakKeyDictionary[type, bool] = weakref.WeakKeyDictionary()

    def format(self, error: BaseException) -> str | None:
        """The text; None where only the standard library knows it, as for groups of exceptions."""
        if hasattr(sys, "tracebacklimit"):
            return None
        chain = self._chain(error)
        sources = _Sources()
        parts: list[str] = []
        for link, joint in reversed(chain):
            tail = _tail(link)
            if tail is None:
                return None
            parts += (*self._stack(link.__traceback__, sources), tail, joint)
        return "".join(parts) or None

    def _chain(self, error: BaseException) -> list[tuple[BaseException, str]]:
        """The exceptions that are printed, the last one first, each with what follows it; empty unless all are plain.

        A chain that bites its tail is not plain either.
        """
        chain: list[tuple[BaseException, str]] = []
        seen: set[int] = set()
        link, joint = error, ""
        while True:
            if id(link) in seen or not self._is_plain(type(link)):
                return []
            seen.add(id(link))
            chain.append((link, joint))
            cause = cause_of(link)
            if cause is None:
                return chain
            link, joint = cause, _CONTEXT if link.__cause__ is None else _CAUSE

    def _is_plain(self, kind: type[BaseException]) -> bool:
        plain = self._plain.get(kind)
        if plain is None:
            plain = self._plain[kind] = _is_plain(kind)
        return plain

    def _stack(self, calls: TracebackType | None, sources: _Sources) -> Iterator[str]:
        if calls is not None:
            yield "Traceback (most recent call last):\n"
        place: tuple[object, ...] = ()
        count = 0
        while calls is not None:
            entry = self._entry(calls, sources)
            if entry.place != place:
                yield _repetitions(count)
                place, count = entry.place, 0
            count += 1
            if count <= PRINTED:
                yield entry.text
            calls = calls.tb_next
        yield _repetitions(count)

    def _entry(self, call: TracebackType, sources: _Sources) -> _Entry:
        code = call.tb_frame.f_code
        key = id(code), call.tb_lasti, call.tb_lineno
        entry = self._entries.get(key)
        if entry is None or entry.code() is not code or sources[entry.filename][entry.lines] != entry.source:
            entry = _read(call, sources)
            if _is_settled(entry.filename) and sum(map(len, entry.source)) <= REMEMBERED_LENGTH:
                self._remember(key, entry)
        return entry

    def _remember(self, key: tuple[int, int, int | None], entry: _Entry) -> None:
        if len(self._entries) >= REMEMBERED:
            self._entries.clear()
        self._entries[key] = entry


def _read(call: TracebackType, sources: _Sources) -> _Entry:
    """As the standard library prints the call. The source is read before, so that a change meanwhile is noticed."""
    code = call.tb_frame.f_code
    lines = sources[code.co_filename]
    stack = traceback.extract_tb(call, limit=1)
    (summary,) = stack
    first = summary.lineno or 0
    last = max(first, getattr(summary, "end_lineno", None) or 0)
    place = (summary.filename, summary.lineno, summary.name)
    where = slice(max(0, first - 1), last)
    return _Entry(weakref.ref(code), code.co_filename, where, lines[where], place, "".join(stack.format()))


def _is_settled(filename: str) -> bool:
    """Whether it is known if there is source: the file of a missing one may come to be."""
    return filename in linecache.cache or (filename.startswith("<") and filename.endswith(">"))


def _repetitions(count: int) -> str:
    more = count - PRINTED
    return f"  [Previous line repeated {more} more time{'s' if more > 1 else ''}]\n" if more > 0 else ""


def _tail(error: BaseException) -> str | None:
    """What is printed after the stack; None for an exception that cannot say what it is."""
    if isinstance(error, _ADVISED) or hasattr(error, "__notes__"):
        told = traceback.TracebackException(type(error), error, error.__traceback__, limit=0, compact=True)
        return "".join(told.format_exception_only())
    message = message_of(error)
    if message is UNPRINTABLE:
        return None
    return "%s: %s\n" % (type_of(error), message) if message else f"{type_of(error)}\n"  # noqa: UP031  as it does


def _is_plain(kind: type[BaseException]) -> bool:
    return (
        all(getattr(kind, name) is getattr(BaseException, name) for name in _READ)
        and not any(hasattr(kind, name) for name in _CHANGING)
        and isinstance(kind.__module__, str)
    )

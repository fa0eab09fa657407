"""Reading a failure off a live exception, without holding on to it."""

import linecache
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from types import CodeType
from typing import Any, NamedTuple

from tocsin.errors.failure import MAX_CHAIN, MAX_FRAMES, MAX_MEMBERS, MAX_MESSAGE, Codes, Failure, Frame, bounded
from tocsin.errors.in_app import InApp
from tocsin.errors.remote import embedded_stacktrace

#: Exceptions of one failure that are read at most, causes and members of groups together.
MAX_EXCEPTIONS = 64
#: What a traceback prints for an exception that cannot say what it is.
UNPRINTABLE = "<exception str() failed>"
NO_DETAIL = "<no detail available>"

#: What an instance holds, past whatever its class makes of the name.
_own: Callable[[BaseException], dict[str, Any]] = BaseException.__dict__["__dict__"].__get__

#: Attributes under which libraries keep codes on their exceptions.
_HINTS = {
    "status_code": "http.status",
    "status": "http.status",
    "code": "http.status",
    "errno": "errno",
    "sqlstate": "sqlstate",
    "pgcode": "sqlstate",
}


class Call(NamedTuple):
    """Where a call is: the instruction to recognise it by, the line to read."""

    code: CodeType
    instruction: int
    line_number: int
    names: dict[str, Any]


def failure_of(error: BaseException, *, in_app: InApp = InApp()) -> Failure:  # noqa: B008  immutable
    """The failure that an exception stands for; keeps no reference to it, and never raises whatever it does.

    An exception on its way shows only the calls that it has left. Where none of them is the application's (a library's
    instrumentation sees it first), the calls that it has yet to leave are read off the stack.
    """
    failure = _Reader().read(error)
    if error.__traceback__ is None or any(map(in_app.includes, failure.frames)):
        return failure
    return replace(failure, frames=(*_frames(reversed(list(callers(error)))), *failure.frames))


def callers(error: BaseException) -> Iterator[Call]:
    """The calls that an exception has yet to leave, the nearest first; none where it was caught for good."""
    frame = error.__traceback__.tb_frame.f_back if error.__traceback__ else None
    for _ in range(MAX_FRAMES):
        if frame is None:
            return
        yield Call(frame.f_code, frame.f_lasti, frame.f_lineno or 0, frame.f_globals)
        frame = frame.f_back


def calls(error: BaseException) -> Iterator[Call]:
    """The calls that an exception has left, the outermost first."""
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        yield Call(frame.f_code, traceback.tb_lasti, traceback.tb_lineno or 0, frame.f_globals)
        traceback = traceback.tb_next


class _Reader:
    """Reads causes and members recursively, each exception once, within a budget."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def read(self, error: BaseException, depth: int = 1) -> Failure:
        self._seen.add(id(error))
        message = message_of(error)
        if remote := embedded_stacktrace(type(error).__name__, message):
            from tocsin.errors.stacktrace import parse_stacktrace  # noqa: PLC0415  slow to import, and rarely needed

            return parse_stacktrace(type_of(error), message, remote)
        cause = cause_of(error) if depth < MAX_CHAIN else None
        return Failure(
            type=type_of(error),
            message=message[:MAX_MESSAGE],
            frames=(*_frames(calls(error)), *_syntax_frame(error)),
            cause=self.read(cause, depth + 1) if cause is not None and self._is_unread(cause) else None,
            cause_is_explicit=error.__cause__ is not None,
            members=tuple(self.read(member, depth + 1) for member in members_of(error) if self._is_unread(member)),
            hints=(*hints_of(error), ("bases", bases_of(error))),
        )

    def _is_unread(self, error: BaseException) -> bool:
        return id(error) not in self._seen and len(self._seen) < MAX_EXCEPTIONS


def type_of(error: BaseException) -> str:
    """The qualified name, as a traceback prints it."""
    kind = type(error)
    module = kind.__module__
    return kind.__qualname__ if module in {"builtins", "__main__"} else f"{module}.{kind.__qualname__}"


def message_of(error: BaseException) -> str:
    """What a traceback prints after the type."""
    try:
        return str(error.msg or NO_DETAIL) if isinstance(error, SyntaxError) else str(error)
    except Exception:  # noqa: BLE001  a foreign __str__ may raise anything
        return UNPRINTABLE


def cause_of(error: BaseException) -> BaseException | None:
    """What a traceback prints before this exception: its cause, else its context unless suppressed."""
    if error.__cause__ is not None:
        return error.__cause__
    return None if error.__suppress_context__ else error.__context__


def members_of(error: BaseException) -> tuple[BaseException, ...]:
    """The exceptions of an exception group; the back-port for Python 3.10 looks the same."""
    if not type(error).__name__.endswith("ExceptionGroup"):
        return ()
    members = getattr(error, "exceptions", ())
    return tuple(member for member in members if isinstance(member, BaseException))[:MAX_MEMBERS]


def _frames(calls: Iterable[Call]) -> Iterator[Frame]:
    for code, line_number in bounded([_readable(call) for call in calls]):
        source = linecache.getline(code.co_filename, line_number)
        yield Frame.at(code.co_filename, code.co_name, line_number, source.strip())


def _readable(call: Call) -> tuple[CodeType, int]:
    # Lets linecache ask the module's loader for source that is in no file of its own.
    linecache.lazycache(call.code.co_filename, call.names)
    return call.code, call.line_number


def _syntax_frame(error: BaseException) -> Iterator[Frame]:
    if isinstance(error, SyntaxError) and error.lineno is not None:
        yield Frame.at(error.filename or "<string>", "", error.lineno, str(error.text or "").strip())


def bases_of(error: BaseException) -> str:
    """The names of the classes, nearest first, that the exception's own is derived from."""
    bases = type(error).__mro__[1:]
    return ",".join(base.__name__ for base in bases if issubclass(base, BaseException))[:256]


def hints_of(error: BaseException) -> Codes:
    """Codes in the instance's own attributes: no property and no other code of the application runs."""
    own = _own(error)
    if not own:
        return ()
    values = ((code, own.get(name)) for name, code in _HINTS.items())
    return tuple(
        (code, str(int(value)) if isinstance(value, int) else value[:64])
        for code, value in values
        if isinstance(value, int | str)
    )

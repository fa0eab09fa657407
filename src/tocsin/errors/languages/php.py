"""PHP: `Throwable::__toString()` and the engine's own reports of what was not caught."""

import re
from collections.abc import Sequence

from tocsin.errors.failure import MAX_CHAIN, MAX_MESSAGE, Failure, Frame, bounded
from tocsin.errors.module_path import module_of

_HEADER = re.compile(
    r"(?:PHP )?(?:Fatal error:\s+)?(?:Uncaught )?(?P<type>[A-Za-z_][\w\\]*)(?:: (?P<message>.*?))?"
    r"(?: in (?P<path>\S+?)(?::(?P<line>\d+)| on line \d+))?",
    re.DOTALL,
)
_CALL = re.compile(
    r"#\d+ (?:(?P<path>[^\n(]+)\((?P<line>\d+)\): |\[internal function\]: )?(?P<function>[^(\n]+)(?:\(.*)?"
)
_LIBRARY = re.compile(r"/vendor/|^phar:|^$")
_NEXT = re.compile(r"\n\s*\nNext ")
_STACK = "Stack trace:"
MAX_HEADER = 2048


def parse(text: str) -> Failure:
    """The failure. PHP prints the earliest exception first and each `Next` one after it."""
    failure: Failure | None = None
    for part in _NEXT.split(text)[-MAX_CHAIN:]:
        failure = _failure(part, failure)
    return failure or Failure("", "")


def _failure(part: str, cause: Failure | None) -> Failure:
    head, _, stack = part.partition(_STACK) if _STACK in part else ("", "", part)
    header = _HEADER.fullmatch(head.strip()[:MAX_HEADER])
    calls = [found for line in stack.split("\n") if (found := _CALL.fullmatch(line.strip()))]
    return Failure(
        header["type"].replace("\\", ".") if header else "",
        ((header["message"] or "") if header else "")[:MAX_MESSAGE],
        tuple(reversed(bounded(_frames(header, calls)))),
        cause=cause,
        cause_is_explicit=cause is not None,
    )


def _frames(header: re.Match[str] | None, calls: Sequence[re.Match[str]]) -> list[Frame]:
    """PHP names with each call where it was made from; here a frame is a function and where it was."""
    places = [(call["path"] or "", int(call["line"] or 0)) for call in calls]
    if header and header["path"]:
        places = [(header["path"], int(header["line"] or 0)), *places]
        functions = [_function(call["function"]) for call in calls] + ["{main}"]
    else:
        functions = [_function(call["function"]) for call in calls[1:]] + ["{main}"]
    named = zip(places, functions, strict=False)
    return [_frame(path, line, function) for (path, line), function in named if path or function != "{main}"]


def _function(name: str) -> str:
    return re.split(r"->|::|\\", name)[-1].strip()


def _frame(path: str, line: int, function: str) -> Frame:
    is_library = _LIBRARY.search(path) is not None
    return Frame(module_of(path).removesuffix(".php"), function, path, line, is_library=is_library)

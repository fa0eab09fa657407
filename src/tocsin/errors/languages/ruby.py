"""Ruby: `full_message` in either order of its quotes, and bare back traces."""

import re
from collections.abc import Iterator, Sequence

from tocsin.errors.failure import MAX_CHAIN, MAX_MESSAGE, Failure, Frame, bounded
from tocsin.errors.module_path import module_of

_FRAME = re.compile(r"\s*(?:from )?(?P<path>[^\n]+?):(?P<line>\d+):in [`'](?P<function>[^'\n]*)'(?P<rest>: .*)?")
_RAISED = re.compile(r": (?P<message>.*?)(?: \((?P<type>[A-Z][\w:]*)\))?")
_LIBRARY = re.compile(r"/gems/|/vendor/bundle/|/lib/ruby/|/ruby/\d|^<internal:|/rubies/|/bin/[^/]+$")
_BLOCK = re.compile(r"^(?:(?:block|rescue|ensure)(?: \(\d+ levels\))? in )+|^(?:[A-Z][\w:]*)[#.]")


def parse(text: str) -> Failure:
    """The failure; the exceptions that follow the first are its causes."""
    failure: Failure | None = None
    for block in reversed(list(_blocks(text.split("\n")))[:MAX_CHAIN]):
        failure = _failure(block, failure)
    return failure or Failure("", "")


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in lines:
        found = _FRAME.fullmatch(line)
        if found and found["rest"] and block:
            yield block
            block = []
        block.append(line)
    yield block


def _failure(block: Sequence[str], cause: Failure | None) -> Failure:
    calls = [found for line in block if (found := _FRAME.fullmatch(line))]
    raised = _RAISED.fullmatch(calls[0]["rest"]) if calls and calls[0]["rest"] else None
    return Failure(
        ((raised["type"] or "") if raised else "").replace("::", "."),
        (raised["message"] if raised else "")[:MAX_MESSAGE],
        tuple(reversed(bounded([_frame(call) for call in calls]))),
        cause=cause,
        cause_is_explicit=cause is not None,
    )


def _frame(call: re.Match[str]) -> Frame:
    path = call["path"]
    function = _BLOCK.sub("", _BLOCK.sub("", call["function"]))
    is_library = _LIBRARY.search(path) is not None
    return Frame(module_of(path).removesuffix(".rb"), function, path, int(call["line"]), is_library=is_library)

"""Go: panics with their goroutine, `debug.Stack()`, and `%+v` of github.com/pkg/errors."""

import re
from collections.abc import Sequence
from itertools import pairwise

from tocsin.errors.failure import MAX_MESSAGE, Failure, Frame, bounded

_PLACE = re.compile(r"\t(?P<path>\S+\.(?:go|s)):(?P<line>\d+)(?: \+0x[0-9a-f]+)?")
_CALL = re.compile(r"(?P<package>(?:[^\s()]*/)?[^\s()./]+)\.(?P<function>(?:\(\*?\w[^()]*\)\.)?[^()]+)(?:\(.*\))?")
_PANIC = re.compile(r"(?:panic|fatal error): (?P<message>.*?)(?: \[recovered\])?")
_CLOSURE = re.compile(r"(?:\.func\d+(?:\.\d+)*|\.gowrap\d+|-fm|\[\.\.\.\])+$")
#: Modules of others.
_LIBRARY = re.compile(r"/pkg/mod/|/vendor/|^_|^runtime/")
#: Where the standard library is; without modules, the application as well.
_ROOT = re.compile(r"/go(?:[\d.]+)?/(?:libexec/)?src/[^./]+/")


def parse(text: str) -> Failure:
    """The failure. A panic's type is `panic`; what `errors.Wrap` adds is part of the message."""
    lines = text.split("\n")
    frames = _raising_first(_frames(lines))
    panic = next((found for line in lines if (found := _PANIC.fullmatch(line.strip()))), None)
    return Failure(
        "panic" if panic else "",
        (panic["message"] if panic else "")[:MAX_MESSAGE],
        tuple(reversed(bounded(frames))),
    )


def _frames(lines: Sequence[str]) -> list[Frame]:
    found: list[Frame] = []
    for call, place in pairwise(lines):
        where = _PLACE.fullmatch(place)
        # The one function that is printed without its package.
        named = f"runtime.{call}" if call.startswith("panic(") else call
        what = _CALL.fullmatch(named) if where and not call.startswith("created by ") else None
        if where and what:
            found.append(_frame(what, where))
    return found


def _frame(what: re.Match[str], where: re.Match[str]) -> Frame:
    package, path = what["package"], where["path"]
    is_library = _LIBRARY.search(path) is not None or (_is_standard(package) and _ROOT.search(path) is not None)
    function = _CLOSURE.sub("", what["function"])
    return Frame(package.replace(".", "_").replace("/", "."), function, path, int(where["line"]), is_library=is_library)


def _is_standard(package: str) -> bool:
    return package != "main" and "." not in package.partition("/")[0]


def _raising_first(frames: list[Frame]) -> list[Frame]:
    """The frames without the machinery above the panic."""
    panicking = [
        number for number, frame in enumerate(frames) if frame.module == "runtime" and "panic" in frame.function
    ]
    return frames[panicking[-1] + 1 :] if panicking else frames

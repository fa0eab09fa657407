"""JavaScript as V8 (Node.js, Chrome), Firefox and Safari print it."""

import re
from collections.abc import Sequence

from tocsin.errors.failure import MAX_CHAIN, MAX_MESSAGE, Failure, Frame, bounded

_V8 = re.compile(
    r"\s+at (?:(?:async )?(?:new )?(?P<function>[^()\n]+?)(?: \[as [^\]]+\])? \((?P<place>.*?)\)"
    r"|(?:async )?(?P<bare>\S+))(?: \{)?"
)
_GECKO = re.compile(r"(?P<function>[^@\n]*)@(?P<bare>\S+)")
_LOCATION = re.compile(r"(?P<path>.*?)(?::(?P<line>\d+))?(?::\d+)?")
_HEADER = re.compile(
    r"(?:Uncaught )?(?:\(in promise\) )?(?P<type>[A-Za-z_$][\w$.]*)(?: \[[\w-]+\])?(?:: (?P<message>.*))?"
)
_CAUSE = re.compile(r"\s*(?:\{ )?\[cause\]: |^Caused by: ", re.MULTILINE)
_ORIGIN = re.compile(r"^(?:webpack(?:-internal)?:/*(?:[\w-]+/)?|file:/+|[a-z-]+://[^/]*/|\./|/)(?:\./)?")
_ROOT = re.compile(r"(?:.*/)?(?:(?:releases/[^/]+|current|app|src|dist|build|usr/src/[^/]+|srv/[^/]+|var/task)/)+")
_BUILD = re.compile(r"[.-](?=[0-9a-fA-F]*\d)[0-9a-fA-F]{6,}|\.(?:chunk|bundle|min)|\.[cm]?[jt]sx?$|[?#].*")
_LIBRARY = re.compile(
    r"node_modules/|^(?:node:|internal/|native|<anonymous>|webpack/|extensions::)|-extension://|\[native code\]|^$"
)
_RECEIVER = re.compile(r"^(?:Object|Module|Function|global|exports|window)\.|<anonymous>|/<|\*")


def parse(text: str) -> Failure:
    """The failure, with what it names as `cause`. Firefox and Safari print neither type nor message."""
    failure: Failure | None = None
    for part in reversed(_CAUSE.split(text)[:MAX_CHAIN]):
        failure = _failure(part.split("\n"), failure)
    return failure or Failure("", "")


def _failure(lines: Sequence[str], cause: Failure | None) -> Failure:
    frames = tuple(reversed(bounded([_frame(found) for line in lines if (found := _call(line))])))
    words = [line for line in lines if line.strip() and not _call(line)]
    header = _HEADER.fullmatch(words[0].strip()) if words else None
    kind, message = (header["type"], [header["message"] or "", *words[1:]]) if header else ("", words)
    return Failure(kind, "\n".join(message)[:MAX_MESSAGE], frames, cause=cause, cause_is_explicit=cause is not None)


def _call(line: str) -> re.Match[str] | None:
    return _V8.fullmatch(line.rstrip()) or _GECKO.fullmatch(line.strip())


def _frame(call: re.Match[str]) -> Frame:
    groups = call.groupdict()
    location = _LOCATION.fullmatch(groups.get("place") or groups["bare"] or "")
    path = location["path"].replace("\\", "/") if location else ""
    line = int(location["line"] or 0) if location else 0
    function = _RECEIVER.sub("", groups["function"] or "")
    return Frame(_module(path), function, path, line, is_library=_LIBRARY.search(path) is not None)


def _module(path: str) -> str:
    """The file, without server, root, hash of the build and extension."""
    if "node_modules/" in path:
        path = path.rpartition("node_modules/")[2]
    bare = _ROOT.sub("", _ORIGIN.sub("", path), count=1)
    return _BUILD.sub("", bare).replace("/", ".")

"""Reading a failure off `exception.stacktrace` text, whichever language wrote it."""

import re
from collections.abc import Callable
from dataclasses import replace

from tocsin.errors.failure import MAX_MESSAGE, Failure
from tocsin.errors.languages import dotnet, go, java, javascript, php, python, ruby

#: Longer text is read to here only.
MAX_TEXT = 262_144
#: Longer lines of languages other than Python are, too.
MAX_LINE = 1024

#: What only the stack traces of a language have, and who reads it; the first that is found.
_LANGUAGES: tuple[tuple[re.Pattern[str], Callable[[str], Failure]], ...] = (
    (re.compile(r'^[^\n]*Traceback \(most recent call last\):|^[ |]*File "', re.MULTILINE), python.parse),
    (re.compile(r"^goroutine \d+ \[|^\t\S+\.go:\d+", re.MULTILINE), go.parse),
    (re.compile(r"^#\d+ (?:\S*\(\d+\): |\{main\}|\[internal function\])|^Stack trace:$", re.MULTILINE), php.parse),
    (re.compile(r":\d+:in [`']", re.MULTILINE), ruby.parse),
    (re.compile(r"^[ \t]+at [^\n]{1,400}\((?:[\w$. -]+\.(?:java|kt|scala|groovy|clj|php)(?::\d+)?|Native Method"
                r"|Unknown Source)\)", re.MULTILINE), java.parse),
    (re.compile(r"^[ \t]+at [^\n]{1,400}\)(?: in [^\n]+:line \d+)?[ \t]*$(?<!:\d\))(?<!:\d\d\))(?<!>\))(?<!native\))",
                re.MULTILINE), dotnet.parse),
    (re.compile(r"^[ \t]+at [^\n]|^[^\n@]{0,400}@[^\n]{1,400}:\d+:\d+$", re.MULTILINE), javascript.parse),
)  # fmt: skip


def parse_stacktrace(type_name: str, message: str, stacktrace: str) -> Failure:
    """The failure that `exception.type`, `.message` and `.stacktrace` tell of; never raises.

    The stack trace knows best; type and message stand in where it is missing, cut off or unreadable.
    """
    failure = _read(_with_line_breaks(stacktrace[:MAX_TEXT]))
    is_read = failure.type and (failure.frames or failure.members or failure.cause or not type_name)
    if is_read and not (stacktrace.endswith(failure.message[-1:]) and _is_cut(failure, type_name, message)):
        return failure
    return replace(failure, type=type_name or failure.type, message=message[:MAX_MESSAGE])


def _is_cut(failure: Failure, type_name: str, message: str) -> bool:
    """Whether a stack trace ends within its last line, as where exporters limit the length of attributes.

    What is left of the message, or of the type, begins what was told beside it; a log's message lacks quotes.
    """
    if not failure.message:
        return bool(type_name) and (bool(message) or failure.short_type != type_name.rpartition(".")[2])
    unquoted = failure.message.lstrip("'\"")
    return len(failure.message) < len(message) + 2 and message.startswith((failure.message, unquoted))


def _read(text: str) -> Failure:
    parse = next((parse for shape, parse in _LANGUAGES if shape.search(text)), python.parse)
    return parse(text if parse is python.parse else "\n".join(line[:MAX_LINE] for line in text.split("\n")))


def _with_line_breaks(text: str) -> str:
    """The text with its line breaks as one character, also where a log wrote them out."""
    if "\n" not in text and "\\n" in text:
        text = text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
    return text.replace("\r\n", "\n") if "\r" in text else text

"""Stack traces: the frames of one repeat in others, and what it ends with says its message once more."""

import re

BEGINNING = "Traceback (most recent call last):\n"

_FRAME = '\n  File "'
#: A frame, and the type of the exception behind it.
_LAST = re.compile(r' {0,2}File "[^\n]{1,1000}\n(?: [^\n]{0,1000}\n){0,3}[\w.]{1,200}: ')
#: Longer names are not looked at as names of secrets.
_LONGEST_TYPE = 64


def split(text: str) -> tuple[str, str]:
    """The frames of a Python stack trace, and its end from the last frame on; two empty texts where it has no frames.

    The last frame is in both. So whatever is found in the text is found in one of them: nothing that is looked for
    goes over more lines than these two, but for what SQLAlchemy repeats of a statement.
    """
    last = text.rfind(_FRAME)
    source = text.find("\n", last + 1)
    end = text.find("\n", source + 1)
    if last < 0 or source < 0 or end < 0 or text.find("[SQL: ", 0, end) >= 0:
        return "", ""
    return text[:end], text[last + 1 :]


def head(text: str) -> str:
    """Of the end of a stack trace, as `split` gives it, all but the message; empty where that is something else."""
    match = _LAST.match(text)
    return match[0] if match else ""


def tells(stacktrace: str, text: str) -> bool:
    """Whether a stack trace ends with this text, as a line of its own or behind the type: its message, its summary."""
    end = len(stacktrace) - stacktrace.endswith("\n")
    start = end - len(text)
    if not stacktrace.startswith(text, start, end) or start <= 0:
        return False
    if stacktrace.startswith(".", start - 1):  # between module and type: a summary has the type alone
        kind = text.partition(":")[0]
        return kind.isidentifier() and start + len(kind) - stacktrace.rfind("\n", 0, start) <= _LONGEST_TYPE
    return stacktrace.startswith("\n", start - 1) or stacktrace.startswith(": ", start - 2)

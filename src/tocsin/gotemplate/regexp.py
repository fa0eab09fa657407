"""Go's regexp on top of Python's `re`: the syntax both share, and Go's replacement templates."""

import re
from collections.abc import Iterator
from functools import lru_cache

#: A pattern that backtracks may take long on long texts; what templates handle is short.
MAX_TEXT = 65_536

_REFERENCE = re.compile(r"\$(?:\$|(?P<name>\w+)|\{(?P<braced>\w+)\})")
_POSIX = {
    "[:alnum:]": "0-9A-Za-z",
    "[:alpha:]": "A-Za-z",
    "[:blank:]": r"\t ",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:punct:]": r"!-/:-@\[-`{-~",
    "[:space:]": r"\s",
    "[:upper:]": "A-Z",
    "[:word:]": r"\w",
    "[:xdigit:]": "0-9A-Fa-f",
}
_DIFFERENT = re.compile(r"\\z|\\.|\(\?<(?=[A-Za-z_])|\[:[a-z]+:\]", re.DOTALL)


def match(pattern: str, text: str) -> bool:
    """Whether the pattern occurs anywhere in the text.

    Raises:
        ValueError: The pattern is no regular expression, or the text too long.
    """
    return _compiled(pattern).search(_bounded(text)) is not None


def replace_all(pattern: str, replacement: str, text: str) -> str:
    """The text with every match replaced; `$1` and `${name}` stand for groups, `$$` for a dollar.

    Raises:
        ValueError: The pattern is no regular expression, or the text too long.
    """
    parts: list[str] = []
    end = 0
    for found in _matches(_compiled(pattern), _bounded(text)):
        parts += text[end : found.start()], _expand(replacement, found)
        end = found.end()
    return "".join((*parts, text[end:]))


def _matches(pattern: "re.Pattern[str]", text: str) -> Iterator["re.Match[str]"]:
    """All matches; unlike in Python, no empty one right after another match."""
    end = -1
    for found in pattern.finditer(text):
        if found.group() or found.start() != end:
            yield found
        end = found.end()


def _bounded(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError(f"the text has {len(text)} characters; regular expressions take at most {MAX_TEXT}")
    return text


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "re.Pattern[str]":
    try:
        return re.compile(_DIFFERENT.sub(_translated, pattern), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"error parsing regexp: {error}: `{pattern}`") from None


def _translated(token: "re.Match[str]") -> str:
    text = token[0]
    if text == r"\z":
        return r"\Z"
    return "(?P<" if text == "(?<" else _POSIX.get(text, text)


def _expand(replacement: str, found: "re.Match[str]") -> str:
    return _REFERENCE.sub(lambda reference: _group(reference, found), replacement)


def _group(reference: "re.Match[str]", found: "re.Match[str]") -> str:
    """The text of a group; of one that there is not, nothing."""
    name = reference["name"] or reference["braced"]
    if name is None:
        return "$"
    try:
        return found[int(name) if name.isdecimal() else name] or ""
    except IndexError:
        return ""

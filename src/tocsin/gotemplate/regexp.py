"""The functions of templates that take a regular expression."""

from typing import TYPE_CHECKING

from tocsin.syntax.re2 import compile_pattern
from tocsin.syntax.replacement import expand

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

#: A pattern that backtracks may take long on long texts; what templates handle is short.
MAX_TEXT = 65_536


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
        parts += text[end : found.start()], expand(replacement, found)
        end = found.end()
    return "".join((*parts, text[end:]))


def _matches(pattern: "re.Pattern[str]", text: str) -> "Iterator[re.Match[str]]":
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


def _compiled(pattern: str) -> "re.Pattern[str]":
    try:
        return compile_pattern(pattern, dotall=False)
    except ValueError as error:
        raise ValueError(f"error parsing regexp: {error}") from None

r"""RE2 syntax on top of `re`; with `dotall` the dot matches newlines too, as Prometheus compiles label matchers.

What only `re` has (back-references, look-around, atomic groups, possessive repeats) is refused, because the same rule
file has to load in Prometheus. What only RE2 has is translated (`[[:alpha:]]`, `\z`, `\Q…\E`, `(?<name>…)`, `\x{…}`,
`a(?i)b`) or refused (`\p{…}`, `\C`). One difference remains: `(?i)` is about ASCII letters only.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

from tocsin.syntax.linear import compile_linear, may_explode

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN = re.compile(r"[^.*+?()\[\]{}\\^$]*")
_TOKEN = re.compile(
    r"""
    \\Q(?P<quoted>.*?)(?:\\E|\Z)
  | \\x\{(?P<hex>[0-9A-Fa-f]{1,6})\}
  | (?P<end>\\z)
  | (?P<reference>\\[1-9])
  | (?P<foreign>\\(?![abABdDfnrsStvwWxz])[a-zA-Z])
  | (?P<escape>\\.)
  | (?P<posix>\[:\^?[a-z]+:\])
  | (?P<set>\[\^?\]?)
  | (?P<unset>\])
  | (?P<around>\(\?(?:<?[=!]|P=|>|\#|\())
  | (?P<flags>\(\?[a-zA-Z]*-?[a-zA-Z]*\))
  | (?P<open>\((?:\?<[A-Za-z_]\w*>)?)
  | (?P<close>\))
  | (?P<bar>\|)
  | (?P<possessive>(?:[*+?]|\{\d+(?:,\d*)?\})\+)
  """,
    re.VERBOSE | re.DOTALL,
)
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}
_GROUPING = frozenset({"open", "close", "bar", "flags"})
_IN_SETS = frozenset({"hex", "escape", "posix", "unset", "foreign", "reference", "end"})
_REFUSED = {
    "reference": "RE2 has no back-references",
    "around": "RE2 has no look-around, atomic groups, conditionals or comments",
    "possessive": "RE2 has no possessive repeats",
    "foreign": "only what RE2 and Python both know may follow a backslash",
}


def alternatives(pattern: str) -> frozenset[str] | None:
    """The words of a pattern without any metacharacter but `|`; None for every other pattern."""
    return frozenset(pattern.split("|")) if _PLAIN.fullmatch(pattern) else None


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str, *, dotall: bool = True) -> re.Pattern[str]:
    """Backtracks: whether a whole text matches is for `compile_test` to say.

    Raises:
        ValueError: `pattern` is malformed or uses what RE2 or this translation does not have.
    """
    try:
        with warnings.catch_warnings():
            # Of sets such as `[+--]`, which may mean something else to `re` one day.
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(_translate(pattern), re.ASCII | (re.DOTALL if dotall else 0))
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"invalid regular expression {pattern!r}: {error}") from error


@lru_cache(maxsize=1024)
def compile_test(pattern: str, *, dotall: bool = True) -> Callable[[str], bool]:
    """Whether a whole text matches, in a time that does not explode, whatever the text.

    Raises:
        ValueError: as `compile_pattern`.
    """
    compiled = compile_pattern(pattern, dotall=dotall)
    if may_explode(compiled.pattern):
        return compile_linear(compiled.pattern, dotall=dotall)
    return lambda text: compiled.fullmatch(text) is not None


def _translate(pattern: str) -> str:
    """Flags such as `(?i)` hold until their group ends, in all of its alternatives; `re` has only `(?i:…)`."""
    parts: list[str] = []
    flags: list[list[str]] = [[]]
    position, in_set = 0, False
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        kind = token.lastgroup if token else None
        if token is None or (in_set and kind not in _IN_SETS):
            parts.append(_literal(pattern[position], in_set=in_set))
            position += 1
            continue
        parts.append(_group(kind, token[0], flags) if kind in _GROUPING else _token(token))
        in_set = kind == "set" or (in_set and kind != "unset")
        position = token.end()
    return "".join(parts) + ")" * len(flags[-1])


def _literal(character: str, *, in_set: bool) -> str:
    """`re` reserves `&&`, `||`, `--`, `~~` and `[` within a set for operations it may get one day."""
    return "\\" + character if in_set and character in "&|~[" else character


def _group(kind: str | None, text: str, flags: list[list[str]]) -> str:
    """`flags[-1]` are those switched on in the innermost group."""
    if kind == "open":
        flags.append([])
    elif kind == "flags":
        flags[-1].append(text[:-1] + ":")
        return flags[-1][-1]
    elif kind == "bar":
        return ")" * len(flags[-1]) + "|" + "".join(flags[-1])
    elif len(flags) > 1:
        return ")" * len(flags.pop()) + ")"
    return "(?P<" + text[3:] if text.startswith("(?<") else text


def _token(token: re.Match[str]) -> str:
    kind, text = token.lastgroup or "", token[0]
    if kind in _REFUSED:
        raise ValueError(f"{text} is not supported: {_REFUSED[kind]}")
    return _TRANSLATION[kind](token) if kind in _TRANSLATION else text


def _posix(token: re.Match[str]) -> str:
    name = token[0][2:-2]
    if name not in _POSIX:
        raise ValueError(f"character class {token[0]!r} is not supported, allowed: {', '.join(_POSIX)}")
    return _POSIX[name]


_TRANSLATION: dict[str, Callable[[re.Match[str]], str]] = {
    "quoted": lambda token: re.escape(token["quoted"]),
    "hex": lambda token: re.escape(chr(int(token["hex"], 16))),
    "end": lambda _: r"\Z",
    "posix": _posix,
}

"""Regular expressions matched without backtracking, for those with which `re` could take exponential time.

A part of an expression is a function from positions of a text, where a match may begin, to those where it may end.
A repeat looks at each position once, so the time grows with the length of the text, times that for repeats in repeats.
"""

from __future__ import annotations

import re
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Positions: TypeAlias = "set[int]"
Part: TypeAlias = "Callable[[str, Positions], Positions]"

_TOKEN = re.compile(
    r"""
    (?P<open>\((?:\?P<\w+>|\?[a-z-]*:)?)
  | (?P<close>\))
  | (?P<bar>\|)
  | (?P<repeat>(?:[*+?]|\{(?P<least>\d+)(?:,(?P<most>\d*))?\})\??)
  | (?P<edge>\^|\$|\\[AZbB])
  | (?P<atom>\[\^?\]?(?:\\.|[^\]\\])*\]|\\x[0-9A-Fa-f]{2}|\\[0-7]{1,3}|\\.|.)
  """,
    re.VERBOSE | re.DOTALL,
)
_FLAGS = re.compile(r"\(\?[a-z-]+:")
#: With so many repeats of single characters `re` takes at most quadratic time.
_FEW = 2


def may_explode(pattern: str) -> bool:
    """Whether `re` may take more than quadratic time: it repeats groups, or characters more than twice."""
    tokens = list(_TOKEN.finditer(pattern))
    repeats = [index for index, token in enumerate(tokens) if token["repeat"] and token["repeat"][0] != "?"]
    return len(repeats) > _FEW or any(tokens[index - 1]["close"] for index in repeats if index)


def compile_linear(pattern: str, *, dotall: bool = True) -> Callable[[str], bool]:
    """Whether a whole text matches `pattern`, which `re` has accepted, with `re.ASCII` and, if so, `re.DOTALL`."""
    part = _alternatives(_TOKEN.finditer(pattern), "(?s:" if dotall else "")
    return lambda text: len(text) in part(text, {0})


def _alternatives(tokens: Iterator[re.Match[str]], flags: str) -> Part:
    """Until the group ends."""
    options: list[list[Part]] = [[]]
    for token in tokens:
        if token["close"]:
            break
        if token["bar"]:
            options.append([])
        elif token["repeat"]:
            options[-1].append(_repeated(options[-1].pop(), token))
        elif token["open"]:
            more = token["open"] if _FLAGS.fullmatch(token["open"]) else ""
            options[-1].append(_alternatives(tokens, flags + more))
        else:
            options[-1].append(_single(token, flags))
    return _any([_sequence(parts) for parts in options])


def _any(options: list[Part]) -> Part:
    return lambda text, begins: set().union(*(option(text, begins) for option in options))


def _sequence(parts: list[Part]) -> Part:
    return lambda text, begins: reduce(lambda positions, part: part(text, positions), parts, begins)


def _single(token: re.Match[str], flags: str) -> Part:
    """A character, or an edge between two."""
    compiled = re.compile(flags + token[0] + ")" * flags.count("("), re.ASCII)
    if token["edge"]:
        return lambda text, begins: {at for at in begins if compiled.match(text, at)}
    matches = lru_cache(maxsize=256)(lambda character: compiled.fullmatch(character) is not None)
    return lambda text, begins: {at + 1 for at in begins if at < len(text) and matches(text[at])}


def _repeated(part: Part, token: re.Match[str]) -> Part:
    least, most = _times(token)

    def positions(text: str, begins: Positions) -> Positions:
        for _ in range(least):
            begins = part(text, begins)
        ends, new, left = set(begins), begins, most - least
        while new and left:
            new = part(text, new) - ends
            ends |= new
            left -= 1
        return ends

    return positions


def _times(token: re.Match[str]) -> tuple[int, int]:
    """At least and at most; -1 above the least, counted down, never ends."""
    if token["least"] is None:
        return {"*": (0, -1), "+": (1, 0), "?": (0, 1)}[token["repeat"][0]]
    least = int(token["least"])
    return least, least if token["most"] is None else int(token["most"]) if token["most"] else least - 1

"""Label matchers, as written in `matchers:`, `match:` and `match_re:`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast, get_args

from tocsin.syntax.quoting import quote, quote_value, unquote
from tocsin.syntax.re2 import compile_test

MatchOp = Literal["=", "!=", "=~", "!~"]
#: Alertmanager's modes of reading matchers: `fallback` is its default, `classic` its feature flag `classic-mode`,
#: `utf8` its flag `utf8-strict-mode`.
ParserMode = Literal["fallback", "classic", "utf8"]

_Read: TypeAlias = tuple[str, str, str]

#: Characters that a name or value has to be quoted for.
_RESERVED = r"""\s{}!=~,\\"'`"""
_WORD = rf'[^{_RESERVED}]+|"(?:[^"\\\n]|\\.)*"'
_UTF8 = re.compile(rf"\s*({_WORD})\s*(=~|!~|!=|=)\s*({_WORD})\s*(?:,|\Z)")

_CLASSIC = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*", re.DOTALL)
_TOKEN = re.compile(r"""((?:[^,"\\]|\\.|\\\Z|"(?:[^"\\]|\\.)*(?:"|\\?\Z))*)(,|\Z)""", re.DOTALL)
_VALUE = re.compile(r"""((?:[^"\\]|\\.)(?:[^"\\]|\\.|\\\Z)*|\\|)|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)

_ANCHORED = re.compile(r"\A\^\(\?:(.*)\)\$\Z", re.DOTALL)
#: Plain characters, of which the last is not the one that a quantifier is about.
_PLAIN = re.compile(r"[^\\.^$*+?{}\[\]()|]*(?![*+?{])", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Matcher:
    """Regular expressions match the whole value; an absent label has the value `""`.

    `str()` is Alertmanager's form and part of route and group keys.

    Raises:
        ValueError: the regular expression is malformed.
    """

    name: str
    op: MatchOp
    value: str
    #: Whether a value is the one, or matches the expression; without regard to the `!`.
    accepts: Callable[[str], object] = field(init=False, repr=False, compare=False)
    _wanted: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        accepts = _fullmatch(self.value) if "~" in self.op else self.value.__eq__
        object.__setattr__(self, "accepts", accepts)
        object.__setattr__(self, "_wanted", not self.op.startswith("!"))

    def matches(self, labels: Mapping[str, str]) -> bool:
        return bool(self.accepts(labels.get(self.name, ""))) is self._wanted

    @property
    def prefix(self) -> str:
        """What every value that the expression of a `=~` accepts begins with; often nothing."""
        expression = _ANCHORED.sub(r"\1", self.value)
        match = None if "|" in expression or "(?" in expression else _PLAIN.match(expression)
        return match[0] if match else ""

    def __str__(self) -> str:
        if re.search(f"[{_RESERVED}]", self.name):
            return f"{quote(self.name)}{self.op}{quote(self.value)}"
        return f"{self.name}{self.op}{quote_value(self.value)}"


def parse(text: str, mode: ParserMode = "fallback") -> tuple[Matcher, ...]:
    """One or more matchers separated by commas, in braces or not: `{job="api", env=~"prod.*"}`.

    There are two grammars, the classic one and one for UTF-8 names. In `fallback` mode the classic one wins where it
    applies, as it does in Alertmanager, and the other one reads the rest.

    Raises:
        ValueError: the mode does not read `text`, or a regular expression is malformed.
    """
    found = None if mode == "utf8" else _classic(text)
    if found is None and mode != "classic":
        found = _utf8(text)
    if found is None:
        raise ValueError(f'{text!r} is no matcher, write one like severity="critical" (operators: =, !=, =~, !~)')
    return tuple(Matcher(name, cast("MatchOp", op), value) for name, op, value in found)


def parser_mode(name: str) -> ParserMode:
    """The mode of that name; `fallback` where there is none."""
    return cast("ParserMode", name) if name in get_args(ParserMode) else "fallback"


def _fullmatch(pattern: str) -> Callable[[str], bool]:
    """Without the anchors that `match_re` adds: they change nothing, and Python wants flags such as `(?i)` first."""
    return compile_test(_ANCHORED.sub(r"\1", pattern), dotall=False)


def _classic(text: str) -> list[_Read] | None:
    tokens = _split(text.removeprefix("{").removesuffix("}"))
    if not tokens[-1].strip():
        tokens.pop()
    read = [_classic_matcher(token) for token in tokens]
    return None if None in read else [each for each in read if each is not None]


def _split(text: str) -> list[str]:
    """At the commas outside of double quotes."""
    tokens, position, comma = [], 0, ","
    while comma:
        match = cast("re.Match[str]", _TOKEN.match(text, position))
        tokens.append(match[1])
        position, comma = match.end(), match[2]
    return tokens


def _classic_matcher(token: str) -> _Read | None:
    match = _CLASSIC.fullmatch(token)
    value = None if match is None else _classic_value(match[3])
    return None if match is None or value is None else (match[1], match[2], value)


def _classic_value(raw: str) -> str | None:
    """Quotes are optional but come in pairs; a backslash before anything but `n`, `"` and itself is a backslash."""
    body = _VALUE.fullmatch(raw)
    if body is None:
        return None
    return re.sub(r'\\([n"\\])', lambda escape: "\n" if escape[1] == "n" else escape[1], body[1] or body[2] or "")


def _utf8(text: str) -> list[_Read] | None:
    text = text.strip()
    if text.startswith("{"):
        if not text.endswith("}"):
            return None
        text = text[1:-1].strip()
    read: list[_Read] = []
    position = 0
    while position < len(text):
        match = _UTF8.match(text, position)
        if match is None:
            return None
        try:
            read.append((_word(match[1]), match[2], _word(match[3])))
        except ValueError:
            return None
        position = match.end()
    return read


def _word(text: str) -> str:
    """With or without double quotes. Raises ValueError where there is an escape that Go does not know."""
    return unquote(text) if text.startswith('"') else text

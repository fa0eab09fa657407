"""The tokens of a template, as Go's text/template/parse cuts them."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from tocsin.gotemplate.errors import TemplateError
from tocsin.syntax.quoting import quote

_SPACE = " \t\r\n"


class Kind(Enum):
    """What a token is."""

    TEXT = "text"
    OPEN = "open"
    CLOSE = "close"
    KEYWORD = "keyword"
    WORD = "word"
    VARIABLE = "variable"
    FIELD = "field"
    DOT = "dot"
    NUMBER = "number"
    CHARACTER = "character"
    STRING = "string"
    RAW_STRING = "raw"
    PIPE = "pipe"
    OPEN_PAREN = "open_paren"
    CLOSE_PAREN = "close_paren"
    DECLARE = "declare"
    ASSIGN = "assign"
    OTHER = "other"
    END = "end"


KEYWORDS = frozenset({"block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template", "with"})


class Token(NamedTuple):
    """`spaced`: white space stands before it, which separates `.A .B` from `.A.B`."""

    kind: Kind
    text: str
    position: int
    spaced: bool = False

    def __str__(self) -> str:
        """As Go's error messages quote it."""
        if self.kind is Kind.END:
            return "EOF"
        if self.kind is Kind.KEYWORD:
            return f"<{self.text}>"
        return quote(self.text) if len(self.text) <= 10 else f"{quote(self.text[:10])}..."


_TOKEN = re.compile(
    r"""
      (?P<trimmed_close>[ \t\r\n]+-\}\})
    | (?P<space>[ \t\r\n]+)
    | (?P<close>\}\})
    | (?P<string>"(?:[^"\\\n]|\\.)*")
    | (?P<raw>`[^`]*`)
    | (?P<character>'(?:[^'\\\n]|\\.)+')
    | (?P<number>[+-]?(?:\d|\.\d)(?:[eEpP][+-]|[\w.])*)
    | (?P<variable>\$\w*)
    | (?P<field>\.\w+)
    | (?P<dot>\.)
    | (?P<word>\w+)
    | (?P<declare>:=)
    | (?P<assign>=)
    | (?P<pipe>\|)
    | (?P<open_paren>\()
    | (?P<close_paren>\))
    | (?P<unfinished>["'`:])
    | (?P<other>[!-~])
    """,
    re.VERBOSE,
)
_TERMINATOR = re.compile(r"[ \t\r\n.,|:()]|\}\}|\Z")
_TRIMMED_OPEN = re.compile(r"\{\{-[ \t\r\n]+")
_COMMENT = re.compile(r"/\*(?:(?!\*/).)*\*/(?P<trim>[ \t\r\n]+-)?\}\}", re.DOTALL)
_MUST_END = frozenset({"variable", "field", "dot", "word"})
_UNFINISHED = {
    '"': "unterminated quoted string",
    "`": "unterminated raw quoted string",
    "'": "unterminated character constant",
    ":": "expected :=",
}
_KINDS = {kind.value: kind for kind in Kind} | {"trimmed_close": Kind.CLOSE}


class Lexer:
    """Cuts one template; every error carries the template's name and a line."""

    def __init__(self, source: str, name: str) -> None:
        self._source = source
        self._name = name
        self._position = 0
        self._trims = False

    def error(self, position: int, message: str) -> TemplateError:
        """An error at a position of the source, in Go's words."""
        return TemplateError(f"template: {self._name}:{self._source.count(chr(10), 0, position) + 1}: {message}")

    def tokens(self) -> Iterator[Token]:
        """All tokens up to and including the final END; texts are trimmed where a marker says so."""
        while (start := self._source.find("{{", self._position)) >= 0:
            trimmed = _TRIMMED_OPEN.match(self._source, start)
            yield from self._text(start, trim_end=trimmed is not None)
            self._position = trimmed.end() if trimmed else start + 2
            if self._source.startswith("/*", self._position):
                self._skip_comment()
            else:
                yield Token(Kind.OPEN, "{{", start)
                yield from self._action()
        yield from self._text(len(self._source), trim_end=False)
        yield Token(Kind.END, "", len(self._source))

    def _text(self, end: int, *, trim_end: bool) -> Iterator[Token]:
        text = self._source[self._position : end]
        text = text.lstrip(_SPACE) if self._trims else text
        text = text.rstrip(_SPACE) if trim_end else text
        if text:
            yield Token(Kind.TEXT, text, self._position)

    def _skip_comment(self) -> None:
        found = _COMMENT.match(self._source, self._position)
        if found is None:
            unclosed = self._source.find("*/", self._position) < 0
            complaint = "unclosed comment" if unclosed else "comment ends before closing delimiter"
            raise self.error(self._position, complaint)
        self._position, self._trims = found.end(), found["trim"] is not None

    def _action(self) -> Iterator[Token]:
        depth, spaced = 0, False
        while True:
            found = self._scan()
            kind = _KINDS.get(str(found.lastgroup), Kind.OTHER)
            depth += (kind is Kind.OPEN_PAREN) - (kind is Kind.CLOSE_PAREN)
            if kind is Kind.CLOSE and depth:
                raise self.error(found.start(), "unclosed left paren")
            if depth < 0:
                raise self.error(found.start(), "unexpected right paren")
            if found.lastgroup != "space":
                text = found.group().strip(_SPACE)
                is_keyword = kind is Kind.WORD and text in KEYWORDS
                yield Token(Kind.KEYWORD if is_keyword else kind, text, found.start(), spaced)
            spaced = found.lastgroup == "space"
            if kind is Kind.CLOSE:
                self._trims = found.lastgroup == "trimmed_close"
                return

    def _scan(self) -> "re.Match[str]":
        found = _TOKEN.match(self._source, self._position)
        if found is None or found.lastgroup == "unfinished":
            raise self.error(self._position, self._complaint())
        self._position = found.end()
        if found.lastgroup in _MUST_END and not _TERMINATOR.match(self._source, self._position):
            raise self.error(self._position, f"bad character {_code_point(self._source[self._position])}")
        return found

    def _complaint(self) -> str:
        """Why nothing at this position is a token."""
        rest = self._source[self._position :]
        if not rest:
            return "unclosed action"
        return _UNFINISHED.get(rest[0]) or f"unrecognized character in action: {_code_point(rest[0])}"


def _code_point(character: str) -> str:
    """As Go's `%#U`: U+003D '='."""
    return f"U+{ord(character):04X}" + (f" '{character}'" if character.isprintable() else "")

"""Tokens of PromQL. What a character means depends on whether it stands inside braces, brackets or neither."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tocsin.promql import literals

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind: TypeAlias = Literal["number", "duration", "string", "identifier", "operator", "error", "end"]


class Token(NamedTuple):
    """The text of a string token is its value, that of an error token the message."""

    kind: Kind
    text: str
    position: int
    end: int

    @property
    def keyword(self) -> str:
        """Keywords are case-insensitive; the empty string for anything that is not a word."""
        return self.text.lower() if self.kind == "identifier" else ""

    def is_operator(self, *texts: str) -> bool:
        return self.kind == "operator" and self.text in texts


_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_OPERATORS = {
    "plain": re.compile(r"==|!=|>=|<=|[-+*/%^<>=@(){\[,]"),
    "braces": re.compile(r"=~|!~|!=|[=,}]"),
    "brackets": re.compile(r"[-+*/%^(),:\]]"),
}
_WHERE = {"plain": "", "braces": " inside braces", "brackets": " in duration expression"}
_CHANGES = {"{": "braces", "}": "plain", "[": "brackets", "]": "plain"}
_DURATION = re.compile(r"(?:[0-9]+[smhdwy]s?)+(?![a-zA-Z0-9_])")
_NUMBER = re.compile(
    r"(?:0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*"
    r"|(?:[0-9]+(?:_[0-9]+)*(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?)"
    r"(?![a-zA-Z0-9_.])"
)
_NUMBER_START = re.compile(r"\.?[0-9]")
_BAD_NUMBER = re.compile(r"(?:[0-9]+[smhdwy]s?)+[0-9]*[a-zA-Z_]?|[0-9]*\.?[0-9]*[a-zA-Z0-9_.]?")
_NUMBER_WORDS = {"inf", "nan"}
_DURATION_WORDS = {"step", "range", "min_of", "max_of"}


def tokens(query: str) -> Iterator[Token]:
    """Ends with a token of kind `end` or `error`, never raises."""
    position, mode, depth = 0, "plain", 0
    previous = Token("end", "", 0, 0)
    while True:
        position = _skip_space(query, position)
        token = _end(position, mode, depth) if position == len(query) else _token(query, position, mode, previous)
        if token.is_operator(")") and depth == 0:
            token = _error("unexpected right parenthesis ')'", token)
        yield token
        if token.kind in {"end", "error"}:
            return
        depth += token.is_operator("(") - token.is_operator(")")
        if token.kind == "operator":
            mode = _CHANGES.get(token.text, mode)
        position, previous = token.end, token


def _skip_space(query: str, position: int) -> int:
    space = _SPACE.match(query, position)
    return space.end() if space else position


def _end(position: int, mode: str, depth: int) -> Token:
    end = Token("end", "", position, position)
    if mode != "plain":
        return _error("unexpected end of input" + _WHERE[mode], end)
    return _error("unclosed left parenthesis", end) if depth else end


def _error(message: str, token: Token) -> Token:
    return Token("error", message, token.position, token.end)


def _token(query: str, position: int, mode: str, previous: Token) -> Token:
    character = query[position]
    if character in "\"'`" and mode != "brackets":
        return _string(query, position)
    if mode != "braces" and _NUMBER_START.match(query, position):
        return _number(query, position)
    if word := (_METRIC if mode == "plain" else _IDENTIFIER).match(query, position):
        return _word(word, mode, previous)
    if operator := _OPERATORS[mode].match(query, position):
        return _operator(operator, query, mode)
    return _unexpected(query, position, mode)


def _string(query: str, position: int) -> Token:
    try:
        value, end = literals.string(query, position)
    except ValueError as error:
        return Token("error", str(error), position, len(query))
    return Token("string", value, position, end)


def _number(query: str, position: int) -> Token:
    if match := _DURATION.match(query, position):
        return Token("duration", match[0], *match.span())
    if match := _NUMBER.match(query, position):
        return Token("number", match[0], *match.span())
    bad = _BAD_NUMBER.match(query, position)
    text = bad[0] if bad else query[position]
    return Token("error", f'bad number or duration syntax: "{text}"', position, position + len(text))


def _word(match: re.Match[str], mode: str, previous: Token) -> Token:
    word, span = match[0], match.span()
    if mode == "plain" and word.lower() in _NUMBER_WORDS:
        return Token("number", word, *span)
    if mode == "brackets" and previous.kind in {"number", "duration"}:
        return Token("error", f"unexpected character: '{word[0]}', expected ':'", *span)
    if mode == "brackets" and word.lower() not in _DURATION_WORDS:
        return Token("error", f"unexpected character{_WHERE[mode]}: '{word[0]}'", *span)
    return Token("identifier", word, *span)


def _operator(match: re.Match[str], query: str, mode: str) -> Token:
    token = Token("operator", match[0], *match.span())
    if mode == "plain" and token.text == "=" and query[token.end : token.end + 1] == "~":
        return Token("error", "unexpected character after '=': '~'", token.position, token.end + 1)
    return token


def _unexpected(query: str, position: int, mode: str) -> Token:
    character, following = query[position], query[position + 1 : position + 2]
    if character == "!":
        message = f"unexpected character after '!'{_WHERE[mode]}: '{following}'"
        return Token("error", message, position, position + 2)
    return Token("error", f"unexpected character{_WHERE[mode]}: '{character}'", position, position + 1)

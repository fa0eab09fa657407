"""A position in the tokens of a query, and the messages about what was found there."""

from __future__ import annotations

from typing import NoReturn

from tocsin.promql import literals
from tocsin.promql.errors import ParseError
from tocsin.promql.lexer import Token, tokens
from tocsin.promql.signatures import AGGREGATIONS
from tocsin.syntax.durations import parse_duration

_OPERATORS = frozenset({"+", "-", "*", "/", "%", "^", "==", "!=", ">", "<", ">=", "<=", "@"})
_KEYWORDS = frozenset(
    {"and", "or", "unless", "atan2", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset"},
)

_MAX_DEPTH = 200
"""Python's stack is the limit: 1000 frames, part of which the host has used."""


class Cursor:
    """`token` is the next one to be read; an error token is raised as soon as it becomes the next one."""

    def __init__(self, query: str) -> None:
        self.query = query
        self._tokens = list(tokens(query))
        self._index = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        token = self._tokens[self._index]
        if token.kind == "error":
            self.fail(token.text, token.position)
        return token

    @property
    def at_end(self) -> bool:
        return self.token.kind == "end"

    @property
    def consumed(self) -> int:
        """Where the last token that was read ends."""
        return self._tokens[self._index - 1].end if self._index else 0

    @property
    def following(self) -> Token:
        return self._tokens[min(self._index + 1, len(self._tokens) - 1)]

    def advance(self) -> Token:
        token = self.token
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def accept(self, *operators: str) -> Token | None:
        return self.advance() if self.token.is_operator(*operators) else None

    def accept_keyword(self, *keywords: str) -> Token | None:
        return self.advance() if self.token.keyword in keywords else None

    def number(self) -> float:
        """Reads a number, or a duration in seconds."""
        token = self.token
        try:
            value = literals.number(token.text) if token.kind == "number" else parse_duration(token.text)
        except ValueError as error:
            self.fail(str(error), token.position)
        self.advance()
        return value

    def expect(self, operator: str, context: str = "", expected: str = "") -> Token:
        return self.accept(operator) or self.unexpected(context, expected)

    def fail(self, message: str, position: int) -> NoReturn:
        raise ParseError(message, query=self.query, position=position)

    def unexpected(self, context: str = "", expected: str = "") -> NoReturn:
        message = f"unexpected {_describe(self.token)}"
        message += f" in {context}" if context else ""
        message += f", expected {expected}" if expected else ""
        self.fail(message, self.token.position)

    def descend(self, levels: int = 1) -> None:
        """So much further down the tree; to be undone with a negative number.

        An operator in a chain is one level: 2 frames of evaluation. Parentheses or a call are two: 7 frames of parsing.
        """
        self._depth += levels
        if self._depth > _MAX_DEPTH:
            self.fail(
                f"expression is more than {_MAX_DEPTH} levels deep, split it into several rules", self.token.position
            )


def _describe(token: Token) -> str:
    if token.kind == "end":
        return "end of input"
    if token.kind == "operator":
        return f"<op:{token.text}>" if token.text in _OPERATORS else f'"{token.text}"'
    if token.keyword in AGGREGATIONS:
        return f"<aggr:{token.text}>"
    return f"<{token.text}>" if token.keyword in _KEYWORDS else f'{token.kind} "{token.text}"'

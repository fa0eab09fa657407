"""What can go wrong: `ParseError` when a query is read, `EvaluationError` when it runs."""

from __future__ import annotations


class ParseError(ValueError):
    """`line` and `column` count from 1, `position` is the offset in the query."""

    def __init__(self, message: str, *, query: str, position: int) -> None:
        before = query[:position]
        self.message = message
        self.position = position
        self.line = before.count("\n") + 1
        self.column = position - (before.rfind("\n") + 1) + 1
        super().__init__(f"{self.line}:{self.column}: parse error: {message}")


class EvaluationError(ValueError):
    """The query is well formed, but the data at hand gives no answer: duplicate series, many-to-many matching."""


class LimitError(EvaluationError):
    """The query is cut off: it runs for too long, or would read too much."""

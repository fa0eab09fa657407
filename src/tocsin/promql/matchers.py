"""The matchers between the braces of a selector."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tocsin.series import METRIC_NAME, Matcher

if TYPE_CHECKING:
    from tocsin.promql.cursor import Cursor
    from tocsin.series.matcher import MatchOp


def parse_matchers(cursor: Cursor) -> list[Matcher]:
    """What follows an opening brace, with the closing one."""
    matchers: list[Matcher] = []
    while not cursor.accept("}"):
        matchers.append(_matcher(cursor))
        if not cursor.token.is_operator("}"):
            cursor.expect(",", "label matching", '"," or "}"')
    return matchers


def _matcher(cursor: Cursor) -> Matcher:
    """Either `label="value"` or a quoted metric name on its own."""
    label = cursor.token
    if label.kind not in {"identifier", "string"}:
        cursor.unexpected("label matching", 'identifier or "}"')
    cursor.advance()
    if label.kind == "string" and cursor.token.is_operator(",", "}"):
        return Matcher(METRIC_NAME, "=", label.text)
    op = cursor.accept("=", "!=", "=~", "!~") or cursor.unexpected("label matching", "label matching operator")
    value = cursor.token
    if value.kind != "string":
        cursor.unexpected("label matching", "string")
    cursor.advance()
    try:
        return Matcher(label.text, cast("MatchOp", op.text), value.text)
    except ValueError as error:
        return cursor.fail(str(error), value.position)

"""The notation of series in rule unit tests: `up{job="api"} 1 1 _ 0 1+2x3`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.promql import literals
from tocsin.promql.cursor import Cursor
from tocsin.promql.matchers import parse_matchers
from tocsin.series import METRIC_NAME, STALE_NAN
from tocsin.series.labels import from_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.series import Labels

_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?|inf|nan"
_VALUE = re.compile(rf"([-+]?)({_NUMBER})(?:([-+])({_NUMBER}))?(?:x([0-9]+))?", re.IGNORECASE)
_GAP = re.compile(r"_(?:x([0-9]+))?")
_MAX_VALUES = 1_000_000


def parse_series(text: str) -> tuple[Labels, list[float | None]]:
    """The labels of a series and its values, None for a gap; `stale` becomes the staleness marker.

    `axn` is a and n more of it, `a+bxn` is a and n more, each by b greater than the one before.

    Raises:
        ParseError: `text` is no such notation, or has native histograms or more than a million values.
    """
    cursor = Cursor(text)
    labels = _labels(cursor)
    values: list[float | None] = []
    for word in re.finditer(r"\S+", text[cursor.consumed :]):
        if len(values) > _MAX_VALUES:
            cursor.fail(f"more than {_MAX_VALUES} values", cursor.consumed)
        try:
            values.extend(_values(word[0]))
        except ValueError as error:
            cursor.fail(str(error), cursor.consumed + word.start())
    return labels, values


def _labels(cursor: Cursor) -> Labels:
    """Reads no further than the closing brace, since values are not PromQL."""
    labels: dict[str, str] = {}
    has_braces = cursor.token.is_operator("{") or cursor.following.is_operator("{")
    if cursor.token.kind == "identifier":
        labels[METRIC_NAME] = cursor.advance().text
    if not has_braces:
        if not labels and not cursor.at_end:
            cursor.fail("a series begins with its name or with braces", cursor.consumed)
        return from_mapping(labels)
    cursor.expect("{")
    for matcher in parse_matchers(cursor):
        if matcher.op != "=":
            cursor.fail(f"a series has labels, not matchers: {matcher}", 0)
        labels[matcher.name] = matcher.value
    return from_mapping(labels)


def _values(word: str) -> Iterator[float | None]:
    if word == "stale":
        return iter([STALE_NAN])
    if gap := _GAP.fullmatch(word):
        return iter([None] * _count(gap[1] or "1"))
    match = _VALUE.fullmatch(word)
    if match is None or (match[3] and not match[5]):
        raise ValueError(f'bad value "{word}", allowed: 1, 1x3, 1+2x3, _, _x3, stale, NaN, Inf')
    first, step = _signed(match[1], match[2]), _signed(match[3], match[4] or "0")
    return _sequence(first, step, _count(match[5] or "0"))


def _sequence(first: float, step: float, count: int) -> Iterator[float]:
    yield first
    for _ in range(count):
        first += step
        yield first


def _count(digits: str) -> int:
    count = int(digits)
    if count > _MAX_VALUES:
        raise ValueError(f"more than {_MAX_VALUES} values: x{count}")
    return count


def _signed(sign: str, digits: str) -> float:
    number = literals.number(digits)
    return -number if sign == "-" else number

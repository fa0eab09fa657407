"""Regular expressions of users, refused where they could take long: `re` has no limit, and holds the interpreter.

A pattern is read as `re` reads it, and its cost is bounded from above: the steps from one place of the text. A repeat
whose next part cannot begin with what it repeats never goes back, and costs its length; every other one is tried in all
its lengths, each with all that follows. What may take more than `MOST_STEPS` is refused, so that text, cut into pieces
of `LONGEST_PIECE`, is searched in bounded time.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

if sys.version_info >= (3, 11):
    from re import _constants as constants  # type: ignore[attr-defined]  # there is no public way to a parsed pattern
    from re import _parser as parser  # type: ignore[attr-defined]  # same
else:  # pragma: no cover  another name for the same
    import sre_constants as constants
    import sre_parse as parser

#: Characters of a pattern; steps from one place of a text; characters that are searched at a time.
LONGEST_PATTERN, MOST_STEPS, LONGEST_PIECE = 1_000, 10_000, 1_000
#: Copies that a repeat of something that varies is counted as.
_MOST_COPIES = 64

#: Characters are told apart up to here; this one stands for all others, too.
_OTHERS = 255
_ANYTHING = frozenset(range(_OTHERS + 1))


_CATEGORIES = {
    constants.CATEGORY_DIGIT: r"\d",
    constants.CATEGORY_NOT_DIGIT: r"\D",
    constants.CATEGORY_SPACE: r"\s",
    constants.CATEGORY_NOT_SPACE: r"\S",
    constants.CATEGORY_WORD: r"\w",
    constants.CATEGORY_NOT_WORD: r"\W",
}
_REPEATS = (constants.MAX_REPEAT, constants.MIN_REPEAT)
_ASSERTIONS = (constants.ASSERT, constants.ASSERT_NOT)
_SIMPLE = (constants.LITERAL, constants.NOT_LITERAL, constants.IN, constants.ANY, constants.AT)
_REFUSED = {constants.GROUPREF: "a back-reference", constants.GROUPREF_EXISTS: "a conditional"}


class Cost(NamedTuple):
    """Ways to match from one place, and steps that trying all of them takes; at most."""

    ways: int
    steps: int


class PatternError(ValueError):
    """A pattern that is malformed, or may take too long; the message says what to change."""


def compile_bounded(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled.

    Raises:
        PatternError: It is malformed, finds the empty text, or its time cannot be bounded.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(f"it has {len(pattern)} characters; allowed are {LONGEST_PATTERN}")
    try:
        compiled = re.compile(pattern)
        cost = _sequence(list(parser.parse(pattern)), after=frozenset())
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"it is no regular expression: {error}") from error
    if cost.steps > MOST_STEPS:
        raise PatternError(
            "it may take very long, for repeats follow each other that match the same: bound them, as in {1,20}"
        )
    if compiled.match(""):
        raise PatternError("it matches the empty text")
    return compiled


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """A text in lines, long ones cut, each with its position: what a user's pattern gets to see at a time."""
    at = 0
    for line in text.splitlines(keepends=True):
        for start in range(0, len(line), LONGEST_PIECE):
            yield at + start, line[start : start + LONGEST_PIECE]
        at += len(line)


def _sequence(sequence: Sequence[Any], *, after: frozenset[int]) -> Cost:
    """Of parts one after the other; `after` can follow them."""
    ways, steps = 1, 0
    for index, (operator, argument) in enumerate(sequence):
        part = _part(operator, argument, _first(sequence[index + 1 :], after))
        steps = min(steps + ways * part.steps, MOST_STEPS + 1)
        ways = min(ways * part.ways, MOST_STEPS + 1)
    return Cost(ways, steps)


def _part(operator: Any, argument: Any, after: frozenset[int]) -> Cost:
    if operator in _REFUSED:
        raise PatternError(f"it has {_REFUSED[operator]}, whose time cannot be bounded")
    if operator in _REPEATS:
        return _repeat(*argument, after=after)
    if operator is constants.BRANCH:
        return _alternatives([list(branch) for branch in argument[1]], after)
    if operator is constants.SUBPATTERN:
        return _sequence(argument[3], after=after)
    if operator in _ASSERTIONS:
        return Cost(1, _sequence(argument[1], after=_ANYTHING).steps)
    if operator not in _SIMPLE:
        raise PatternError(f"it has {str(operator).lower()}, which is not supported")
    return Cost(1, 1)


def _alternatives(branches: Sequence[Sequence[Any]], after: frozenset[int]) -> Cost:
    """One after the other; where their beginnings tell them apart, only one of them can be meant."""
    costs = [_sequence(branch, after=after) for branch in branches]
    beginnings = [_first(branch, after) for branch in branches]
    are_distinct = sum(map(len, beginnings)) == len(frozenset().union(*beginnings))
    ways = [cost.ways for cost in costs]
    return Cost(max(ways) if are_distinct else sum(ways), sum(cost.steps for cost in costs))


def _repeat(least: int, most: Any, body: Any, *, after: frozenset[int]) -> Cost:
    """One way where it cannot go back, else as many as it has lengths."""
    most = LONGEST_PIECE if most is constants.MAXREPEAT else min(int(most), LONGEST_PIECE)
    first = _first(body, frozenset())
    once = _sequence(body, after=first | after)
    if once.ways > 1:
        if most > _MOST_COPIES:
            raise PatternError("a repeat without a bound has a repeat or alternatives in it: bound both, as in {1,20}")
        ways = min(once.ways**most, MOST_STEPS + 1)
        return Cost(ways, ways * once.steps)
    is_determined = least == most or not first & after
    return Cost(1 if is_determined else most - least + 1, most * once.steps)


def _first(sequence: Sequence[Any], after: frozenset[int]) -> frozenset[int]:
    """Characters with which a sequence, and where it can be empty what is after it, can begin."""
    if not len(sequence):
        return after
    (operator, argument), rest = sequence[0], sequence[1:]
    if operator is constants.AT or operator in _ASSERTIONS:
        return _first(rest, after)
    if operator in _REPEATS:
        return _first(argument[2], after) | (_first(rest, after) if argument[0] == 0 else frozenset())
    if operator is constants.SUBPATTERN:
        return _first([*argument[3], *rest], after)
    if operator is constants.BRANCH:
        return frozenset().union(*(_first([*branch, *rest], after) for branch in argument[1]))
    return _characters(operator, argument)


def _characters(operator: Any, argument: Any) -> frozenset[int]:
    if operator is constants.LITERAL:
        return _either_case(argument)
    if operator is constants.NOT_LITERAL:
        return _ANYTHING
    if operator is constants.RANGE:
        codes = range(argument[0], min(argument[1], _OTHERS) + 1)
        return frozenset().union(*map(_either_case, codes)) | ({_OTHERS} if argument[1] > _OTHERS else frozenset())
    if operator is constants.CATEGORY:
        return _matching(_CATEGORIES[argument])
    if operator is constants.IN:
        is_negated = argument[0][0] is constants.NEGATE
        members = frozenset().union(*(_characters(*each) for each in argument[is_negated:]))
        return (_ANYTHING - members) | {_OTHERS} if is_negated else members
    return _ANYTHING


@lru_cache
def _matching(category: str) -> frozenset[int]:
    return frozenset(code for code in _ANYTHING if re.match(category, chr(code))) | {_OTHERS}


def _either_case(code: int) -> frozenset[int]:
    both = {ord(each) for each in (chr(code).lower(), chr(code).upper()) if len(each) == 1}
    return frozenset(min(each, _OTHERS) for each in both)

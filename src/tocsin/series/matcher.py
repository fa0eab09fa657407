"""Label matchers: `name op value` with the four operators of PromQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from tocsin.syntax import re2
from tocsin.syntax.quoting import quote_value

if TYPE_CHECKING:
    from collections.abc import Callable

MatchOp: TypeAlias = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """`matches` tells whether a label value satisfies the matcher; an absent label has the value `""`.

    Raises:
        ValueError: the regular expression is not one of RE2's.
    """

    name: str
    op: MatchOp
    value: str
    _accepts: Callable[[str], bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        accepts = _pattern(self.value) if "~" in self.op else self.value.__eq__
        object.__setattr__(self, "_accepts", accepts)

    def matches(self, value: str) -> bool:
        return self._accepts(value) is not self.negative

    @property
    def negative(self) -> bool:
        return self.op[0] == "!"

    def __str__(self) -> str:
        return f"{self.name}{self.op}{quote_value(self.value)}"


@lru_cache(maxsize=1024)
def _pattern(value: str) -> Callable[[str], bool]:
    """Most regular expressions in rules are plain alternations (`a|b`), which a set answers faster."""
    words = re2.alternatives(value)
    if words is not None:
        return words.__contains__
    return re2.compile_test(value)

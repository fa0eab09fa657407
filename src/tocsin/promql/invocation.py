"""A function call with its arguments evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from tocsin.promql.frame import Frame
from tocsin.promql.ranges import Ranges

if TYPE_CHECKING:
    from tocsin.promql import ast
    from tocsin.promql.operands import Operand
    from tocsin.promql.query import Query
    from tocsin.series.samples import Values


@dataclass(frozen=True, slots=True, eq=False)
class Invocation:
    """The parser has checked the types; the accessors below only tell them to the type checker."""

    query: Query
    node: ast.Call
    args: tuple[Operand, ...]

    def frame(self, index: int) -> Frame:
        arg = self.args[index]
        return arg if isinstance(arg, Frame) else self._mistyped(index)

    def ranges(self, index: int) -> Ranges:
        arg = self.args[index]
        return arg if isinstance(arg, Ranges) else self._mistyped(index)

    def scalar(self, index: int) -> Values:
        """One value a step."""
        arg = self.args[index]
        return arg if isinstance(arg, np.ndarray) else self._mistyped(index)

    def text(self, index: int) -> str:
        arg = self.args[index]
        return arg if isinstance(arg, str) else self._mistyped(index)

    def _mistyped(self, index: int) -> NoReturn:
        raise TypeError(f"argument {index} of {self.node.signature.name}() is a {type(self.args[index]).__name__}")

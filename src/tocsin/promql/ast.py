"""The syntax tree of PromQL. Every node knows where it starts in the query and the type of its value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

if TYPE_CHECKING:
    from tocsin.promql.signatures import Signature, ValueType
    from tocsin.series import Matcher


@dataclass(frozen=True, slots=True)
class DurationExpr:
    """`operator` applied to durations in seconds; with a single operand, `+` and `-` are signs.

    `step` and `range` have no operands and are known only when the query runs, hence the tree.
    """

    operator: str
    operands: tuple[Duration, ...] = ()


Duration: TypeAlias = "float | DurationExpr"
"""Seconds."""

At: TypeAlias = "float | Literal['start', 'end'] | None"
"""The `@` modifier: unix seconds, or the start or end of the query."""


@dataclass(frozen=True, slots=True)
class Node:
    position: int = field(default=0, compare=False, kw_only=True)
    """Offset of the first character in the query."""


@dataclass(frozen=True, slots=True)
class NumberLiteral(Node):
    value: float
    type: ClassVar[ValueType] = "scalar"


@dataclass(frozen=True, slots=True)
class StringLiteral(Node):
    """Bytes that are not UTF-8 (written as escapes) appear as lone surrogates, as `surrogateescape` decodes them."""

    value: str
    type: ClassVar[ValueType] = "string"


@dataclass(frozen=True, slots=True)
class VectorSelector(Node):
    """The metric name, if any, is one of the matchers."""

    matchers: tuple[Matcher, ...]
    offset: Duration = 0.0
    at: At = None
    type: ClassVar[ValueType] = "instant vector"


@dataclass(frozen=True, slots=True)
class MatrixSelector(Node):
    """Offset and `@` stand on the vector selector."""

    selector: VectorSelector
    range: Duration
    type: ClassVar[ValueType] = "range vector"


@dataclass(frozen=True, slots=True)
class Subquery(Node):
    """Without a `step`, the evaluation interval of the caller counts."""

    expr: Expr
    range: Duration
    step: Duration | None = None
    offset: Duration = 0.0
    at: At = None
    type: ClassVar[ValueType] = "range vector"


@dataclass(frozen=True, slots=True)
class Call(Node):
    signature: Signature
    args: tuple[Expr, ...]

    @property
    def type(self) -> ValueType:
        return self.signature.returns


@dataclass(frozen=True, slots=True)
class Aggregation(Node):
    op: str
    expr: Expr
    param: Expr | None = None
    grouping: tuple[str, ...] = ()
    without: bool = False
    type: ClassVar[ValueType] = "instant vector"


@dataclass(frozen=True, slots=True)
class Matching:
    """How the samples of two vectors find each other; `include` are the labels of `group_left(…)`."""

    labels: tuple[str, ...] = ()
    on: bool = False
    group: Literal["", "left", "right"] = ""
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binary(Node):
    op: str
    left: Expr
    right: Expr
    return_bool: bool = False
    matching: Matching = Matching()

    @property
    def type(self) -> ValueType:
        both_scalars = self.left.type == self.right.type == "scalar"
        return "scalar" if both_scalars else "instant vector"


@dataclass(frozen=True, slots=True)
class Unary(Node):
    op: Literal["+", "-"]
    expr: Expr

    @property
    def type(self) -> ValueType:
        return self.expr.type


@dataclass(frozen=True, slots=True)
class Paren(Node):
    expr: Expr

    @property
    def type(self) -> ValueType:
        return self.expr.type


Expr: TypeAlias = (
    "NumberLiteral | StringLiteral | VectorSelector | MatrixSelector | Subquery | Call | Aggregation | Binary"
    " | Unary | Paren"
)


def unwrap(expr: Expr) -> Expr:
    """The expression inside any number of parentheses."""
    while isinstance(expr, Paren):
        expr = expr.expr
    return expr

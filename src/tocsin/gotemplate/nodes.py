"""The syntax tree of a template. `str()` of a node is the text Go's error messages show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """Literal output."""

    position: int
    text: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A boolean, a number or a string."""

    position: int
    value: bool | float | str
    source: str

    def __str__(self) -> str:
        return self.source


@dataclass(frozen=True, slots=True)
class Nil:
    """The untyped nil; good for comparison only."""

    position: int

    def __str__(self) -> str:
        return "nil"


@dataclass(frozen=True, slots=True)
class Dot:
    """The cursor."""

    position: int

    def __str__(self) -> str:
        return "."


@dataclass(frozen=True, slots=True)
class Field:
    """`.Labels.job`: a path from the cursor."""

    position: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        return "." + ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Variable:
    """`$labels.job`: a path from a variable; the name holds its dollar."""

    position: int
    name: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join((self.name, *self.names))


@dataclass(frozen=True, slots=True)
class Chain:
    """`(pipeline).Field`: a path from any operand."""

    position: int
    operand: Operand
    names: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join((_operand_text(self.operand), *self.names))


@dataclass(frozen=True, slots=True)
class Function:
    """The name of a function."""

    position: int
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Command:
    """One operand, or a function or method with its arguments."""

    position: int
    operands: tuple[Operand, ...]

    def __str__(self) -> str:
        return " ".join(map(_operand_text, self.operands))


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands, each the last argument of the next; the result goes into the variables, if any."""

    position: int
    commands: tuple[Command, ...]
    variables: tuple[str, ...] = ()
    declares: bool = False

    def __str__(self) -> str:
        target = f"{', '.join(self.variables)} {':=' if self.declares else '='} " if self.variables else ""
        return target + " | ".join(map(str, self.commands))


@dataclass(frozen=True, slots=True)
class Action:
    """Prints a pipeline, unless it sets a variable."""

    position: int
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class If:
    """`{{if}}`."""

    position: int
    pipeline: Pipeline
    body: Block
    otherwise: Block = ()


@dataclass(frozen=True, slots=True)
class With:
    """`{{with}}`: `if` that moves the cursor."""

    position: int
    pipeline: Pipeline
    body: Block
    otherwise: Block = ()


@dataclass(frozen=True, slots=True)
class Range:
    """`{{range}}`."""

    position: int
    pipeline: Pipeline
    body: Block
    otherwise: Block = ()


@dataclass(frozen=True, slots=True)
class Include:
    """`{{template "name" pipeline}}`."""

    position: int
    name: str
    pipeline: Pipeline | None

    def __str__(self) -> str:
        return f'{{{{template "{self.name}"{f" {self.pipeline}" if self.pipeline else ""}}}}}'


@dataclass(frozen=True, slots=True)
class Break:
    """`{{break}}`."""

    position: int


@dataclass(frozen=True, slots=True)
class Continue:
    """`{{continue}}`."""

    position: int


@dataclass(frozen=True, slots=True)
class Tree:
    """One template: the name it is called by, and the text and its name that it was parsed from."""

    name: str
    body: Block
    source: str
    source_name: str

    def where(self, position: int) -> str:
        """`NAME:LINE:COLUMN`, the column counted in bytes from zero, as in Go's messages."""
        line_start = self.source.rfind("\n", 0, position) + 1
        column = len(self.source[line_start:position].encode("utf-8", "surrogateescape"))
        return f"{self.source_name}:{self.source.count(chr(10), 0, position) + 1}:{column}"


Operand: TypeAlias = Constant | Nil | Dot | Field | Variable | Chain | Function | Pipeline
Branch: TypeAlias = If | With | Range
Node: TypeAlias = Text | Action | Branch | Include | Break | Continue
Block: TypeAlias = tuple[Node, ...]


def _operand_text(operand: Operand) -> str:
    return f"({operand})" if isinstance(operand, Pipeline) else str(operand)

"""The value of a pipeline, as Go's text/template evaluates it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.gotemplate import calls, values
from tocsin.gotemplate.builtins import LAZY
from tocsin.gotemplate.errors import TemplateError
from tocsin.gotemplate.nodes import (
    Chain,
    Command,
    Constant,
    Dot,
    Field,
    Function,
    Nil,
    Operand,
    Pipeline,
    Variable,
)
from tocsin.gotemplate.values import MISSING

_NOTHING: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one rendering may use; beyond it the template fails instead of the process."""

    characters: int = 1 << 20
    steps: int = 100_000
    depth: int = 48


@dataclass(slots=True)
class Scope:
    """The cursor, and the variables in sight, innermost last."""

    dot: object
    variables: list[tuple[str, object]]

    def moved(self, dot: object) -> "Scope":
        """The cursor elsewhere, over the same variables."""
        return Scope(dot, self.variables)

    def get(self, name: str) -> object:
        """The innermost variable of that name."""
        return self.variables[self._index(name)][1]

    def declare(self, name: str, value: object) -> None:
        """A new variable, which may hide another."""
        self.variables.append((name, value))

    def assign(self, name: str, value: object) -> None:
        """Change the innermost variable of that name."""
        self.variables[self._index(name)] = (name, value)

    def _index(self, name: str) -> int:
        for index in reversed(range(len(self.variables))):
            if self.variables[index][0] == name:
                return index
        raise TemplateError(f"undefined variable: {name}")


@dataclass(slots=True)
class Evaluator:
    """Evaluates pipelines. `at` is the node Go would blame for an error: the last one looked at."""

    functions: Mapping[str, Callable[..., object]]
    limits: Limits
    missing_key_fails: bool
    at: object = None
    _steps: int = 0

    def step(self) -> None:
        """Count a step of work against the limit."""
        self._steps += 1
        if self._steps > self.limits.steps:
            raise TemplateError(f"the template needs more than {self.limits.steps} steps")

    def pipeline(self, pipeline: Pipeline, scope: Scope) -> object:
        """The pipeline's value, after its variables were set to it."""
        value: object = _NOTHING
        for command in pipeline.commands:
            value = self._command(command, scope, value)
        for name in pipeline.variables:
            if pipeline.declares:
                scope.declare(name, value)
            else:
                scope.assign(name, value)
        return value

    def operand(self, operand: Operand, scope: Scope) -> object:
        """The value of an operand that is given no arguments."""
        self.at = operand
        match operand:
            case Constant():
                return operand.value
            case Dot():
                return scope.dot
            case Nil():
                return None
            case Pipeline():
                return self.pipeline(operand, scope)
            case Function():
                return self._function(operand, _Arguments(self, scope), blame=operand)
            case Field() | Variable() | Chain():
                return self._path(operand, _Arguments(self, scope))

    def _command(self, command: Command, scope: Scope, piped: object) -> object:
        self.step()
        first, *others = command.operands
        arguments = _Arguments(self, scope, others, piped)
        if isinstance(first, Function):
            return self._function(first, arguments, blame=command)
        if isinstance(first, Field | Variable | Chain):
            return self._path(first, arguments)
        self.at = first
        self._refuse(arguments, to=first)
        if isinstance(first, Nil):
            raise TemplateError("nil is not a command")
        return self.operand(first, scope)

    def _refuse(self, arguments: "_Arguments", *, to: object) -> None:
        if arguments.count:
            raise TemplateError(f"can't give argument to non-function {to}")

    def _path(self, node: Field | Variable | Chain, arguments: "_Arguments") -> object:
        """Looks up one name after the other; only the last may be a method with arguments."""
        value = self._start(node, arguments.scope)
        if not node.names:
            self._refuse(arguments, to=node)
            return value
        for name in node.names[:-1]:
            value = self._field(value, name, _Arguments(self, arguments.scope))
        return self._field(value, node.names[-1], arguments)

    def _start(self, node: Field | Variable | Chain, scope: Scope) -> object:
        """What the first name of a path is looked up in."""
        self.at = node
        if isinstance(node, Field):
            return scope.dot
        return scope.get(node.name) if isinstance(node, Variable) else self.operand(node.operand, scope)

    def _field(self, value: object, name: str, arguments: "_Arguments") -> object:
        if value is None:
            return self._missing(name, None, "nil data; no entry")
        found = values.field(value, name)
        if callable(found):
            return self._call(name, found, arguments, blame=self.at)
        if arguments.count:
            raise TemplateError(f"{name} is not a method but has arguments")
        return self._missing(name, value, "map has no entry") if found is MISSING else found

    def _missing(self, name: str, mapping: object, complaint: str) -> object:
        if self.missing_key_fails:
            raise TemplateError(f'{complaint} for key "{name}"')
        return values.zero(mapping)

    def _function(self, node: Function, arguments: "_Arguments", *, blame: object) -> object:
        self.at = node
        if node.name in LAZY:
            return arguments.until(stop=LAZY[node.name], name=node.name)
        function = self.functions.get(node.name)
        if function is None:
            raise TemplateError(f'"{node.name}" is not a defined function')
        return self._call(node.name, function, arguments, blame=blame)

    def _call(self, name: str, function: Callable[..., object], arguments: "_Arguments", *, blame: object) -> object:
        """The function's result; its failure is the template's."""
        calls.check_count(name, function, arguments.count)
        given = list(arguments)
        calls.check_types(function, given)
        try:
            result = function(*given)
        except calls.FAILURES as error:
            self.at = blame
            raise TemplateError(f"error calling {name}: {error}") from error
        if isinstance(result, str) and len(result) > self.limits.characters:
            raise TemplateError(f"the result of {name} is longer than {self.limits.characters} characters")
        return result


@dataclass(slots=True)
class _Arguments:
    """The arguments of a call, evaluated when asked for; the value piped in comes last."""

    evaluator: Evaluator
    scope: Scope
    operands: Sequence[Operand] = ()
    piped: object = _NOTHING

    @property
    def count(self) -> int:
        return len(self.operands) + (self.piped is not _NOTHING)

    def __iter__(self) -> Iterator[object]:
        for operand in self.operands:
            self.evaluator.step()
            yield self.evaluator.operand(operand, self.scope)
        if self.piped is not _NOTHING:
            yield self.piped

    def until(self, *, stop: bool, name: str) -> object:
        """The first argument whose truth is `stop`, else the last one: what `or` and `and` give."""
        if not self.count:
            raise TemplateError(f"wrong number of args for {name}: want at least 1 got 0")
        value: object = None
        for value in self:
            if values.truth(value) is stop:
                break
        return value

"""The value of a pipeline, as Go's text/template evaluates it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn

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
    """The variables in sight, innermost last."""

    stack: list[tuple[str, object]]

    def get(self, name: str) -> object:
        for known, value in reversed(self.stack):
            if known == name:
                return value
        raise TemplateError(f"undefined variable: {name}")

    def declare(self, name: str, value: object) -> None:
        self.stack.append((name, value))

    def assign(self, name: str, value: object) -> None:
        indexes = [index for index, (known, _) in enumerate(self.stack) if known == name]
        if not indexes:
            raise TemplateError(f"undefined variable: {name}")
        self.stack[indexes[-1]] = (name, value)


@dataclass(slots=True)
class Evaluator:
    """Evaluates pipelines. `at` is the node Go would blame for an error: the last one looked at."""

    functions: Mapping[str, Callable[..., object]]
    limits: Limits
    missing_key_fails: bool
    at: object = None
    steps: int = field(default=0, init=False)

    def pipeline(self, pipeline: Pipeline, dot: object, scope: Scope) -> object:
        """The pipeline's value, after its variables were set to it."""
        value: object = _NOTHING
        for command in pipeline.commands:
            value = self._command(command, dot, scope, value)
        for name in pipeline.variables:
            if pipeline.declares:
                scope.declare(name, value)
            else:
                scope.assign(name, value)
        return value

    def fail(self, message: str) -> NoReturn:
        """Stop the rendering at the current node."""
        raise TemplateError(message)

    def step(self) -> None:
        """Count a step of work against the limit."""
        self.steps += 1
        if self.steps > self.limits.steps:
            self.fail(f"the template needs more than {self.limits.steps} steps")

    def _command(self, command: Command, dot: object, scope: Scope, final: object) -> object:
        self.step()
        first, arguments = command.operands[0], command.operands[1:]
        if isinstance(first, Function):
            return self._function(first, command, dot, scope, final)
        if isinstance(first, Field | Variable | Chain):
            names, receiver = self._start(first, dot, scope)
            return self._path(first, names, receiver, _Arguments(self, arguments, dot, scope, final))
        self.at = first
        if arguments or final is not _NOTHING:
            self.fail(f"can't give argument to non-function {first}")
        if isinstance(first, Nil):
            self.fail("nil is not a command")
        return self._operand(first, dot, scope)

    def _operand(self, operand: Operand, dot: object, scope: Scope) -> object:
        """The value of an operand that is given no arguments."""
        self.at = operand
        match operand:
            case Constant():
                return operand.value
            case Dot():
                return dot
            case Nil():
                return None
            case Pipeline():
                return self.pipeline(operand, dot, scope)
            case Function():
                return self._function(operand, Command(operand.position, (operand,)), dot, scope, _NOTHING)
            case Field() | Variable() | Chain():
                names, receiver = self._start(operand, dot, scope)
                return self._path(operand, names, receiver, _Arguments(self, (), dot, scope, _NOTHING))

    def _start(self, node: Field | Variable | Chain, dot: object, scope: Scope) -> tuple[tuple[str, ...], object]:
        """Where a path begins: its names and the value they are looked up in."""
        self.at = node
        if isinstance(node, Field):
            return node.names, dot
        if isinstance(node, Variable):
            return node.names, scope.get(node.name)
        return node.names, self._operand(node.operand, dot, scope)

    def _path(self, node: object, names: tuple[str, ...], receiver: object, arguments: "_Arguments") -> object:
        if not names:
            if arguments.count:
                self.fail(f"can't give argument to non-function {node}")
            return receiver
        for name in names[:-1]:
            receiver = self._field(receiver, name, None)
        return self._field(receiver, names[-1], arguments)

    def _field(self, receiver: object, name: str, arguments: "_Arguments | None") -> object:
        if receiver is None:
            return self._missing(name, None, "nil data; no entry")
        found = values.field(receiver, name)
        if callable(found):
            return self.call(name, found, arguments)
        if arguments and arguments.count:
            self.fail(f"{name} is not a method but has arguments")
        return self._missing(name, receiver, "map has no entry") if found is MISSING else found

    def _missing(self, name: str, receiver: object, complaint: str) -> object:
        if self.missing_key_fails:
            self.fail(f'{complaint} for key "{name}"')
        return values.zero(receiver)

    def _function(self, node: Function, command: Command, dot: object, scope: Scope, final: object) -> object:
        self.at = node
        arguments = _Arguments(self, command.operands[1:], dot, scope, final)
        if node.name in LAZY:
            return arguments.until(stop=LAZY[node.name], name=node.name)
        function = self.functions.get(node.name)
        if function is None:
            self.fail(f'"{node.name}" is not a defined function')
        return self.call(node.name, function, arguments, blame=command)

    def call(
        self, name: str, function: Callable[..., object], arguments: "_Arguments | None", blame: object = None
    ) -> object:
        """The result of a function, whose failures become the template's."""
        calls.check_count(name, function, arguments.count if arguments else 0)
        values = arguments.values() if arguments else []
        calls.check_types(function, values)
        try:
            result = function(*values)
        except calls.FAILURES as error:
            self.at = blame or self.at
            raise TemplateError(f"error calling {name}: {error}") from error
        if isinstance(result, str) and len(result) > self.limits.characters:
            self.fail(f"the result of {name} is longer than {self.limits.characters} characters")
        return result


@dataclass(slots=True)
class _Arguments:
    """The arguments of a call, evaluated when asked for; the value piped in comes last."""

    evaluator: Evaluator
    operands: tuple[Operand, ...]
    dot: object
    scope: Scope
    final: object

    @property
    def count(self) -> int:
        return len(self.operands) + (self.final is not _NOTHING)

    def values(self) -> list[object]:
        piped = [] if self.final is _NOTHING else [self.final]
        return [self._evaluate(operand) for operand in self.operands] + piped

    def until(self, *, stop: bool, name: str) -> object:
        """The first argument whose truth is `stop`, or the last one: `or` and `and`."""
        if not self.count:
            self.evaluator.fail(f"wrong number of args for {name}: want at least 1 got 0")
        value: object = None
        for operand in self.operands:
            value = self._evaluate(operand)
            if values.truth(value) is stop:
                return value
        return value if self.final is _NOTHING else self.final

    def _evaluate(self, operand: Operand) -> object:
        self.evaluator.step()
        return self.evaluator._operand(operand, self.dot, self.scope)  # noqa: SLF001  one mechanism, two classes

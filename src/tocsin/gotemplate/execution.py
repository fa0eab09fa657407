"""Rendering: walks the syntax tree and writes, as Go's text/template executes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from tocsin.gotemplate import values
from tocsin.gotemplate.errors import TemplateError
from tocsin.gotemplate.evaluation import Evaluator, Scope
from tocsin.gotemplate.formatting import text_of
from tocsin.gotemplate.nodes import Action, Block, Branch, Break, Continue, If, Include, Node, Range, Text, Tree, With


class Writer(Protocol):
    """Where the output goes."""

    def text(self, text: str) -> None:
        """Literal text of the template."""

    def value(self, value: object) -> None:
        """The value of an action."""


class _BreakError(Exception):
    """`{{break}}`."""


class _ContinueError(Exception):
    """`{{continue}}`."""


class Execution:
    """One rendering of one template."""

    def __init__(self, evaluator: Evaluator, defined: Mapping[str, Tree], writer: Writer) -> None:
        self._evaluator = evaluator
        self._defined = defined
        self._writer = writer
        self._depth = 0
        self._tree: Tree

    def run(self, tree: Tree, data: object) -> None:
        """Render a template with variables of its own."""
        self._tree = tree
        self._block(tree.body, Scope(data, [("$", data)]))

    def located(self, error: TemplateError) -> TemplateError:
        """The error with the place where it happened: the node looked at last."""
        node, tree = self._evaluator.at, self._tree
        where = tree.where(getattr(node, "position", 0))
        return TemplateError(f'template: {where}: executing "{tree.name}" at <{node}>: {error}')

    def _block(self, block: Block, scope: Scope) -> None:
        """Render a block; the variables it declares end with it."""
        known = len(scope.variables)
        self._depth += 1
        if self._depth > self._evaluator.limits.depth:
            raise TemplateError(f"exceeded maximum template depth ({self._evaluator.limits.depth})")
        try:
            for node in block:
                self._node(node, scope)
        finally:
            self._depth -= 1
            del scope.variables[known:]

    def _node(self, node: Node, scope: Scope) -> None:
        self._evaluator.step()
        match node:
            case Text():
                self._writer.text(node.text)
            case Action():
                self._action(node, scope)
            case If() | With() | Range():
                self._branch(node, scope)
            case Include():
                self._include(node, scope)
            case Break():
                raise _BreakError
            case Continue():
                raise _ContinueError

    def _action(self, node: Action, scope: Scope) -> None:
        value = self._evaluator.pipeline(node.pipeline, scope)
        if not node.pipeline.variables:
            self._evaluator.at = node.pipeline
            self._writer.value(value)

    def _branch(self, node: Branch, scope: Scope) -> None:
        """The variables of its pipeline end with it."""
        known = len(scope.variables)
        value = self._evaluator.pipeline(node.pipeline, scope)
        if isinstance(node, Range):
            self._range(node, value, scope)
        elif values.truth(value):
            self._block(node.body, scope.moved(value) if isinstance(node, With) else scope)
        else:
            self._block(node.otherwise, scope)
        del scope.variables[known:]

    def _range(self, node: Range, value: object, scope: Scope) -> None:
        names = node.pipeline.variables
        pairs = list(self._pairs(value, names))
        for index, element in pairs:
            self._evaluator.step()
            for name, part in zip(names, (index, element)[-len(names) :], strict=False):
                scope.assign(name, part)
            try:
                self._block(node.body, scope.moved(element))
            except _ContinueError:
                continue
            except _BreakError:
                break
        if not pairs:
            self._block(node.otherwise, scope)

    def _pairs(self, value: object, names: Sequence[str]) -> Iterable[tuple[object, object]]:
        """Index and element of each round of a loop; a map in the order of its keys."""
        if isinstance(value, Mapping):
            return sorted(value.items())
        if isinstance(value, int) and not isinstance(value, bool):
            return self._counted(value, names)
        if value is None:
            return ()
        if not values.is_list(value):
            raise TemplateError(f"range can't iterate over {text_of(value)}")
        return enumerate(value)

    def _counted(self, count: int, names: Sequence[str]) -> Iterable[tuple[object, object]]:
        if len(names) > 1:
            raise TemplateError(f"can't use {count} to iterate over more than one variable")
        return ((index, index) for index in range(min(count, self._evaluator.limits.steps + 1)))

    def _include(self, node: Include, scope: Scope) -> None:
        self._evaluator.at = node
        if node.name not in self._defined:
            raise TemplateError(f'template "{node.name}" not defined')
        data = self._evaluator.pipeline(node.pipeline, scope) if node.pipeline else None
        outer = self._tree
        self.run(self._defined[node.name], data)
        self._tree = outer

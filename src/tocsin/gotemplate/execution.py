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

    def run(self, tree: Tree, dot: object) -> None:
        """Render a template with variables of its own."""
        self._tree = tree
        self._block(tree.body, dot, Scope([("$", dot)]))

    def located(self, error: TemplateError) -> TemplateError:
        """The error with the place where it happened: the node looked at last."""
        node, tree = self._evaluator.at, self._tree
        where = tree.where(getattr(node, "position", 0))
        return TemplateError(f'template: {where}: executing "{tree.name}" at <{node}>: {error}')

    def _block(self, block: Block, dot: object, scope: Scope) -> None:
        """Render a block; the variables it declares end with it."""
        known = len(scope.stack)
        self._depth += 1
        if self._depth > self._evaluator.limits.depth:
            self._evaluator.fail(f"exceeded maximum template depth ({self._evaluator.limits.depth})")
        try:
            for node in block:
                self._node(node, dot, scope)
        finally:
            self._depth -= 1
            del scope.stack[known:]

    def _node(self, node: Node, dot: object, scope: Scope) -> None:
        self._evaluator.step()
        match node:
            case Text():
                self._writer.text(node.text)
            case Action():
                self._action(node, dot, scope)
            case If() | With() | Range():
                self._branch(node, dot, scope)
            case Include():
                self._include(node, dot, scope)
            case Break():
                raise _BreakError
            case Continue():
                raise _ContinueError

    def _action(self, node: Action, dot: object, scope: Scope) -> None:
        value = self._evaluator.pipeline(node.pipeline, dot, scope)
        if not node.pipeline.variables:
            self._evaluator.at = node.pipeline
            self._writer.value(value)

    def _branch(self, node: Branch, dot: object, scope: Scope) -> None:
        known = len(scope.stack)
        if isinstance(node, Range):
            self._range(node, dot, scope)
        else:
            self._condition(node, dot, scope)
        del scope.stack[known:]

    def _condition(self, node: If | With, dot: object, scope: Scope) -> None:
        value = self._evaluator.pipeline(node.pipeline, dot, scope)
        if values.truth(value):
            self._block(node.body, value if isinstance(node, With) else dot, scope)
        else:
            self._block(node.otherwise, dot, scope)

    def _range(self, node: Range, dot: object, scope: Scope) -> None:
        value = self._evaluator.pipeline(node.pipeline, dot, scope)
        pairs = list(self._pairs(value, node.pipeline.variables))
        for index, element in pairs:
            self._evaluator.step()
            self._set(node, index, element, scope)
            try:
                self._block(node.body, element, scope)
            except _ContinueError:
                continue
            except _BreakError:
                break
        if not pairs:
            self._block(node.otherwise, dot, scope)

    def _set(self, node: Range, index: object, element: object, scope: Scope) -> None:
        """The loop's variables: the element, or the index and the element."""
        variables = node.pipeline.variables
        for name, value in zip(variables, (index, element) if len(variables) > 1 else (element,), strict=False):
            scope.assign(name, value)

    def _pairs(self, value: object, variables: Sequence[str]) -> Iterable[tuple[object, object]]:
        """What a loop runs over; a map in the order of its keys."""
        if isinstance(value, Mapping):
            return sorted(value.items())
        if isinstance(value, int) and not isinstance(value, bool):
            if len(variables) > 1:
                self._evaluator.fail(f"can't use {value} to iterate over more than one variable")
            return ((index, index) for index in range(min(value, self._evaluator.limits.steps + 1)))
        if value is None:
            return ()
        if not values.is_list(value):
            self._evaluator.fail(f"range can't iterate over {text_of(value)}")
        return enumerate(value)

    def _include(self, node: Include, dot: object, scope: Scope) -> None:
        evaluator = self._evaluator
        evaluator.at = node
        if node.name not in self._defined:
            evaluator.fail(f'template "{node.name}" not defined')
        value = evaluator.pipeline(node.pipeline, dot, scope) if node.pipeline else None
        outer = self._tree
        self.run(self._defined[node.name], value)
        self._tree = outer

"""The type rules of PromQL: each check returns a complaint and where it belongs, or None."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.promql.signatures import AGGREGATIONS, Signature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.promql import ast

Complaint = tuple[str, int] | None

COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
SET_OPERATORS = frozenset({"and", "or", "unless"})
_SUMMABLE = frozenset({"scalar", "instant vector"})


def selector(node: ast.VectorSelector) -> Complaint:
    if all(matcher.matches("") for matcher in node.matchers):
        return "vector selector must contain at least one non-empty matcher", node.position
    return None


def unary(node: ast.Unary) -> Complaint:
    if node.expr.type in _SUMMABLE:
        return None
    wanted = "unary expression only allowed on expressions of type scalar or instant vector"
    return f'{wanted}, got "{node.expr.type}"', node.position


def binary(node: ast.Binary, operator_position: int) -> Complaint:
    sides = {node.left.type, node.right.type}
    if node.return_bool and node.op not in COMPARISONS:
        return "bool modifier can only be used on comparison operators", operator_position
    if sides == {"scalar"} and node.op in COMPARISONS and not node.return_bool:
        return "comparisons between scalars must use BOOL modifier", operator_position
    if not sides <= _SUMMABLE:
        return "binary expression must contain only scalar and instant vector types", node.position
    return _matching(node, operator_position) if sides == {"instant vector"} else _scalar_side(node)


def _matching(node: ast.Binary, operator_position: int) -> Complaint:
    matching = node.matching
    if node.op in SET_OPERATORS and matching.group:
        return f'no grouping allowed for "{node.op}" operation', node.position
    for label in matching.include:
        if matching.on and label in matching.labels:
            return f'label "{label}" must not occur in ON and GROUP clause at once', operator_position
    return None


def _scalar_side(node: ast.Binary) -> Complaint:
    if node.matching.labels:
        return "vector matching only allowed between instant vectors", node.position
    if node.op in SET_OPERATORS:
        return f'set operator "{node.op}" not allowed in binary scalar expression', node.position
    return None


def aggregation(op: str, args: Sequence[ast.Expr], position: int) -> Complaint:
    parameter = AGGREGATIONS[op]
    wanted = 2 if parameter else 1
    if not args:
        return "no arguments for aggregate expression provided", position
    if len(args) != wanted:
        counts = f"expected {wanted}, got {len(args)}"
        return f"wrong number of arguments for aggregate expression provided, {counts}", position
    if parameter and args[0].type != parameter:
        return f"expected type {parameter} in aggregation parameter, got {args[0].type}", args[0].position
    if args[-1].type != "instant vector":
        return f"expected type instant vector in aggregation expression, got {args[-1].type}", args[-1].position
    return None


def call(signature: Signature, args: Sequence[ast.Expr], position: int) -> Complaint:
    if wrong := _count(signature, len(args)):
        return f'expected {wrong} argument(s) in call to "{signature.name}", got {len(args)}', position
    for index, arg in enumerate(args):
        wanted = signature.arg(index)
        if arg.type != wanted:
            return f'expected type {wanted} in call to function "{signature.name}", got {arg.type}', arg.position
    return None


def _count(signature: Signature, given: int) -> str:
    most = len(signature.args)
    least = most - signature.optional - signature.variadic
    if signature.variadic:
        return f"at least {least}" if given < least else ""
    if least == most:
        return str(most) if given != most else ""
    if given < least:
        return f"at least {least}"
    return f"at most {most}" if given > most else ""

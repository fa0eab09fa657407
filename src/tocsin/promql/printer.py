"""An expression as text, which is read back as the same expression."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tocsin.promql import ast
from tocsin.promql.aggregations import format_value
from tocsin.series.labels import METRIC_NAME
from tocsin.syntax.quoting import quote_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tocsin.series import Matcher

_UNITS = (("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_SIMPLE = (ast.NumberLiteral, ast.StringLiteral, ast.VectorSelector, ast.Call, ast.Aggregation, ast.Paren)


def print_expr(expr: ast.Expr) -> str:
    """On one line. What was written as a duration or in another base is a number in seconds."""
    return _PRINTERS[type(expr)](expr)


def _selector(node: ast.VectorSelector) -> str:
    return _series(node) + _modifiers(node)


def _series(node: ast.VectorSelector) -> str:
    """The metric name stands in front where it is an ordinary one."""
    name, *others = node.matchers
    ordinary = name.name == METRIC_NAME and name.op == "=" and _is_identifier(name.value)
    if not ordinary or any(other.name == METRIC_NAME for other in others):
        return "{" + ",".join(map(_matcher, node.matchers)) + "}"
    return name.value + ("{" + ",".join(map(_matcher, others)) + "}" if others else "")


def _matcher(matcher: Matcher) -> str:
    name = matcher.name if _is_identifier(matcher.name) and ":" not in matcher.name else quote_value(matcher.name)
    return f"{name}{matcher.op}{quote_value(matcher.value)}"


def _is_identifier(name: str) -> bool:
    return name.replace(":", "_").isidentifier() and name.isascii()


def _modifiers(node: ast.VectorSelector | ast.Subquery) -> str:
    at = f" @ {node.at}()" if isinstance(node.at, str) else "" if node.at is None else f" @ {format_value(node.at)}"
    return at + (f" offset {_duration(node.offset)}" if node.offset else "")


def _duration(duration: ast.Duration) -> str:
    if isinstance(duration, ast.DurationExpr):
        return f"({_duration_expr(duration)})"
    sign, milliseconds = "-" if duration < 0 else "", abs(round(duration * 1000))
    return sign + next(f"{milliseconds // size}{unit}" for unit, size in _UNITS if milliseconds % size == 0)


def _duration_expr(duration: ast.DurationExpr) -> str:
    operands = [_duration(each) if isinstance(each, ast.DurationExpr) else repr(each) for each in duration.operands]
    if duration.operator in {"step", "range", "min_of", "max_of"}:
        return f"{duration.operator}({', '.join(operands)})"
    return f"{duration.operator}{operands[0]}" if len(operands) == 1 else f" {duration.operator} ".join(operands)


def _matrix(node: ast.MatrixSelector) -> str:
    return f"{_series(node.selector)}[{_duration(node.range)}]{_modifiers(node.selector)}"


def _subquery(node: ast.Subquery) -> str:
    step = "" if node.step is None else _duration(node.step)
    return f"{_operand(node.expr)}[{_duration(node.range)}:{step}]{_modifiers(node)}"


def _aggregation(node: ast.Aggregation) -> str:
    by = f" {'without' if node.without else 'by'} ({_names(node.grouping)}) " if node.grouping or node.without else ""
    arguments = [node.expr] if node.param is None else [node.param, node.expr]
    return f"{node.op}{by}({_list(arguments)})"


def _binary(node: ast.Binary) -> str:
    return f"{_operand(node.left)} {node.op}{_binary_modifiers(node)} {_operand(node.right)}"


def _binary_modifiers(node: ast.Binary) -> str:
    matching = node.matching
    modifiers = " bool" if node.return_bool else ""
    if matching.on or matching.labels:
        modifiers += f" {'on' if matching.on else 'ignoring'} ({_names(matching.labels)})"
    if matching.group:
        modifiers += f" group_{matching.group} ({_names(matching.include)})"
    return modifiers


def _names(names: Iterable[str]) -> str:
    return ", ".join(name if _is_identifier(name) and ":" not in name else quote_value(name) for name in names)


def _list(expressions: Iterable[ast.Expr]) -> str:
    return ", ".join(map(print_expr, expressions))


def _operand(expr: ast.Expr) -> str:
    """Operators within operators get parentheses, unless the query has them."""
    return print_expr(expr) if isinstance(expr, _SIMPLE) else f"({print_expr(expr)})"


def _string(node: ast.StringLiteral) -> str:
    """Bytes that are not UTF-8 are written as the escapes they came from."""
    return _NOT_UTF8.sub(lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", quote_value(node.value))


def _unary(node: ast.Unary) -> str:
    return f"{node.op}{_operand(node.expr)}"


_PRINTERS: dict[type[Any], Callable[[Any], str]] = {
    ast.Aggregation: _aggregation,
    ast.Binary: _binary,
    ast.Call: lambda node: f"{node.signature.name}({_list(node.args)})",
    ast.MatrixSelector: _matrix,
    ast.NumberLiteral: lambda node: format_value(node.value),
    ast.Paren: lambda node: f"({print_expr(node.expr)})",
    ast.StringLiteral: _string,
    ast.Subquery: _subquery,
    ast.Unary: _unary,
    ast.VectorSelector: _selector,
}

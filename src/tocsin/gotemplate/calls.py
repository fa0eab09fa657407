"""Calling a Python function from a template: argument count and types are checked as Go checks them."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, get_origin, get_type_hints
from weakref import WeakKeyDictionary

from tocsin.gotemplate.errors import TemplateError
from tocsin.gotemplate.values import type_name

#: What a function may raise to report a failure; TypeError comes from the items of lists, which are not checked here.
FAILURES = (ValueError, LookupError, ArithmeticError, TypeError)

_ACCEPTED: dict[object, tuple[tuple[Any, ...], str]] = {
    str: ((str,), "string"),
    float: ((int, float), "float64"),
    int: ((int,), "int"),
    bool: ((bool,), "bool"),
}


class _Signature(NamedTuple):
    types: tuple[object, ...]
    required: int
    variadic: bool


# Inspection takes longer than most calls; weak, because some functions are closures over a query.
_SIGNATURES: WeakKeyDictionary[Callable[..., object], _Signature] = WeakKeyDictionary()


def _signature(function: Callable[..., object]) -> _Signature:
    known = _SIGNATURES.get(function)
    if known is None:
        known = _SIGNATURES[function] = _inspected(function)
    return known


def _inspected(function: Callable[..., object]) -> _Signature:
    hints = get_type_hints(function)
    parameters = inspect.signature(function).parameters.values()
    return _Signature(
        types=tuple(hints.get(parameter.name, object) for parameter in parameters),
        required=sum(
            parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
            for parameter in parameters
        ),
        variadic=any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters),
    )


def check_count(name: str, function: Callable[..., object], count: int) -> None:
    """Whether the function takes so many arguments.

    Raises:
        TemplateError: Too few or too many.
    """
    signature = _signature(function)
    if count < signature.required or (count > len(signature.types) and not signature.variadic):
        wanted = f"at least {signature.required}" if signature.variadic else str(len(signature.types))
        raise TemplateError(f"wrong number of args for {name}: want {wanted} got {count}")


def check_types(function: Callable[..., object], arguments: Sequence[object]) -> None:
    """Whether the function takes these arguments.

    Raises:
        TemplateError: One has the wrong type.
    """
    types = _signature(function).types
    for position, argument in enumerate(arguments):
        _check_type(types[min(position, len(types) - 1)], argument)


def _check_type(wanted: object, argument: object) -> None:
    """In Python a bool is an int, a string is a sequence, and text that is HTML a string; in Go they are not."""
    accepted, go_name = _ACCEPTED.get(wanted) or ((get_origin(wanted) or wanted,), getattr(wanted, "go_type", "list"))
    if object in accepted or Any in accepted:
        return
    lookalike = (isinstance(argument, bool) and wanted is not bool) or (
        isinstance(argument, str) and (wanted is not str or hasattr(argument, "go_type"))
    )
    if lookalike or not isinstance(argument, accepted):
        raise TemplateError(f"wrong type for value; expected {go_name}; got {type_name(argument)}")

"""How a template sees Python's values: types, truth, fields and methods.

A template reaches only what is meant for it: the keys of mappings, and of any other object the attributes its class
lists in `exported`, by Go's name of the field or method. Nothing else of Python's attributes is visible, so that a
template cannot leave its data. `go_type` is what error messages call the type.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeGuard

from tocsin.gotemplate.errors import TemplateError


class AnyMap(dict[str, object]):
    """A map of anything: a missing key gives no value, where it gives the empty string in a map of strings."""


#: What `field` answers for a key that is not there.
MISSING: Final = object()

_TYPE_NAMES: dict[type, str] = {
    bool: "bool",
    int: "int",
    float: "float64",
    str: "string",
    AnyMap: "map[string]interface {}",
}


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Whether Go would call it a slice; a string is none."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number; a boolean is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def type_name(value: object) -> str:
    """The Go name of the value's type."""
    if value is None:
        return "<nil>"
    named = getattr(type(value), "go_type", None) or _TYPE_NAMES.get(type(value))
    if named:
        return str(named)
    if isinstance(value, Mapping):
        return "map[string]string"
    if is_list(value):
        return f"[]{type_name(value[0]) if value else 'interface {}'}"
    return type(value).__name__


def truth(value: object) -> bool:
    """False are zero, false, nil and whatever is empty; any struct is true."""
    if value is None or isinstance(value, bool | int | float | str | Mapping) or is_list(value):
        return bool(value)
    return True


def field(value: object, name: str) -> object:
    """The field, method or key of that name; `MISSING` where a map does not have it.

    Raises:
        TemplateError: The value has no such field.
    """
    exported: Mapping[str, str] = getattr(type(value), "exported", {})
    if name in exported:
        return getattr(value, exported[name])
    if isinstance(value, Mapping):
        return value.get(name, MISSING)
    raise TemplateError(f"can't evaluate field {name} in type {type_name(value)}")


def zero(mapping: object) -> object:
    """What a key that is missing from this map stands for."""
    return "" if isinstance(mapping, Mapping) and not isinstance(mapping, AnyMap) else None

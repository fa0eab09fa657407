"""Values as JSON, byte for byte as Go's encoding/json writes them."""

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from tocsin.gotemplate.duration import Duration
from tocsin.gotemplate.formatting import fixed, shortest
from tocsin.gotemplate.timestamp import Time
from tocsin.gotemplate.values import is_list, type_name

_ESCAPES = {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"}
_RFC_3339 = "2006-01-02T15:04:05.999999999Z07:00"


def to_json(value: object) -> str:
    """Compact, the keys of maps sorted; a class says in `json_names` which attributes it shows, and as what.

    Raises:
        ValueError: JSON has no such value.
    """
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return "".join(_ESCAPES.get(each, each) for each in json.dumps(value, ensure_ascii=False))
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Time):
        return to_json(value.format(_RFC_3339))
    if isinstance(value, Duration):
        return str(value.nanoseconds)
    return _composite(value)


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        raise ValueError(f"json: unsupported value: {shortest(value)}")
    plain = value == 0 or 1e-6 <= abs(value) < 1e21
    return fixed(value) if plain else f"{Decimal(repr(value)).normalize():e}"


def _composite(value: object) -> str:
    names: Mapping[str, str] = getattr(type(value), "json_names", {})
    if names:
        return _object({name: getattr(value, attribute) for name, attribute in names.items()})
    if isinstance(value, Mapping):
        return _object(dict(sorted(value.items())))
    if is_list(value):
        return _array(value)
    raise ValueError(f"json: unsupported type: {type_name(value)}")


def _object(fields: Mapping[str, object]) -> str:
    return "{" + ",".join(f"{to_json(name)}:{to_json(value)}" for name, value in fields.items()) + "}"


def _array(items: Sequence[object]) -> str:
    return "[" + ",".join(map(to_json, items)) + "]"

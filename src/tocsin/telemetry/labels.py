"""The labels of a series, as Prometheus' OTLP receiver makes them from the attributes of resource and data point."""

import json
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from tocsin.telemetry import otlp
from tocsin.telemetry.names import label_name
from tocsin.telemetry.otlp import AnyValue

Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Sorted by name, every name once, no empty values."""

#: Series and histograms whose labels are remembered; a process that evaluates rules holds them anyway.
REMEMBERED_SERIES = 100_000
REMEMBERED_HISTOGRAMS = 10_000

_IDENTIFYING = ("service.namespace", "service.name", "service.instance.id")
# Go escapes the line separators that JavaScript did not allow in strings.
_GO_ESCAPES = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029"})


@lru_cache(maxsize=REMEMBERED_SERIES)
def series_labels(name: str, target: Labels, attributes: bytes) -> Labels:
    """The labels of a counter or gauge; `attributes` as on the wire. Raises UnusableNameError."""
    return _labels({**_translated(attributes), **dict(target), "__name__": name})


@lru_cache(maxsize=REMEMBERED_HISTOGRAMS)
def histogram_labels(name: str, target: Labels, attributes: bytes, bounds: bytes) -> tuple[Labels, ...]:
    """The labels of `_count`, `_sum`, the bucket `+Inf`, and of the buckets in order. Raises UnusableNameError."""
    common = {**_translated(attributes), **dict(target)}
    limits = ["+Inf", *(decimal(float(bound)) for bound in otlp.decode_bounds(bounds))]
    return (
        _labels({**common, "__name__": f"{name}_count"}),
        _labels({**common, "__name__": f"{name}_sum"}),
        *(_labels({**common, "__name__": f"{name}_bucket", "le": limit}) for limit in limits),
    )


@lru_cache(maxsize=1024)
def target_labels(resource: bytes) -> Labels:
    """`job` and `instance`, from the attributes of a resource."""
    found = _values(resource)
    job = "/".join(found[name] for name in ("service.namespace", "service.name") if name in found)
    return _labels({"job": job if "service.name" in found else "", "instance": found.get("service.instance.id", "")})


@lru_cache(maxsize=1024)
def target_info_labels(resource: bytes) -> Labels | None:
    """The labels of `target_info`; None where the resource says no more than job and instance, or neither.

    Raises UnusableNameError.
    """
    described = _translated(resource, besides=_IDENTIFYING)
    labels = {**described, **dict(target_labels(resource)), "__name__": "target_info"}
    return _labels(labels) if described and labels.keys() & {"job", "instance"} else None


def decimal(number: float) -> str:
    """Go's `FormatFloat(number, 'f', -1, 64)`: the shortest decimal that is the same float, without exponent."""
    if number == float("inf"):
        return "+Inf"
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def text(value: AnyValue) -> str:
    """The Collector's `Value.AsString`: what an attribute's value is as a label's."""
    if value.string_value is not None:
        return value.string_value
    if value.bytes_value is not None:
        return value.bytes_value
    return "" if (written := _json(value)) == "null" else written


def _json(value: AnyValue) -> str:
    """Go's way to write JSON: no spaces, sorted keys, numbers as JavaScript has them."""
    match value:
        case AnyValue(bool_value=bool(truth)):
            return "true" if truth else "false"
        case AnyValue(int_value=int() | str() as number):
            return str(number)
        case AnyValue(double_value=float() | str() as number):
            return _number(float(number))
        case AnyValue(array_value=otlp.ArrayValue(values=items)):
            return "[" + ",".join(map(_json, items)) + "]"
        case AnyValue(kvlist_value=otlp.KeyValueList(values=pairs)):
            return "{" + ",".join(sorted(f"{_quoted(pair.key)}:{_json(pair.value)}" for pair in pairs)) + "}"
        case AnyValue(string_value=str(words)) | AnyValue(bytes_value=str(words)):
            return _quoted(words)
    return "null"


def _number(number: float) -> str:
    if number == 0 or 1e-6 <= abs(number) < 1e21:
        return decimal(number)
    return repr(number).replace("e-0", "e-")


def _quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False).translate(_GO_ESCAPES)


def _labels(pairs: dict[str, str]) -> Labels:
    return tuple(sorted(_shared(pair) for pair in pairs.items() if pair[1]))


@lru_cache(maxsize=REMEMBERED_SERIES)
def _shared(pair: tuple[str, str]) -> tuple[str, str]:
    """The same object for all series that have this label, which saves two thirds of their memory."""
    return pair


def _values(attributes: bytes) -> dict[str, str]:
    return {attribute.key: text(attribute.value) for attribute in otlp.decode_attributes(attributes)}


def _translated(attributes: bytes, *, besides: Iterable[str] = ()) -> dict[str, str]:
    """Values whose names become the same label are joined in the order of the names they had."""
    labels: dict[str, str] = {}
    for name, value in sorted(_values(attributes).items()):
        if name not in besides:
            label = label_name(name)
            labels[label] = f"{labels[label]};{value}" if labels.get(label) else value
    return labels

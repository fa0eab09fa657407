"""The labels of a series, as Prometheus' OTLP receiver makes them from the attributes of resource and data point."""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from tocsin.telemetry import otlp
from tocsin.telemetry.otlp import AnyValue
from tocsin.telemetry.translation import DEFAULT, Translation

Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Sorted by name, every name once, no empty values."""

#: Series and histograms whose labels are remembered; a process that evaluates rules holds them anyway.
REMEMBERED_SERIES = 100_000
REMEMBERED_HISTOGRAMS = 10_000
REMEMBERED_TARGETS = 10_000

# Go escapes the line separators that JavaScript did not allow in strings.
_GO_ESCAPES = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029"})


class Target(Struct, frozen=True, eq=False):
    """Whose series they are: the labels that resource and scope give to each, compared by identity.

    `identity` is stronger than the attributes of a data point, `promoted` weaker.
    """

    identity: Mapping[str, str]
    promoted: Mapping[str, str]
    translation: Translation

    def labels(self, attributes: bytes) -> dict[str, str]:
        """Those of a data point. Raises UnusableNameError."""
        return {**self.promoted, **_translated(_values(attributes), self.translation), **self.identity}


@lru_cache(maxsize=REMEMBERED_TARGETS)
def target_of(resource: bytes, scope: otlp.ScopeKey = otlp.NO_SCOPE, translation: Translation = DEFAULT) -> Target:
    """Of a resource's attributes, and of a scope where its metadata are promoted. Raises UnusableNameError."""
    values = _values(resource)
    promoted = {name: value for name, value in values.items() if translation.promotes(name)}
    of_scope = _scope_labels(scope, translation) if translation.promote_scope_metadata else {}
    return Target({**of_scope, **_job_and_instance(values)}, _promoted(promoted, translation), translation)


@lru_cache(maxsize=REMEMBERED_SERIES)
def series_labels(name: str, target: Target, attributes: bytes, *more: tuple[str, str]) -> Labels:
    """The labels of a counter or gauge; `attributes` as on the wire. Raises UnusableNameError."""
    return _labels({**target.labels(attributes), "__name__": name, **dict(more)})


@lru_cache(maxsize=REMEMBERED_HISTOGRAMS)
def histogram_labels(name: str, target: Target, attributes: bytes, bounds: bytes) -> tuple[Labels, ...]:
    """The labels of `_count`, `_sum`, the bucket `+Inf`, and of the buckets in order. Raises UnusableNameError."""
    common = target.labels(attributes)
    limits = ["+Inf", *(decimal(float(bound)) for bound in otlp.decode_bounds(bounds))]
    return (
        _labels({**common, "__name__": f"{name}_count"}),
        _labels({**common, "__name__": f"{name}_sum"}),
        *(_labels({**common, "__name__": f"{name}_bucket", "le": limit}) for limit in limits),
    )


@lru_cache(maxsize=REMEMBERED_TARGETS)
def target_info_labels(resource: bytes, translation: Translation = DEFAULT) -> Labels | None:
    """The labels of `target_info`; None where the resource says no more than job and instance, or neither.

    Raises UnusableNameError.
    """
    values = _values(resource)
    identity = _job_and_instance(values)
    if not identity or not values.keys() - set(Translation().identifying):
        return None
    described = {name: value for name, value in values.items() if name not in translation.identifying}
    return _labels({**_translated(described, translation), **identity, "__name__": "target_info"})


def _job_and_instance(values: Mapping[str, str]) -> dict[str, str]:
    job = "/".join(values[name] for name in ("service.namespace", "service.name") if name in values)
    found = {"job": job if "service.name" in values else "", "instance": values.get("service.instance.id", "")}
    return {name: value for name, value in found.items() if value}


def _promoted(values: Mapping[str, str], translation: Translation) -> dict[str, str]:
    """Of two that become the same label, the first counts."""
    labels: dict[str, str] = {}
    for name, value in values.items():
        labels.setdefault(translation.label_name(name), value)
    return labels


def _scope_labels(scope: otlp.ScopeKey, translation: Translation) -> dict[str, str]:
    if not scope.name:
        return {}
    own = {"name": scope.name, "version": scope.version, "schema_url": scope.schema_url}
    return {f"otel_scope_{name}": value for name, value in own.items()} | {
        translation.label_name(f"otel_scope_{name}"): value for name, value in _values(scope.attributes).items()
    }


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


def _translated(values: Mapping[str, str], translation: Translation) -> dict[str, str]:
    """Values whose names become the same label are joined in the order of the names they had."""
    labels: dict[str, str] = {}
    for name, value in sorted(values.items()):
        label = translation.label_name(name)
        labels[label] = f"{labels[label]};{value}" if labels.get(label) else value
    return labels

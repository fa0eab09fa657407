"""A series is identified by its labels: the metric name is the one called `__name__`."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from tocsin.syntax.quoting import quote_value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Sorted by name, every name once, no empty values: equal label sets are equal tuples."""

METRIC_NAME = "__name__"

_name_of = itemgetter(0)


def from_mapping(mapping: Mapping[str, str]) -> Labels:
    """An empty value means that the label is absent, as everywhere in Prometheus."""
    return tuple(sorted((pair for pair in mapping.items() if pair[1]), key=_name_of))


def get(labels: Labels, name: str) -> str:
    """The empty string where the label is absent."""
    for pair in labels:
        if pair[0] == name:
            return pair[1]
    return ""


def only(labels: Labels, names: Collection[str]) -> Labels:
    return tuple([pair for pair in labels if pair[0] in names])


def without(labels: Labels, names: Collection[str]) -> Labels:
    return tuple([pair for pair in labels if pair[0] not in names])


class LateName(str):
    """A metric name that stays until the end of the query, for which `drop_name` only marks it."""

    __slots__ = ()


class DroppedName(LateName):
    """A metric name that is to go."""

    __slots__ = ()


def drop_name(labels: Labels) -> Labels:
    """Without the metric name; the same object if there is none. Runs for every series of every rule."""
    if not labels or labels[0][0] > METRIC_NAME:
        return labels
    name, value = labels[0]
    return labels[1:] if name == METRIC_NAME and type(value) is str else _drop_name(labels)


def _drop_name(labels: Labels) -> Labels:
    """Where another label comes before the name, or the name is to stay for now."""
    name = get(labels, METRIC_NAME)
    if isinstance(name, LateName):
        return tuple([(key, DroppedName(value)) if key == METRIC_NAME else (key, value) for key, value in labels])
    return without(labels, (METRIC_NAME,)) if name else labels


def replace(labels: Labels, changes: Mapping[str, str]) -> Labels:
    """An empty value removes the label."""
    return from_mapping({**dict(labels), **changes})


def format_labels(labels: Labels) -> str:
    """Prometheus' way of writing a series in messages: `{__name__="up", job="api"}`."""
    return "{" + ", ".join(f"{name}={quote_value(value)}" for name, value in labels) + "}"

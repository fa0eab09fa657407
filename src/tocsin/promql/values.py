"""What a query returns. Times are unix milliseconds, as in the head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from tocsin.series import Labels


class VectorSample(NamedTuple):
    labels: Labels
    timestamp_ms: int
    value: float


class Series(NamedTuple):
    labels: Labels
    samples: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Scalar:
    timestamp_ms: int
    value: float


@dataclass(frozen=True, slots=True)
class String:
    timestamp_ms: int
    value: str


@dataclass(frozen=True, slots=True)
class Vector:
    """In no particular order, except after `sort`, `sort_desc`, `topk` and `bottomk`."""

    samples: tuple[VectorSample, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Sorted by labels; every series has at least one sample."""

    series: tuple[Series, ...]


Value: TypeAlias = Vector | Scalar | String | Matrix

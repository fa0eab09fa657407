"""Values in the form of Prometheus' HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tocsin.promql.aggregations import format_value
from tocsin.promql.values import Matrix, String, Vector

if TYPE_CHECKING:
    from tocsin.promql.annotations import Annotations
    from tocsin.promql.values import Value


def query_data(value: Value) -> dict[str, Any]:
    """The `data` of an answer: `resultType` and `result`; times are unix seconds, numbers are texts."""
    if isinstance(value, Matrix):
        result = [
            {"metric": dict(series.labels), "values": [_point(*sample) for sample in series.samples]}
            for series in value.series
        ]
        return {"resultType": "matrix", "result": result}
    if isinstance(value, Vector):
        samples = [
            {"metric": dict(sample.labels), "value": _point(sample.timestamp_ms, sample.value)}
            for sample in value.samples
        ]
        return {"resultType": "vector", "result": samples}
    if isinstance(value, String):
        return {"resultType": "string", "result": [value.timestamp_ms / 1000, value.value]}
    return {"resultType": "scalar", "result": _point(value.timestamp_ms, value.value)}


def answer(value: Value, annotations: Annotations) -> dict[str, Any]:
    """The whole answer to a query that succeeded."""
    said = {"warnings": list(annotations.warnings), "infos": list(annotations.infos)}
    return {"status": "success", "data": query_data(value), **{key: texts for key, texts in said.items() if texts}}


def _point(timestamp_ms: int, value: float) -> list[object]:
    return [timestamp_ms / 1000, format_value(value)]

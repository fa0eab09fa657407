"""PromQL, as Prometheus 3 means it, over the series head: floats and classic histograms."""

from __future__ import annotations

from tocsin.promql.annotations import Annotations
from tocsin.promql.ast import Expr
from tocsin.promql.engine import evaluate, evaluate_range
from tocsin.promql.errors import EvaluationError, ParseError
from tocsin.promql.parser import parse, parse_selector
from tocsin.promql.values import Matrix, Scalar, Series, String, Value, Vector, VectorSample

__all__ = [
    "Annotations",
    "EvaluationError",
    "Expr",
    "Matrix",
    "ParseError",
    "Scalar",
    "Series",
    "String",
    "Value",
    "Vector",
    "VectorSample",
    "evaluate",
    "evaluate_range",
    "parse",
    "parse_selector",
]

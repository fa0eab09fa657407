"""PromQL, as Prometheus 3 means it with its default feature flags, over the series head.

Native histograms, experimental functions and whatever needs a feature flag are refused when a query is parsed. Known
differences: of equal values at the limit of `topk` and `bottomk` the first by labels are chosen; the date of a NaN is
NaN; annotations do not say where in the query they arose; the last digit of averages, variances and transcendental
functions may differ.
"""

from __future__ import annotations

from tocsin.promql.annotations import Annotations
from tocsin.promql.ast import Expr
from tocsin.promql.deadline import Deadline
from tocsin.promql.engine import evaluate, evaluate_range
from tocsin.promql.errors import EvaluationError, LimitError, ParseError
from tocsin.promql.parser import parse, parse_selector
from tocsin.promql.query import LOOKBACK
from tocsin.promql.values import Matrix, Scalar, Series, String, Value, Vector, VectorSample

__all__ = [
    "LOOKBACK",
    "Annotations",
    "Deadline",
    "EvaluationError",
    "Expr",
    "LimitError",
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

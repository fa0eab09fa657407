"""Which functions there are, what they take and what they return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

ValueType: TypeAlias = Literal["scalar", "instant vector", "range vector", "string"]


@dataclass(frozen=True, slots=True)
class Signature:
    """The last `optional` arguments may be left out; with `variadic`, the last one may be repeated or left out."""

    name: str
    args: tuple[ValueType, ...]
    returns: ValueType = "instant vector"
    optional: int = 0
    variadic: bool = False

    def arg(self, index: int) -> ValueType:
        return self.args[min(index, len(self.args) - 1)]


def _each(names: str, *args: ValueType, returns: ValueType = "instant vector", optional: int = 0) -> list[Signature]:
    return [Signature(name, args, returns, optional) for name in names.split()]


SIGNATURES = {
    signature.name: signature
    for signature in (
        *_each("pi time", returns="scalar"),
        *_each("acos acosh asin asinh atan atanh cos cosh deg rad sin sinh tan tanh", "instant vector"),
        *_each("abs ceil exp floor ln log10 log2 sgn sqrt", "instant vector"),
        *_each("absent sort sort_desc timestamp", "instant vector"),
        *_each("changes delta deriv idelta increase irate rate resets", "range vector"),
        *_each("absent_over_time avg_over_time count_over_time last_over_time max_over_time", "range vector"),
        *_each("min_over_time present_over_time stddev_over_time stdvar_over_time sum_over_time", "range vector"),
        *_each("day_of_month day_of_week day_of_year days_in_month", "instant vector", optional=1),
        *_each("hour minute month year", "instant vector", optional=1),
        Signature("clamp", ("instant vector", "scalar", "scalar")),
        Signature("clamp_max", ("instant vector", "scalar")),
        Signature("clamp_min", ("instant vector", "scalar")),
        Signature("histogram_fraction", ("scalar", "scalar", "instant vector")),
        Signature("histogram_quantile", ("scalar", "instant vector")),
        Signature("label_join", ("instant vector", "string", "string", "string"), variadic=True),
        Signature("label_replace", ("instant vector", "string", "string", "string", "string")),
        Signature("predict_linear", ("range vector", "scalar")),
        Signature("quantile_over_time", ("scalar", "range vector")),
        Signature("round", ("instant vector", "scalar"), optional=1),
        Signature("scalar", ("instant vector",), returns="scalar"),
        Signature("vector", ("scalar",)),
    )
}

NATIVE_HISTOGRAM_FUNCTIONS = frozenset(f"histogram_{part}" for part in ("avg", "count", "stddev", "stdvar", "sum"))
EXPERIMENTAL_FUNCTIONS = frozenset(
    {
        *("start", "end", "step", "range", "min_of", "max_of"),
        *("sort_by_label", "sort_by_label_desc", "info", "integral", "histogram_quantiles"),
        *("double_exponential_smoothing", "first_over_time", "mad_over_time"),
        *(f"ts_of_{which}_over_time" for which in ("first", "last", "max", "min")),
    },
)

AGGREGATIONS: dict[str, ValueType | None] = {
    "avg": None,
    "bottomk": "scalar",
    "count": None,
    "count_values": "string",
    "group": None,
    "max": None,
    "min": None,
    "quantile": "scalar",
    "stddev": None,
    "stdvar": None,
    "sum": None,
    "topk": "scalar",
}
"""The type of the parameter, where there is one."""

EXPERIMENTAL_AGGREGATIONS = frozenset({"limitk", "limit_ratio"})

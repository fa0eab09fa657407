"""Files of rule unit tests, in promtool's format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tocsin.rules.document import Document, Fields, Problem, line_of
from tocsin.rules.file import RuleFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FILE_KEYS: Final = frozenset({"rule_files", "evaluation_interval", "group_eval_order", "fuzzy_compare", "tests"})
_TEST_KEYS: Final = frozenset(
    {"name", "interval", "input_series", "alert_rule_test", "promql_expr_test", "external_labels", "external_url"}
)
_DEFAULT_INTERVAL: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSeries:
    """A series and its values, in the notation of `tocsin.promql.notation`."""

    series: str
    values: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedAlert:
    """`labels` are all labels of the alert."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCase:
    """Which alerts of this name fire at `at` seconds."""

    at: float
    name: str
    alerts: tuple[ExpectedAlert, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSample:
    """`series` is written as in PromQL."""

    series: str
    value: float
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExprCase:
    """What an expression gives at `at` seconds."""

    at: float
    expr: str
    samples: tuple[ExpectedSample, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTest:
    """Series with a value every `interval` seconds, from 0 on, and what the rules are to make of them."""

    name: str
    interval: float
    inputs: tuple[InputSeries, ...] = ()
    alert_cases: tuple[AlertCase, ...] = ()
    expr_cases: tuple[ExprCase, ...] = ()
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTestFile:
    """`rule_files` are patterns, relative to the folder of the file; rules are evaluated every `interval` seconds.

    With `fuzzy`, numbers that are neighbours count as equal.
    """

    source: str
    rule_files: tuple[str, ...] = ()
    interval: float = _DEFAULT_INTERVAL
    group_order: tuple[str, ...] = ()
    fuzzy: bool = False
    tests: tuple[UnitTest, ...] = ()


def load_unit_tests(text: str, *, source: str) -> UnitTestFile:
    """Read a test file as strictly as promtool.

    Raises:
        RuleFileError: With every problem of the file.
    """
    document = Document()
    try:
        file = _file(document.root(text, of="the test file", allowed=_FILE_KEYS), source)
    except RecursionError:
        problem = Problem(1, "an alias in the file refers to itself; write out what it stands for")
        raise RuleFileError(source, (problem,)) from None
    if document.problems:
        raise RuleFileError(source, tuple(sorted(set(document.problems))))
    return file


def _file(root: Fields, source: str) -> UnitTestFile:
    interval = root.duration("evaluation_interval") or _DEFAULT_INTERVAL
    order = _texts(root, "group_eval_order")
    if len(set(order)) < len(order):
        root.complain("group_eval_order", "group_eval_order names a group twice; keep one")
    return UnitTestFile(
        source=source,
        rule_files=_texts(root, "rule_files"),
        interval=interval,
        group_order=order,
        fuzzy=root.boolean("fuzzy_compare"),
        tests=tuple(
            _test(test, f"unnamed#{number}", interval)
            for number, test in enumerate(_mappings(root, "tests", "a test", _TEST_KEYS))
        ),
    )


def _test(fields: Fields, unnamed: str, interval: float) -> UnitTest:
    inputs = _mappings(fields, "input_series", "an input series", {"series", "values"})
    alerts = _mappings(fields, "alert_rule_test", "an alert test", {"eval_time", "alertname", "exp_alerts"})
    exprs = _mappings(fields, "promql_expr_test", "an expression test", {"expr", "eval_time", "exp_samples"})
    return UnitTest(
        name=fields.text("name") or unnamed,
        interval=fields.duration("interval") or interval,
        inputs=tuple(
            InputSeries(series=each.text("series"), values=each.text("values"), line=each.line) for each in inputs
        ),
        alert_cases=tuple(map(_alert_case, alerts)),
        expr_cases=tuple(map(_expr_case, exprs)),
        external_labels=fields.texts("external_labels"),
        external_url=fields.text("external_url"),
        line=fields.line,
    )


def _alert_case(fields: Fields) -> AlertCase:
    name = fields.text("alertname")
    if not name:
        fields.complain("alertname", "the test says no `alertname`; add it")
    alerts = _mappings(fields, "exp_alerts", "an expected alert", {"exp_labels", "exp_annotations"})
    return AlertCase(
        at=fields.duration("eval_time") or 0.0,
        name=name,
        alerts=tuple(
            ExpectedAlert(
                labels={**alert.texts("exp_labels"), "alertname": name}, annotations=alert.texts("exp_annotations")
            )
            for alert in alerts
        ),
        line=fields.line,
    )


def _expr_case(fields: Fields) -> ExprCase:
    samples = _mappings(fields, "exp_samples", "an expected sample", {"labels", "value", "histogram"})
    for sample in samples:
        if sample.text("histogram"):
            sample.complain("histogram", "native histograms are not supported")
    return ExprCase(
        at=fields.duration("eval_time") or 0.0,
        expr=fields.text("expr"),
        samples=tuple(
            ExpectedSample(series=sample.text("labels"), value=sample.number("value"), line=sample.line)
            for sample in samples
        ),
        line=fields.line,
    )


def _mappings(fields: Fields, key: str, of: str, allowed: frozenset[str] | set[str]) -> Sequence[Fields]:
    return [fields.document.fields(node, of=of, allowed=allowed) for node in fields.items(key)]


def _texts(fields: Fields, key: str) -> tuple[str, ...]:
    nodes = fields.items(key)
    for node in nodes:
        if not isinstance(node.value, str):
            fields.document.complain(node, f"{key} must be a list of strings (line {line_of(node)})")
    return tuple(str(node.value) for node in nodes)

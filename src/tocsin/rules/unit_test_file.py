"""Files of rule unit tests, in promtool's format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tocsin.rules.file import RuleFileError, texts
from tocsin.syntax.document import Findings, Section, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    findings = Findings()
    document = parse(text, findings, of="the test file")
    file = _file(document, source) if document else UnitTestFile(source=source)
    if findings.problems:
        raise RuleFileError(source, findings.problems)
    return file


def _file(document: Section, source: str) -> UnitTestFile:
    interval = document.duration("evaluation_interval", 0.0) or _DEFAULT_INTERVAL
    order = tuple(text.value for text in document.texts("group_eval_order"))
    if len(set(order)) < len(order):
        document.report("names a group twice; keep one", "group_eval_order")
    file = UnitTestFile(
        source=source,
        rule_files=tuple(text.value for text in document.texts("rule_files")),
        interval=interval,
        group_order=order,
        fuzzy=document.flag("fuzzy_compare", default=False),
        tests=tuple(
            _test(test, f"unnamed#{number}", interval) for number, test in enumerate(document.sections("tests"))
        ),
    )
    document.close()
    return file


def _test(section: Section, unnamed: str, interval: float) -> UnitTest:
    test = UnitTest(
        name=section.text("name") or unnamed,
        interval=section.duration("interval", 0.0) or interval,
        inputs=tuple(map(_input, section.sections("input_series"))),
        alert_cases=tuple(map(_alert_case, section.sections("alert_rule_test"))),
        expr_cases=tuple(map(_expr_case, section.sections("promql_expr_test"))),
        external_labels=texts(section, "external_labels"),
        external_url=section.text("external_url"),
        line=section.line,
    )
    section.close()
    return test


def _input(section: Section) -> InputSeries:
    found = InputSeries(series=section.text("series"), values=section.text("values"), line=section.line)
    section.close()
    return found


def _alert_case(section: Section) -> AlertCase:
    name = section.text("alertname")
    if not name:
        section.report("is missing, the test is about alerts of one name", "alertname")
    case = AlertCase(
        at=section.duration("eval_time", 0.0),
        name=name,
        alerts=tuple(_alert(each, name) for each in section.sections("exp_alerts")),
        line=section.line,
    )
    section.close()
    return case


def _alert(section: Section, name: str) -> ExpectedAlert:
    labels = {**texts(section, "exp_labels"), "alertname": name}
    alert = ExpectedAlert(labels=labels, annotations=texts(section, "exp_annotations"))
    section.close()
    return alert


def _expr_case(section: Section) -> ExprCase:
    case = ExprCase(
        at=section.duration("eval_time", 0.0),
        expr=section.text("expr"),
        samples=tuple(map(_sample, section.sections("exp_samples"))),
        line=section.line,
    )
    section.close()
    return case


def _sample(section: Section) -> ExpectedSample:
    sample = ExpectedSample(series=section.text("labels"), value=section.number("value", 0.0), line=section.line)
    if section.text("histogram"):
        section.report("is not supported, there are no native histograms here", "histogram")
    section.close()
    return sample

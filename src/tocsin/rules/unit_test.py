"""Runs rule unit tests, with the verdicts of `promtool test rules`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias

from tocsin.promql import Scalar, Vector, evaluate, parse
from tocsin.promql.notation import parse_series
from tocsin.rules.alert import AlertState
from tocsin.rules.group import FAILURES, GroupEvaluator, Health
from tocsin.rules.head_sink import HeadSink
from tocsin.rules.rule import AlertingRule
from tocsin.series import Head
from tocsin.series.labels import format_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tocsin.promql import Expr, Value
    from tocsin.rules.rule import Group
    from tocsin.rules.unit_test_file import AlertCase, ExpectedSample, ExprCase, UnitTest, UnitTestFile
    from tocsin.series import Labels

#: Labels and annotations.
_Alert: TypeAlias = "tuple[Mapping[str, str], Mapping[str, str]]"
_Samples: TypeAlias = "list[tuple[Labels, float]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What was not as a test says; `line` is that of the expectation. Without `expected` and `got`, it broke."""

    test: str
    line: int
    message: str
    expected: tuple[str, ...] = ()
    got: tuple[str, ...] = ()


def run_unit_tests(file: UnitTestFile, groups: Sequence[Group]) -> Iterator[Failure]:
    """Everything that is not as the tests of the file say; `groups` are those of its rule files, in their order."""
    place = {name: number for number, name in enumerate(file.group_order)}
    ordered = sorted(groups, key=lambda group: place.get(group.name, 0))
    for test in file.tests:
        yield from _Run(file, test, ordered).failures()


class _Run:
    """One test: a head that is filled as time goes on, and the groups over it."""

    def __init__(self, file: UnitTestFile, test: UnitTest, groups: Sequence[Group]) -> None:
        self._test = test
        self._interval_ms = round(file.interval * 1000)
        self._fuzzy = file.fuzzy
        self._head = Head(retention=math.inf)
        self._evaluators = [self._evaluator(group) for group in groups]

    def failures(self) -> Iterator[Failure]:
        """Of rules that fail, only those of the first time are said: nothing after it has a meaning."""
        try:
            inputs = _Inputs(self._test)
        except ValueError as error:
            yield self._failure(self._test.line, str(error))
            return
        for now_ms in range(0, self._end_ms() + 1, self._interval_ms):
            inputs.feed(self._head, now_ms)
            broken = self._evaluate(now_ms)
            yield from broken
            if broken:
                return
            for case in self._test.alert_cases:
                if now_ms <= round(case.at * 1000) < now_ms + self._interval_ms:
                    yield from self._check_alerts(case)
        for expr_case in self._test.expr_cases:
            yield from self._check_expr(expr_case)

    def _evaluator(self, group: Group) -> GroupEvaluator:
        return GroupEvaluator(
            group,
            query=self._query,
            sink=HeadSink(self._head),
            external_labels=self._test.external_labels,
            external_url=self._test.external_url,
        )

    def _query(self, expr: Expr, at: float) -> Value:
        return evaluate(expr, self._head, at, default_step=self._interval_ms / 1000)

    def _end_ms(self) -> int:
        times = [*(case.at for case in self._test.alert_cases), *(case.at for case in self._test.expr_cases)]
        return round(max(times, default=0.0) * 1000)

    def _failure(self, line: int, message: str, *, expected: Sequence[str] = (), got: Sequence[str] = ()) -> Failure:
        return Failure(test=self._test.name, line=line, message=message, expected=tuple(expected), got=tuple(got))

    def _evaluate(self, now_ms: int) -> list[Failure]:
        return [
            self._failure(self._test.line, f"rule {status.rule.name} fails at {now_ms / 1000:g}s: {status.last_error}")
            for evaluator in self._evaluators
            for status in evaluator.evaluate(now_ms / 1000)
            if status.health is Health.ERROR
        ]

    def _check_alerts(self, case: AlertCase) -> Iterator[Failure]:
        expected = sorted(_shown((alert.labels, alert.annotations)) for alert in case.alerts)
        got = sorted(map(_shown, self._firing(case.name)))
        if expected != got:
            yield self._failure(
                case.line,
                f"alert {case.name} at {case.at:g}s",
                expected=expected or ["nothing"],
                got=got or ["nothing"],
            )

    def _firing(self, name: str) -> Iterator[_Alert]:
        for evaluator in self._evaluators:
            for status in evaluator.statuses:
                if isinstance(status.rule, AlertingRule) and status.rule.name == name:
                    firing = (alert for alert in status.alerts.values() if alert.state is AlertState.FIRING)
                    yield from ((dict(alert.labels), alert.annotations) for alert in firing)

    def _check_expr(self, case: ExprCase) -> Iterator[Failure]:
        where = f"expression {case.expr.strip()!r} at {case.at:g}s"
        try:
            got = sorted(_vector(self._query(parse(case.expr), case.at)))
            expected = sorted(map(_expected, case.samples))
        except FAILURES as error:
            yield self._failure(case.line, f"{where}: {error}")
            return
        if not self._same(expected, got):
            shown = [[f"{format_labels(labels)} {value!r}" for labels, value in side] for side in (expected, got)]
            yield self._failure(case.line, where, expected=shown[0] or ["nothing"], got=shown[1] or ["nothing"])

    def _same(self, expected: _Samples, got: _Samples) -> bool:
        return [labels for labels, _ in expected] == [labels for labels, _ in got] and all(
            _equal(theirs[1], ours[1], fuzzy=self._fuzzy) for theirs, ours in zip(expected, got, strict=True)
        )


class _Inputs:
    """The series of a test, given to the head as time goes on; of a series that is there twice the later counts."""

    def __init__(self, test: UnitTest) -> None:
        self._values = dict(map(parse_series, _lines(test)))
        self._step_ms = round(test.interval * 1000)
        self._fed = 0

    def feed(self, head: Head, until_ms: int) -> None:
        """Append the samples that are not later and not yet there."""
        end = until_ms // self._step_ms + 1
        for labels, values in self._values.items():
            for index, value in enumerate(values[self._fed : end], start=self._fed):
                if value is not None:
                    head.append(labels, index * self._step_ms, value)
        self._fed = end


def _lines(test: UnitTest) -> Iterator[str]:
    """The lines of series as promtool reads them: an empty line or a comment, even within a value, ends the list."""
    text = "\n".join(f"{each.series} {each.values}" for each in test.inputs)
    return takewhile(lambda line: line and line[0] != "#", map(str.strip, text.split("\n")))


def _shown(alert: _Alert) -> str:
    labels, annotations = (format_labels(tuple(sorted(texts.items()))) for texts in alert)
    return f"{labels} {annotations}"


def _expected(sample: ExpectedSample) -> tuple[Labels, float]:
    labels, values = parse_series(sample.series)
    if values:
        raise ValueError(f"labels {sample.series!r} have values behind them; put the value into `value`")
    return labels, sample.value


def _vector(value: Value) -> _Samples:
    if isinstance(value, Vector):
        return [(sample.labels, sample.value) for sample in value.samples]
    if isinstance(value, Scalar):
        return [((), value.value)]
    raise ValueError("the result is neither a vector nor a scalar")


def _equal(expected: float, got: float, *, fuzzy: bool) -> bool:
    """NaN equals nothing, as in promtool."""
    neighbours = {math.nextafter(expected, -math.inf), math.nextafter(expected, math.inf)}
    return expected == got or (fuzzy and got in neighbours)

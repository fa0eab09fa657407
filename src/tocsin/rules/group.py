"""Evaluates the rules of a group, one after the other, each seeing what those before it recorded."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from tocsin.promql import LimitError, parse
from tocsin.promql.values import Scalar, Value, Vector
from tocsin.rules.alert import ActiveAlert, AlertState, Sample, next_alerts
from tocsin.rules.expansion import Expander
from tocsin.rules.rule import AlertingRule, Group, RecordingRule, Rule, rule_key
from tocsin.series.labels import METRIC_NAME, Labels
from tocsin.series.labels import replace as replace_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tocsin.promql.ast import Expr

#: What a rule may fail with. It then keeps its state, and the rules after it are evaluated all the same.
FAILURES: Final = (ValueError, ArithmeticError, LookupError, RecursionError, MemoryError)

#: Evaluates an expression at a unix time; a scalar counts as a vector of one series without labels.
Query: TypeAlias = "Callable[[Expr, float], Value]"


class Sink(Protocol):
    """Where the group writes its series, visible to the next query. Times are unix seconds."""

    def append(self, labels: Labels, at: float, value: float) -> None:
        """Write a sample."""

    def mark_stale(self, labels: Labels, at: float) -> None:
        """Say that a series has ended."""


class Health(str, Enum):
    """Whether the last evaluation of a rule worked."""

    UNKNOWN = "unknown"
    OK = "ok"
    ERROR = "err"


class LimitExceededError(ValueError):
    """A rule gave more alerts or series than its group allows."""


class DuplicateSeriesError(ValueError):
    """Two series of a recording rule's result became the same series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStatus:
    """A rule after its latest evaluation, which began at `evaluated_at` and took `seconds`."""

    rule: Rule
    alerts: Mapping[Labels, ActiveAlert] = field(default_factory=dict)
    health: Health = Health.UNKNOWN
    last_error: str = ""
    evaluated_at: float | None = None
    seconds: float = 0.0

    @property
    def state(self) -> AlertState:
        """The most urgent state among the rule's alerts."""
        states = {alert.state for alert in self.alerts.values()}
        return next(
            (state for state in (AlertState.FIRING, AlertState.PENDING) if state in states), AlertState.INACTIVE
        )


class GroupEvaluator:
    """Evaluates one group whenever it is told to, and knows the status of its rules.

    `alerts` are those of an earlier evaluator by `rule_key`; with them, this one carries on where that one stopped.
    Not for use by several threads at once.
    """

    def __init__(
        self,
        group: Group,
        *,
        query: Query,
        sink: Sink,
        external_labels: Mapping[str, str] | None = None,
        external_url: str = "",
        alerts: Mapping[str, Iterable[ActiveAlert]] | None = None,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.group = group
        self._statuses = [_status(rule, alerts or {}) for rule in group.rules]
        self._query = query
        self._sink = sink
        self._external_labels = dict(external_labels or {})
        self._external_url = external_url
        self._stopwatch = stopwatch
        #: The series each rule wrote at its last successful evaluation.
        self._written: list[frozenset[Labels]] = [frozenset() for _ in group.rules]

    @property
    def statuses(self) -> tuple[RuleStatus, ...]:
        """Of every rule, in the order of the group."""
        return tuple(self._statuses)

    def evaluate(self, at: float) -> tuple[RuleStatus, ...]:
        """Evaluate all rules, in order, for the unix time `at`."""
        for index, status in enumerate(self._statuses):
            self._statuses[index] = self._evaluate(index, status, at)
        return self.statuses

    @property
    def written(self) -> tuple[frozenset[Labels], ...]:
        """The series that every rule wrote at its last successful evaluation, in the order of the group."""
        return tuple(self._written)

    def succeed(self, previous: GroupEvaluator, at: float) -> None:
        """Carry on where the evaluator of an earlier version of the group stopped.

        Rules that are still there keep their alerts and their series; the series of the others end.
        """
        left = defaultdict(list)
        for status, written in zip(previous.statuses, previous.written, strict=True):
            left[_identity(status.rule)].append((status, written))
        for index, status in enumerate(self._statuses):
            if same := left[_identity(status.rule)]:
                inherited, self._written[index] = same.pop(0)
                self._statuses[index] = replace(inherited, rule=status.rule)
        for _, written in (each for same in left.values() for each in same):
            for labels in written:
                self._sink.mark_stale(labels, self._shifted(at))

    def end(self, at: float) -> None:
        """Mark everything the group wrote as stale: its file was removed or changed."""
        for index in range(len(self._written)):
            self._write(index, [], self._shifted(at))

    def _shifted(self, at: float) -> float:
        return at - (self.group.query_offset or 0.0)

    def _evaluate(self, index: int, status: RuleStatus, at: float) -> RuleStatus:
        started = self._stopwatch()
        try:
            status = replace(self._run(index, status, at), health=Health.OK, last_error="")
        except FAILURES as error:
            alerts = {} if isinstance(error, LimitExceededError) else status.alerts
            status = replace(status, health=Health.ERROR, last_error=self._told(status.rule, error), alerts=alerts)
        return replace(status, evaluated_at=at, seconds=self._stopwatch() - started)

    def _told(self, rule: Rule, error: Exception) -> str:
        """Which rule it was that wanted too much, where the error cannot say it."""
        return f"rule {rule.name} of group {self.group.name}: {error}" if isinstance(error, LimitError) else str(error)

    def _run(self, index: int, status: RuleStatus, at: float) -> RuleStatus:
        rule, shifted = status.rule, self._shifted(at)
        samples = _samples(self._query(rule.expr, shifted))
        if isinstance(rule, RecordingRule):
            self._write(index, self._recorded(rule, samples), shifted)
            return status
        alerts = next_alerts(rule, status.alerts, samples, expander=self._expander(at))
        active = [alert for alert in alerts.values() if alert.state is not AlertState.INACTIVE]
        self._check_limit(len(active), "alerts")
        self._write(index, [sample for alert in active for sample in _alert_series(alert)], shifted)
        return replace(status, alerts=alerts)

    def _expander(self, at: float) -> Expander:
        def query(text: str) -> list[tuple[Mapping[str, str], float]]:
            return [(dict(labels), value) for labels, value in _samples(self._query(parse(text), at))]

        return Expander(at=at, query=query, external_labels=self._external_labels, external_url=self._external_url)

    def _recorded(self, rule: RecordingRule, samples: Sequence[Sample]) -> list[Sample]:
        recorded = [
            (replace_labels(labels, {**rule.labels, METRIC_NAME: rule.record}), value) for labels, value in samples
        ]
        if len({labels for labels, _ in recorded}) < len(recorded):
            raise DuplicateSeriesError("vector contains metrics with the same labelset after applying rule labels")
        self._check_limit(len(recorded), "series")
        return recorded

    def _check_limit(self, count: int, what: str) -> None:
        if 0 < self.group.limit < count:
            raise LimitExceededError(f"exceeded limit of {self.group.limit} with {count} {what}")

    def _write(self, index: int, samples: Sequence[Sample], at: float) -> None:
        for labels, value in samples:
            self._sink.append(labels, at, value)
        written = frozenset(labels for labels, _ in samples)
        for labels in self._written[index] - written:
            self._sink.mark_stale(labels, at)
        self._written[index] = written


def _identity(rule: Rule) -> tuple[type, str]:
    return type(rule), rule_key(rule)


def _status(rule: Rule, alerts: Mapping[str, Iterable[ActiveAlert]]) -> RuleStatus:
    stored = alerts.get(rule_key(rule), ()) if isinstance(rule, AlertingRule) else ()
    return RuleStatus(rule=rule, alerts={alert.labels: alert for alert in stored})


def _samples(value: Value) -> list[Sample]:
    if isinstance(value, Vector):
        return [(sample.labels, sample.value) for sample in value.samples]
    if isinstance(value, Scalar):
        return [((), value.value)]
    raise ValueError("rule result is not a vector or scalar")


def _alert_series(alert: ActiveAlert) -> list[Sample]:
    """What Prometheus writes for an alert at every evaluation."""
    active = replace_labels(alert.labels, {METRIC_NAME: "ALERTS", "alertstate": alert.state.value})
    since = replace_labels(alert.labels, {METRIC_NAME: "ALERTS_FOR_STATE"})
    return [(active, 1.0), (since, float(int(alert.active_at)))]

"""What an evaluator would see now, for those who only look."""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass

from tocsin.config import Config
from tocsin.evaluator.groups import Groups
from tocsin.evaluator.recorder import Recorder
from tocsin.evaluator.tail import Tail
from tocsin.promql import Expr, Value, evaluate
from tocsin.rules import Group, RecordingRule
from tocsin.rules.absence import missing, near
from tocsin.series import METRIC_NAME, LongHead
from tocsin.store import Alert, Store
from tocsin.store.metrics import RETENTION

#: Series that every evaluation writes.
_ALWAYS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """The series of the store, with those that rules write at the unix time `at`, and the alerts there are then."""

    head: LongHead
    at: float
    alerts: tuple[Alert, ...]
    reported: "Reported"

    @classmethod
    def of(cls, config: Config, store: Store, at: float, *, now: float) -> "Live":
        """Reads all metric batches, and evaluates every rule once. Nothing is written to the store."""
        head = _read(config, store, now)
        restored, stopped_at = store.alerts.current(), store.alerts.evaluated_at()
        recorder = Recorder(head, store.recorded)
        groups = Groups(config, recorder, restored=restored, stopped_at=stopped_at, now=at)
        alerts = tuple(groups.evaluate(at))
        return cls(head, at, alerts, Reported.of(head, (each.evaluator.group for each in groups.scheduled)))

    def value(self, expr: Expr) -> Value:
        """Of an expression at that time."""
        return evaluate(expr, self.head, self.at)


@dataclass(frozen=True, slots=True)
class Reported:
    """The metrics that there are: those of the last hour, and those that rules record, even if they did not yet."""

    metrics: frozenset[str]
    recorded: frozenset[str] = _ALWAYS

    @classmethod
    def of(cls, head: LongHead, groups: Iterable[Group]) -> "Reported":
        rules = (rule for group in groups for rule in group.rules)
        recorded = _ALWAYS.union(rule.record for rule in rules if isinstance(rule, RecordingRule))
        return cls(frozenset(head.label_values(METRIC_NAME)), recorded)

    @classmethod
    def read(cls, config: Config, store: Store, groups: Iterable[Group], *, now: float) -> "Reported":
        """Reads all metric batches, and evaluates nothing."""
        return cls.of(_read(config, store, now), groups)

    def lacks(self, expr: Expr) -> Mapping[str, tuple[str, ...]]:
        """The metrics that the expression needs and nobody reports, each with those that may have been meant."""
        known = self.metrics | self.recorded
        return {metric: near(metric, known) for metric in missing(expr, known)}


def _read(config: Config, store: Store, now: float) -> LongHead:
    head = LongHead(retention=RETENTION)
    Tail(store.metric_batches, head, stanza=config.otlp, pause=nullcontext).read(now)
    return head

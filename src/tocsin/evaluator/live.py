"""What an evaluator would see now, for those who only look."""

from contextlib import nullcontext
from dataclasses import dataclass

from tocsin.config import Config
from tocsin.evaluator.groups import Groups
from tocsin.evaluator.recorder import Recorder
from tocsin.evaluator.tail import Tail
from tocsin.promql import Expr, Value, evaluate
from tocsin.series import LongHead
from tocsin.store import Alert, Store
from tocsin.store.metrics import RETENTION


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """The series of the store, with those that rules write at the unix time `at`, and the alerts there are then."""

    head: LongHead
    at: float
    alerts: tuple[Alert, ...]

    @classmethod
    def of(cls, config: Config, store: Store, at: float, *, now: float) -> "Live":
        """Reads all metric batches, and evaluates every rule once. Nothing is written to the store."""
        head = LongHead(retention=RETENTION)
        Tail(store.metric_batches, head, stanza=config.otlp, pause=nullcontext).read(now)
        restored, stopped_at = store.alerts.current(), store.alerts.evaluated_at()
        recorder = Recorder(head, store.recorded)
        groups = Groups(config, recorder, restored=restored, stopped_at=stopped_at, now=at)
        return cls(head, at, tuple(groups.evaluate(at)))

    def value(self, expr: Expr) -> Value:
        """Of an expression at that time."""
        return evaluate(expr, self.head, self.at)

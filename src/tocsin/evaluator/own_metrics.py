"""What the process that evaluates tells, for all processes, of the machine, the issues and jobs, and of itself."""

from collections.abc import Callable

from opentelemetry.metrics import Meter

from tocsin.evaluator.heartbeat_metrics import HeartbeatMetrics
from tocsin.evaluator.issue_metrics import IssueMetrics
from tocsin.evaluator.lag import Lag
from tocsin.evaluator.overflow import Overflow
from tocsin.store import Store
from tocsin.telemetry import observe_host


class OwnMetrics:
    """Registered once; they report only while `active`."""

    def __init__(
        self, meter: Meter, *, interval: float, clock: Callable[[], float], active: Callable[[], bool]
    ) -> None:
        self._issues = IssueMetrics()
        self._heartbeats = HeartbeatMetrics()
        self.lag = Lag(interval, clock=clock)
        self.overflow = Overflow()
        observe_host(meter, active=active)
        for each in (self._issues, self._heartbeats, self.lag, self.overflow):
            each.observe(meter, active=active)

    def read(self, store: Store, *, now: float) -> None:
        """What the next collection tells of issues and jobs."""
        self._issues.read(store, now=now)
        self._heartbeats.read(store)

"""One look at the world: new samples in, rules evaluated, decisions stored, notifications on their way."""

from collections.abc import Callable

from tocsin.alerting import Sender, Timers, dispatch, receivers
from tocsin.config import Config
from tocsin.evaluator.alerting_config import load_alerting
from tocsin.evaluator.changes import by_key, changes
from tocsin.evaluator.groups import Groups
from tocsin.evaluator.tail import Tail
from tocsin.series import Head
from tocsin.store import Store

#: How long samples stay in memory, and metric batches in the store: the longest window of a rule, and a lookback.
RETENTION = 3900.0
#: How long what was sent and told is remembered, beyond the repeat interval.
LOG_RETENTION = 5 * 86400.0
#: Between two clean-ups.
HOUSEKEEPING = 300.0


class Evaluator:
    """Evaluates while its process holds the lock. Each tick is durable as a whole or has not happened.

    Raises `StoreError` where the store cannot be used; the next tick tries again.
    """

    def __init__(self, config: Config, *, store: Store, collect: Callable[[], object]) -> None:
        self._store = store
        self._collect = collect
        self._head = Head(retention=RETENTION)
        self._tail = Tail(store.metric_batches, self._head, retention=RETENTION)
        self._alerts = by_key(store.alerts.current())
        self._groups = Groups(config, self._head, restored=self._alerts.values())
        self._alerting = load_alerting(config)
        self._sender = Sender(store.notifications, receivers(self._alerting), release=store.close)
        self._timers: Timers = {}
        self._cleaned_at = 0.0

    def tick(self, now: float) -> None:
        """Evaluate every group that is due, decide who has to hear of it, and wake the sender."""
        self._collect()
        self._tail.read(now)
        self._decide(now)
        self._sender.wake()
        self._clean_up(now)

    def close(self, *, timeout: float = 0.0) -> None:
        """Give notifications that are on their way `timeout` seconds; the rest waits in the store."""
        self._sender.stop(timeout=timeout)

    def _decide(self, now: float) -> None:
        alerts = by_key(self._groups.evaluate(now))
        changed = changes(self._alerts, alerts, at=now)
        log = self._store.notifications.logged()
        dispatched = dispatch(alerts.values(), config=self._alerting, log=log, timers=self._timers, now=now)
        with self._store.transaction():
            self._store.alerts.replace(changed.written, gone=changed.gone)
            self._store.alerts.log(changed.transitions)
            self._store.notifications.enqueue(dispatched.decisions)
        self._alerts, self._timers = alerts, dispatched.timers

    def _clean_up(self, now: float) -> None:
        if now - self._cleaned_at < HOUSEKEEPING:
            return
        self._cleaned_at = now
        self._store.metric_batches.expire(before=now - RETENTION)
        self._store.notifications.expire(before=now - LOG_RETENTION)

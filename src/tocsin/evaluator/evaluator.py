"""One look at the world: new samples in, rules evaluated, decisions stored, notifications on their way."""

from msgspec.structs import replace

from tocsin.alerting import Address, Dispatch, Dispatcher, Known, Sender, Timers, caps, receivers, told_key
from tocsin.alerting.retry import LONGEST_WAIT
from tocsin.config import Config
from tocsin.evaluator.alerting_config import alertmanagers_of, load_alerting, reload_alerting
from tocsin.evaluator.changes import Key, by_key, changes, outlasting
from tocsin.evaluator.courtesy import Courtesy
from tocsin.evaluator.evidence import Evidence
from tocsin.evaluator.forwarding import forwarder_to
from tocsin.evaluator.groups import Groups
from tocsin.evaluator.recorder import Recorder
from tocsin.evaluator.routing_files import RoutingFiles
from tocsin.evaluator.tail import Tail
from tocsin.masking import masker_of
from tocsin.notify import Receiver
from tocsin.rules.alert import RESOLVED_RETENTION
from tocsin.series import LongHead
from tocsin.store import Alert, HeldAlert, Store
from tocsin.store.metrics import RETENTION
from tocsin.store.silences import RETENTION as SILENCE_RETENTION

#: How long what was sent and told is remembered, beyond the longest repeat interval.
LOG_RETENTION = 5 * 86400.0
#: Between two clean-ups.
HOUSEKEEPING = 300.0


class Evaluator:
    """Evaluates while its process holds the lock. Each tick is durable as a whole or has not happened.

    Raises `StoreError` where the store cannot be used; the next tick tries again.
    """

    def __init__(self, config: Config, *, store: Store, now: float) -> None:
        self._config = config
        self._store = store
        self._head = LongHead(retention=RETENTION)
        self._recorder = Recorder(self._head, store.recorded, rest=Courtesy())
        self._tail = Tail(store.metric_batches, self._head, stanza=config.otlp)
        self._alerts = by_key(store.alerts.current())
        stopped_at = store.alerts.evaluated_at()
        self._groups = Groups(config, self._recorder, restored=self._alerts.values(), stopped_at=stopped_at, now=now)
        self._alerting = load_alerting(config)
        self._routing_files = RoutingFiles(config.alertmanager)
        self._evidence = Evidence(store, trace_url=config.trace_url)
        self._dispatcher = Dispatcher(self._alerting, mask=masker_of(config).mask)
        self._sender = Sender(
            store.notifications,
            self._receivers(),
            caps=caps(self._alerting),
        )
        self._alertmanagers = alertmanagers_of(config)
        self._forwarder = forwarder_to(config, store)
        self._timers: Timers = {}
        # Whoever holds the lock alone writes these, so they are read once. None is of the future, unless the clock was
        # set back: what is due would be so much later.
        logs = (replace(logged, at=min(logged.at, now)) for logged in store.notifications.logged())
        self._told = {told_key(logged): logged for logged in logs}
        store.notifications.hasten(latest=now + LONGEST_WAIT)
        self._held: frozenset[HeldAlert] = frozenset(store.alerts.held())
        self._overflow: dict[str, int] = {}
        self._ticked_at = now
        self._cleaned_at = 0.0

    def configure(self, config: Config, now: float) -> None:
        """Follow changed settings; what is known of alerts, and what was told, stays known."""
        self._config = config
        self._groups.configure(config, now)
        self._evidence = Evidence(self._store, trace_url=config.trace_url)
        self._routing_files = RoutingFiles(config.alertmanager)
        self._route()

    def is_ahead_of(self, now: float) -> bool:
        """Whether the clock was set back since the last tick: then what is due when is wrong, and a new one knows."""
        return self._ticked_at > now

    def tick(self, now: float) -> None:
        """Evaluate every group that is due, decide who has to hear of it, and wake the sender."""
        self._ticked_at = now
        self._tail.read(now)
        if self._routing_files.changed():
            self._route()
        self._decide(now)
        self._sender.wake()
        if self._forwarder is not None:
            self._forwarder.start()
        self._clean_up(now)

    def overflow(self) -> dict[str, int]:
        """Samples left out since the last call, by the bound that they exceed."""
        head, before = self._head, self._overflow
        self._overflow = {
            "series": head.refused_series, "samples": head.refused_samples, "recorded": head.refused_kept
        }  # fmt: skip
        return {bound: count - before.get(bound, 0) for bound, count in self._overflow.items()}

    def close(self, *, timeout: float = 0.0) -> None:
        """Give notifications that are on their way `timeout` seconds; the rest waits in the store."""
        self._sender.stop(timeout=timeout)
        if self._alertmanagers is not None:
            self._alertmanagers.stop(timeout=timeout)
        if self._forwarder is not None:
            self._forwarder.stop(timeout=timeout)

    def _route(self) -> None:
        self._alerting = reload_alerting(self._config, self._alerting)
        self._dispatcher = Dispatcher(self._alerting, mask=masker_of(self._config).mask)
        self._sender.use(self._receivers(), caps=caps(self._alerting))

    def _receivers(self) -> dict[Address, Receiver]:
        targets = self._config.private_targets
        return receivers(self._alerting, private_targets=targets, posted=self._store.posted_messages)

    def _decide(self, now: float) -> None:
        alerts = self._evaluate(now)
        changed = changes(self._alerts, alerts, at=now)
        dispatched = self._dispatch(alerts, now)
        held = frozenset(dispatched.held)
        with self._store.transaction():
            self._store.alerts.replace(changed.written, gone=changed.gone)
            self._store.recorded.append(self._recorder.unsaved)
            self._store.alerts.set_evaluated(at=now)
            self._store.alerts.log(changed.transitions)
            self._store.alerts.hold(held - self._held, released=self._held - held)
            self._store.notifications.enqueue(self._evidence.added(dispatched.decisions))
        self._recorder.saved()
        self._alerts, self._timers, self._held = alerts, dispatched.timers, held
        self._told |= {told_key(logged): logged for _, logged in dispatched.decisions}

    def _dispatch(self, alerts: dict[Key, Alert], now: float) -> Dispatch:
        """Real Alertmanagers decide for themselves."""
        standings = self._store.standings.all()
        if self._alertmanagers is not None:
            self._alertmanagers.tell(alerts.values(), standings, now=now)
            return Dispatch((), (), {})
        known = Known(
            alerts=alerts.values(),
            silences=self._store.silences.all(not_over_before=now),
            standings=standings,
            told=self._told,
            timers=self._timers,
        )
        return self._dispatcher.dispatch(known, now=now)

    def _evaluate(self, now: float) -> dict[Key, Alert]:
        alerts = by_key(self._groups.evaluate(now))
        # Long enough for the flush that tells of it.
        retention = max(RESOLVED_RETENTION, *(2 * route.group_interval for route in self._alerting.route.walk()))
        return alerts | outlasting(self._alerts, alerts, at=now, retention=retention)

    def _clean_up(self, now: float) -> None:
        if now - self._cleaned_at < HOUSEKEEPING:
            return
        self._cleaned_at = now
        repeat_interval = max(route.repeat_interval for route in self._alerting.route.walk())
        before = now - LOG_RETENTION - repeat_interval
        self._store.notifications.expire(before=before)
        self._store.posted_messages.forget(before=before)
        self._told = {key: logged for key, logged in self._told.items() if logged.at >= before}
        self._store.silences.forget(before=now - SILENCE_RETENTION)
        self._store.standings.forget(before=now - SILENCE_RETENTION)
        self._recorder.expire(now)

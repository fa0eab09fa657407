"""Heartbeats as metrics: what rules about those that are missed look at."""

from collections.abc import Callable, Iterable

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from tocsin.store import Heartbeat, Store

#: Instrument → what it says, and the value of a heartbeat.
_GAUGES: dict[str, tuple[str, Callable[[Heartbeat], float | None]]] = {
    "due.timestamp": ("From when on the heartbeat is missed.", lambda each: each.due_at),
    "ok.timestamp": ("When the heartbeat came last; 0 before the first time.", lambda each: each.ok_at or 0.0),
    "failed.timestamp": ("When the heartbeat last said that it failed.", lambda each: each.failed_at),
    "duration": ("How long the last run took.", lambda each: each.duration),
}


class HeartbeatMetrics:
    """Reports the heartbeats that were last read, so that whoever collects metrics waits for no disk."""

    def __init__(self) -> None:
        self._heartbeats: list[Heartbeat] = []

    def read(self, store: Store) -> None:
        """Look at the heartbeats in the store. Raises `StoreError`."""
        self._heartbeats = store.heartbeats.all()

    def observe(self, meter: Meter, *, active: Callable[[], bool]) -> None:
        """Register the `tocsin.heartbeat.*` instruments; they report only while `active`: one process speaks."""
        for name, (description, value) in _GAUGES.items():
            self._observe(meter, f"tocsin.heartbeat.{name}", description, value, active)

    def _observe(
        self,
        meter: Meter,
        name: str,
        description: str,
        value: Callable[[Heartbeat], float | None],
        active: Callable[[], bool],
    ) -> None:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            pairs = [(each, value(each)) for each in self._heartbeats] if active() else []
            return [Observation(at, _labels(each)) for each, at in pairs if at is not None]

        meter.create_observable_gauge(name, [observe], unit="s", description=description)


def _labels(heartbeat: Heartbeat) -> dict[str, str]:
    return {"heartbeat": heartbeat.name, "severity": heartbeat.severity}

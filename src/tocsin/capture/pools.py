"""SQLAlchemy's pools of connections: how many there may be, how many are in use, and who waited in vain."""

from collections import Counter
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple
from weakref import ref

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from tocsin.capture.patch import patch, together
from tocsin.guard import guard

#: Pools that are reported; the others are not.
POOLS = 100
_NAME = "db.client.connection.pool.name"
_STATE = "db.client.connection.state"


class Use(NamedTuple):
    """Of one pool at one moment; `limit` is None where there is none."""

    used: int
    idle: int
    limit: int | None


class Pools:
    """The engines that the application has connected with, as long as it holds them."""

    def __init__(self) -> None:
        self._engines: dict[int, ref[Any]] = {}
        self._timeouts: Counter[str] = Counter()

    def add(self, engine: Any) -> None:
        """An engine is used. Asked at every connection, so a matter of nanoseconds where it is known."""
        known = self._engines.get(id(engine))
        if known is None or known() is not engine:
            self._forget_dead()
            if len(self._engines) < POOLS:
                self._engines[id(engine)] = ref(engine)

    def use(self) -> dict[str, Use]:
        """By the name of the pool; where pools share a name, of all together."""
        pools = {id(engine.pool): engine for engine in self._alive()}
        found: dict[str, Use] = {}
        for engine in pools.values():
            use = _use_of(engine.pool)
            if use is not None:
                name = name_of(engine)
                found[name] = _sum(found[name], use) if name in found else use
        return found

    def count_timeout(self, pool: Any) -> None:
        """A request for a connection from this pool got none in time."""
        self._timeouts[next((name_of(engine) for engine in self._alive() if engine.pool is pool), "")] += 1

    def timeouts(self) -> dict[str, int]:
        """By the name of the pool; 0 is said too, because the first of a counter is no increase."""
        return dict.fromkeys(self.use(), 0) | dict(self._timeouts)

    def _alive(self) -> list[Any]:
        return [engine for each in list(self._engines.values()) if (engine := each()) is not None]

    def _forget_dead(self) -> None:
        for key, each in list(self._engines.items()):
            if each() is None:
                self._engines.pop(key, None)


def hook_pools(engine: ModuleType, meter: Meter) -> Callable[[], None]:
    """Report `db.client.connection.max`, `.count` and `.timeouts`, which the instrumentation does not.

    Returns a function that takes the hook away; then nothing is reported any more.
    """
    from sqlalchemy import event, exc  # noqa: PLC0415  only where the application uses it
    from sqlalchemy.pool import QueuePool  # noqa: PLC0415  same

    pools = Pools()

    @guard("pool hook")
    def on_connect(connection: Any) -> None:
        pools.add(connection.engine)

    @guard("pool hook")
    def on_timeout(pool: Any) -> None:
        pools.count_timeout(pool)

    def get(original: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        except exc.TimeoutError:
            on_timeout(instance)
            raise

    _observe(meter, pools)
    event.listen(engine.Engine, "engine_connect", on_connect)
    return together(lambda: event.remove(engine.Engine, "engine_connect", on_connect), patch(QueuePool, "_do_get", get))


def name_of(engine: Any) -> str:
    """As OpenTelemetry's instrumentation names its pool."""
    url = engine.url
    return engine.pool.logging_name or f"{url.drivername}://{url.host or ''}:{url.port or ''}/{url.database or ''}"


def _observe(meter: Meter, pools: Pools) -> None:
    def count(_: CallbackOptions) -> Iterator[Observation]:
        for name, use in pools.use().items():
            yield Observation(use.used, {_NAME: name, _STATE: "used"})
            yield Observation(use.idle, {_NAME: name, _STATE: "idle"})

    def limit(_: CallbackOptions) -> Iterator[Observation]:
        limits = ((name, use.limit) for name, use in pools.use().items())
        return (Observation(limit, {_NAME: name}) for name, limit in limits if limit is not None)

    def timeouts(_: CallbackOptions) -> Iterator[Observation]:
        return (Observation(count, {_NAME: name}) for name, count in pools.timeouts().items())

    meter.create_observable_counter(
        "db.client.connection.timeouts",
        [timeouts],
        unit="{timeout}",
        description="Requests for a connection that got none in time.",
    )
    for name, read, description in (
        ("db.client.connection.count", count, "Connections in the state that `state` says."),
        ("db.client.connection.max", limit, "Connections that there may be."),
    ):
        meter.create_observable_up_down_counter(name, [read], unit="{connection}", description=description)


def _use_of(pool: Any) -> Use | None:
    """None for a pool that keeps no queue: it has as many connections as are asked for."""
    try:
        used, idle = pool.checkedout(), pool.checkedin()
        size, overflow = pool.size(), pool._max_overflow  # noqa: SLF001  there is no public way
    except AttributeError:
        return None
    # Of size 0, a queue has no end; without a limit to the overflow, there is none to all.
    return Use(used, idle, size + overflow if size > 0 and overflow >= 0 else None)


def _sum(one: Use, other: Use) -> Use:
    limit = one.limit + other.limit if one.limit is not None and other.limit is not None else None
    return Use(one.used + other.used, one.idle + other.idle, limit)

"""The circuit breakers of pybreaker and circuitbreaker."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from tocsin.capture.patch import patch
from tocsin.guard import guard
from tocsin.telemetry.circuits import circuits


def hook_pybreaker(module: ModuleType) -> Callable[[], None]:
    """Listen to every breaker that is made from now on; its storage, which may be a server, is not asked.

    Returns a function that takes the hook away.
    """

    class Listener(module.CircuitBreakerListener):  # type: ignore[misc, name-defined]  # known when it is imported
        @guard("pybreaker hook")
        def state_change(self, cb: Any, _old: Any, new: Any) -> None:
            circuits.set(_name(cb), is_open=new.name != "closed")

    @guard("pybreaker hook")
    def listen(breaker: Any) -> None:
        breaker.add_listener(Listener())
        circuits.set(_name(breaker), is_open=False)

    def made(original: Any, instance: Any, args: Any, kwargs: Any) -> None:
        original(*args, **kwargs)
        listen(instance)

    return patch(module.CircuitBreaker, "__init__", made)


def hook_circuitbreaker(module: ModuleType) -> Callable[[], None]:
    """Ask the library's own list of breakers at each collection.

    Returns a function that takes the hook away.
    """

    def listed() -> Iterator[tuple[str, bool]]:
        with guard.block("circuitbreaker hook"):
            for breaker in tuple(module.CircuitBreakerMonitor.get_circuits()):
                yield _name(breaker), not breaker.closed

    circuits.sources.append(listed)
    return lambda: circuits.sources.remove(listed)


def _name(breaker: Any) -> str:
    return str(breaker.name or "unnamed")

"""What an application tells Tocsin in code: `tocsin.fingerprint`, `tocsin.circuit_open`, `tocsin.cache_lookup`."""

from tocsin.errors.hook import Callback, hook
from tocsin.guard import guard
from tocsin.telemetry.caches import caches
from tocsin.telemetry.circuits import circuits


def fingerprint(callback: Callback | None) -> Callback | None:
    """Let a callback decide what fingerprints are made of; also a decorator. None takes it away again.

    It gets the failure, the attributes of span and resource and the fingerprint that the failure would have, and
    returns a list of parts, of which `{{ default }}` is that fingerprint, or None to leave it. It is called for each
    failure, before masking, in the thread that failed; where it raises, the failure keeps its fingerprint.
    """
    hook.callback = guard("fingerprint hook")(callback) if callback else None
    return callback


@guard("circuit hook")
def circuit_open(name: str, is_open: bool) -> None:  # noqa: FBT001  says what it is at every call
    """A circuit breaker of the application's own is open, or closed again: the gauge `tocsin.circuit.open`.

    Those of pybreaker and circuitbreaker are known without it. Up to 1,000 names; costs a microsecond; never raises.
    """
    circuits.set(str(name), is_open=bool(is_open))


@guard("cache hook")
def cache_lookup(cache: str, *, hit: bool) -> None:
    """A cache was asked: the counters `cache.hits` and `cache.misses`, from which the hit ratio is made.

    Up to 100 names, the others share `other`; costs a microsecond; never raises.
    """
    caches.count(str(cache), hit=bool(hit))

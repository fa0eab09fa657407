"""The one line at the start of a process: what is on, what is off, and why."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tocsin.destinations import Destination
from tocsin.instrumentations import Instrumentation, State
from tocsin.version import __version__

#: Libraries without instrumentation that are named; the rest is a number.
NAMED = 3


def banner(
    *,
    service: str,
    instrumentations: Iterable[Instrumentation],
    destinations: Iterable[Destination],
    store: Path,
    alerts: str,
) -> str:
    """One line without its end. `alerts` says who receives them, or that they are off and why."""
    surveyed = tuple(instrumentations)
    parts = (
        __version__,
        f"service {service}",
        *_instrumented(surveyed),
        *_telemetry(destinations),
        f"store {str(store).replace(str(Path.home()), '~', 1)}",
        f"alerts → {alerts}",
    )
    return " · ".join(parts)


def _instrumented(surveyed: tuple[Instrumentation, ...]) -> Iterator[str]:
    active = _names(surveyed, "active")
    yield f"instrumented {', '.join(active) or 'nothing'}"
    skipped = [
        f"{instrumentation.name} ({instrumentation.reason})"
        for instrumentation in surveyed
        if instrumentation.state in {"conflict", "disabled"}
    ]
    if skipped:
        yield f"skipped {', '.join(skipped)}"
    missing = _names(surveyed, "instrumentation missing")
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        yield f"not instrumented {', '.join(missing[:NAMED])}{more} (see `tocsin doctor`)"


def _names(surveyed: tuple[Instrumentation, ...], state: State) -> list[str]:
    return [instrumentation.name for instrumentation in surveyed if instrumentation.state == state]


def _telemetry(destinations: Iterable[Destination]) -> Iterator[str]:
    signals: dict[str, list[str]] = {}
    for destination in destinations:
        signals.setdefault(_place(destination), []).append(destination.signal)
    for place, names in signals.items():
        yield f"{'telemetry' if len(signals) == 1 else ', '.join(names)} → {place}"


def _place(destination: Destination) -> str:
    if not destination.exporter:
        return "what the code configures"
    return f"{destination.exporter} {destination.endpoint}".strip()

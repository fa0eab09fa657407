"""The one line at the start of a process: what is on, what is off, and why."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tocsin.exporting.destinations import Destination
from tocsin.instrumentations import Instrumentation, State
from tocsin.version import __version__

#: Libraries that are named, instrumented and not; the rest is a number.
INSTRUMENTED = 8
NOT_INSTRUMENTED = 3


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
        f"store {store}",
        f"alerts → {alerts}",
    )
    return " · ".join(parts)


def _instrumented(surveyed: tuple[Instrumentation, ...]) -> Iterator[str]:
    yield f"instrumented {_names(surveyed, 'active', limit=INSTRUMENTED) or 'nothing'}"
    skipped = [
        f"{instrumentation.name} ({instrumentation.reason})"
        for instrumentation in surveyed
        if instrumentation.state in {"conflict", "disabled"}
    ]
    if skipped:
        yield f"skipped {', '.join(skipped)}"
    missing = _names(surveyed, "instrumentation missing", limit=NOT_INSTRUMENTED)
    if missing:
        yield f"not instrumented {missing} (see `tocsin doctor`)"


def _names(surveyed: tuple[Instrumentation, ...], state: State, *, limit: int) -> str:
    names = [instrumentation.name for instrumentation in surveyed if instrumentation.state == state]
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


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

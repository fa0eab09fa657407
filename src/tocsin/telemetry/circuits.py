"""Circuit breakers: which of them keep an application from calling what fails."""

from collections.abc import Callable, Iterable, Iterator

from opentelemetry.metrics import CallbackOptions, Meter, Observation

#: Circuits that are reported; the others are not.
CIRCUITS = 1_000


class Circuits:
    """What is known of each circuit by name: told when it changes, or asked for at each collection."""

    def __init__(self) -> None:
        self._told: dict[str, bool] = {}
        #: Each gives names of circuits and whether they are open.
        self.sources: list[Callable[[], Iterable[tuple[str, bool]]]] = []

    def set(self, name: str, *, is_open: bool) -> None:
        """A circuit has this state from now on. One that tries whether it may close again is open."""
        if name in self._told or len(self._told) < CIRCUITS:
            self._told[name] = is_open

    def observe(self, meter: Meter) -> None:
        """Register the gauge `tocsin.circuit.open`, 1 or 0 for each `circuit.name`."""
        meter.create_observable_gauge(
            "tocsin.circuit.open", [self._read], description="Whether a circuit breaker is open."
        )

    def _read(self, _options: CallbackOptions) -> Iterator[Observation]:
        asked = [circuit for source in self.sources for circuit in source()]
        known = {**dict(asked[:CIRCUITS]), **self._told}
        return (Observation(int(is_open), {"circuit.name": name}) for name, is_open in known.items())


#: Those of this process.
circuits = Circuits()

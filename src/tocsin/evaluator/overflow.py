"""What is not kept in memory because there is too much of it, as a metric: a rule about the evaluator looks at it."""

from collections.abc import Callable, Iterable, Mapping

from opentelemetry.metrics import CallbackOptions, Meter, Observation

BOUNDS = ("series", "samples", "recorded")


class Overflow:
    """Samples left out since the process began, by the bound that they exceed."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(BOUNDS, 0)

    def add(self, counts: Mapping[str, int]) -> None:
        """So many more."""
        for bound, count in counts.items():
            self._counts[bound] += count

    def observe(self, meter: Meter, *, active: Callable[[], bool]) -> None:
        """Register `tocsin.self.series_overflow`, which reports only while `active`."""

        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(count, {"bound": bound}) for bound, count in self._counts.items() if active()]

        meter.create_observable_counter(
            "tocsin.self.series_overflow",
            [observe],
            unit="{sample}",
            description="Samples that rules do not see, because more is not kept in memory.",
        )

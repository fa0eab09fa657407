"""How late evaluation is, as a metric: rules about the evaluator look at it."""

from collections.abc import Callable, Iterable

from opentelemetry.metrics import CallbackOptions, Meter, Observation


class Lag:
    """Evaluations are due every `interval` seconds. What is late ends as the next one begins."""

    def __init__(self, interval: float, *, clock: Callable[[], float]) -> None:
        self._interval = interval
        self._clock = clock
        self._due: float | None = None

    def begin(self, at: float) -> None:
        """An evaluation begins."""
        self._due = at + self._interval

    def seconds(self) -> float:
        """How long the next evaluation has been due; 0 where it is not, or where there was none yet."""
        return 0.0 if self._due is None else max(0.0, self._clock() - self._due)

    def observe(self, meter: Meter, *, active: Callable[[], bool]) -> None:
        """Register `tocsin.self.evaluation_lag`, which reports only while `active`."""

        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(self.seconds())] if active() else []

        meter.create_observable_gauge(
            "tocsin.self.evaluation_lag",
            [observe],
            unit="s",
            description="How long ago the evaluation of rules should have begun.",
        )

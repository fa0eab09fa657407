"""One run of a query: where the data is and for which times the answer is wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql import durations
from tocsin.promql.deadline import NEVER
from tocsin.promql.errors import EvaluationError, LimitError

if TYPE_CHECKING:
    from tocsin.promql import ast
    from tocsin.promql.annotations import Annotations
    from tocsin.promql.deadline import Deadline
    from tocsin.series import Head
    from tocsin.series.samples import Times

_FAR = 2**61
"""No time is further away from 1970 than this many milliseconds, so that sums of times fit 64 bits."""

LOOKBACK = 300.0
"""Seconds that a sample counts as the present one, unless the query says otherwise."""

MAX_SAMPLES = 5_000_000
"""In any one vector, over all steps; each takes up to 25 bytes."""

MAX_WINDOW_SAMPLES = 50_000_000
"""Read by a range selector for one step; as many as Prometheus allows a query by default."""


def milliseconds(seconds: float) -> int:
    return max(-_FAR, min(_FAR, round(seconds * 1000)))


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """`steps` are the times of this part of the query: a subquery has others than the query around it.

    `start_ms`, `end_ms` and `step_ms` are those of the whole query; `step_ms` is 0 for a query at one instant.
    With `late_names`, metric names stay until the query ends.
    """

    head: Head
    steps: Times
    start_ms: int
    end_ms: int
    step_ms: int
    lookback_ms: int
    default_step_ms: int
    annotations: Annotations
    deadline: Deadline = NEVER
    late_names: bool = False

    def duration(self, duration: ast.Duration) -> int:
        """In milliseconds."""
        query_range = (self.end_ms - self.start_ms) / 1000
        return milliseconds(durations.seconds(duration, step=self.step_ms / 1000, query_range=query_range))

    def length(self, duration: ast.Duration) -> int:
        """As `duration`, of a range or step.

        Raises:
            EvaluationError: it is not positive.
        """
        length = self.duration(duration)
        if length <= 0:
            raise EvaluationError("duration must be greater than 0")
        return length

    def moved(self, offset: ast.Duration, at: ast.At) -> Times:
        """The steps as a selector with these modifiers sees them."""
        fixed = {"start": self.start_ms, "end": self.end_ms, None: None}
        moment = fixed[at] if at is None or isinstance(at, str) else milliseconds(at)
        steps = self.steps if moment is None else np.full_like(self.steps, moment)
        return steps - self.duration(offset)

    def over(self, steps: Times) -> Query:
        return replace(self, steps=steps)


def check_size(series: int, samples: int) -> None:
    """To be called before memory is taken for so many series with so many samples each.

    Raises:
        LimitError: that is over `MAX_SAMPLES`.
    """
    if series * samples > MAX_SAMPLES:
        raise LimitError(
            f"query processing would load too many samples into memory: {series} series with {samples} samples each,"
            f" allowed: {MAX_SAMPLES} in all; select fewer series or a shorter range",
        )


def check_windows(samples: int) -> None:
    """To be called before so many samples are read for one step.

    Raises:
        LimitError: that is over `MAX_WINDOW_SAMPLES`.
    """
    if samples > MAX_WINDOW_SAMPLES:
        raise LimitError(
            f"query processing would read too many samples: {samples} within one range, allowed: {MAX_WINDOW_SAMPLES};"
            " select fewer series or a shorter range",
        )

"""How long a query may run."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.promql.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Deadline:
    """`seconds` after its making, on a clock that only moves forward. Every check is an occasion for `pause`."""

    seconds: float
    clock: Callable[[], float]
    begun: float
    pause: Callable[[], object]

    @classmethod
    def after(
        cls,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[], object] = lambda: None,
    ) -> Deadline:
        return cls(seconds, clock, clock(), pause)

    def check(self) -> None:
        """To be called at every step of the work that is small beside the time there is.

        Raises:
            LimitError: the time is over.
        """
        self.pause()
        if self.clock() - self.begun > self.seconds:
            raise LimitError(
                f"query runs longer than {self.seconds:g} s and is cut off; select fewer series or a shorter range, or"
                " let a recording rule prepare a part of it"
            )


NEVER = Deadline(math.inf, lambda: 0.0, 0.0, lambda: None)

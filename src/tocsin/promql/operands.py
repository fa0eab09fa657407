"""What an expression is while the query runs: Prometheus' four types, each over all steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tocsin.promql.frame import Frame
    from tocsin.promql.ranges import Ranges
    from tocsin.series.samples import Values

Operand: TypeAlias = "Frame | Ranges | Values | str"
"""An instant vector, a range vector, a scalar (one value a step) or a string."""

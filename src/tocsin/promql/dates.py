"""Parts of a date, in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tocsin.promql.frame import Frame
from tocsin.series import LabelSets

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tocsin.promql.invocation import Invocation
    from tocsin.series.samples import Values

_LAST_SECOND = 2.0**53
"""Beyond it a year has no meaning; numpy's dates wrap around later."""


def date_part(call: Invocation) -> Frame:
    """Of the values as unix seconds; without an argument, of the time of evaluation. NaN where that is no date."""
    part = PARTS[call.node.signature.name]
    if not call.args:
        now = (call.query.steps / 1000)[None, :]
        return Frame(LabelSets([()]), _part(part, now), np.ones(now.shape, bool))
    frame = call.frame(0)
    return frame.map(_part(part, frame.values))


def _part(part: Callable[[NDArray[np.datetime64]], NDArray[np.int64]], seconds: Values) -> Values:
    is_date = np.abs(seconds) < _LAST_SECOND
    moments = np.where(is_date, np.trunc(seconds), 0.0).astype(np.int64).astype("datetime64[s]")
    return np.where(is_date, part(moments), np.nan)


def _since(moments: NDArray[np.datetime64], unit: str, *, within: str) -> NDArray[np.int64]:
    """Whole units since the larger unit began, from 0 on."""
    begin = moments.astype(f"datetime64[{within}]").astype(f"datetime64[{unit}]")
    units: NDArray[np.int64] = (moments.astype(f"datetime64[{unit}]") - begin).astype(np.int64)
    return units


def _days_in_month(moments: NDArray[np.datetime64]) -> NDArray[np.int64]:
    month = moments.astype("datetime64[M]")
    days: NDArray[np.timedelta64] = (month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")
    return days.astype(np.int64)


PARTS: dict[str, Callable[[NDArray[np.datetime64]], NDArray[np.int64]]] = {
    "year": lambda moments: moments.astype("datetime64[Y]").astype(np.int64) + 1970,
    "month": lambda moments: _since(moments, "M", within="Y") + 1,
    "day_of_month": lambda moments: _since(moments, "D", within="M") + 1,
    "day_of_year": lambda moments: _since(moments, "D", within="Y") + 1,
    # 1970-01-01 was a Thursday
    "day_of_week": lambda moments: (moments.astype("datetime64[D]").astype(np.int64) + 4) % 7,
    "days_in_month": _days_in_month,
    "hour": lambda moments: _since(moments, "h", within="D"),
    "minute": lambda moments: _since(moments, "m", within="h"),
}

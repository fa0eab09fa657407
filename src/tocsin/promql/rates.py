"""What a counter or gauge did within a window: `rate`, `increase`, `delta`, `irate`, `idelta`, `changes`, `resets`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.promql.frame import Frame
    from tocsin.promql.invocation import Invocation
    from tocsin.series import Window
    from tocsin.series.samples import Values

_COUNTER_SUFFIXES = ("_total", "_sum", "_count", "_bucket")


def rate(call: Invocation) -> Frame:
    """The increase a second."""
    _inform_of_gauges(call)
    return _extrapolated(call, is_counter=True, per_second=True)


def increase(call: Invocation) -> Frame:
    _inform_of_gauges(call)
    return _extrapolated(call, is_counter=True)


def delta(call: Invocation) -> Frame:
    return _extrapolated(call, is_counter=False)


def _extrapolated(call: Invocation, *, is_counter: bool, per_second: bool = False) -> Frame:
    ranges = call.ranges(0)
    divisor = ranges.length_ms / 1000 if per_second else 1.0

    def extrapolate(window: Window, step: int) -> Values:
        end = ranges.ends[step]
        change, factor = _change(window, end - ranges.length_ms, end, is_counter=is_counter)
        return change * (factor / divisor)

    return ranges.reduce_steps(extrapolate, at_least=2).without_name()


def _change(window: Window, start_ms: int, end_ms: int, *, is_counter: bool) -> tuple[Values, Values]:
    """The change between first and last sample, and the factor that Prometheus extrapolates it with to the window."""
    first_time, first = window.times[0], window.values[0]
    last_time, last = window.at(window.counts - 1)
    change = _increase(window, last) if is_counter else last - first
    sampled = (last_time - first_time) / 1000
    interval = sampled / (window.counts - 1)
    before = _gap((first_time - start_ms) / 1000, interval)
    if is_counter:
        before = np.where((change > 0) & (first >= 0), np.minimum(before, sampled * (first / change)), before)
    after = _gap((end_ms - last_time) / 1000, interval)
    return change, (sampled + before + after) / sampled


def _gap(seconds: Values, interval: Values) -> Values:
    """How far to extrapolate to one side: no further than half an interval where samples are missing there."""
    return np.where(seconds >= interval * 1.1, interval / 2, seconds)


def _drops(window: Window) -> NDArray[np.bool_]:
    """Where the next sample is smaller: a counter was reset. The filling below a column is NaN and never smaller."""
    drops: NDArray[np.bool_] = window.values[1:] < window.values[:-1]
    return drops


def _increase(window: Window, last: Values) -> Values:
    """Adds the value before every reset, one after the other as Prometheus does: the order matters for large values."""
    increase: Values = last - window.values[0]
    drops = _drops(window)
    reset = np.flatnonzero(drops.any(axis=0))
    before_resets = np.where(drops[:, reset], window.values[:-1, reset], 0.0)
    increase[reset] = np.add.accumulate(np.vstack([increase[reset], before_resets]), axis=0)[-1]
    return increase


def irate(call: Invocation) -> Frame:
    return call.ranges(0).reduce(partial(_last_change, is_rate=True), at_least=2).without_name()


def idelta(call: Invocation) -> Frame:
    return call.ranges(0).reduce(partial(_last_change, is_rate=False), at_least=2).without_name()


def _last_change(window: Window, *, is_rate: bool) -> Values:
    last_time, last = window.at(window.counts - 1)
    previous_time, previous = window.at(window.counts - 2)
    if not is_rate:
        return last - previous
    return np.where(last < previous, last, last - previous) / ((last_time - previous_time) / 1000)


def changes(call: Invocation) -> Frame:
    return call.ranges(0).reduce(_changes).without_name()


def _changes(window: Window) -> Values:
    """From NaN to NaN is no change."""
    before, after = window.values[:-1], window.values[1:]
    changed = (before != after) & ~(np.isnan(before) & np.isnan(after)) & window.valid[1:]
    count: Values = changed.sum(axis=0).astype(float)
    return count


def resets(call: Invocation) -> Frame:
    return call.ranges(0).reduce(lambda window: _drops(window).sum(axis=0).astype(float)).without_name()


def _inform_of_gauges(call: Invocation) -> None:
    for name in call.ranges(0).labels.names:
        if name and not name.endswith(_COUNTER_SUFFIXES):
            suffixes = "/".join(_COUNTER_SUFFIXES)
            call.query.annotations.inform(
                f'metric might not be a counter, name does not end in {suffixes}: "{name}"',
            )

"""Exponential histograms as classic ones, for rules that look at buckets.

The bounds are powers of two: at any scale from 0 on they are bounds of the exponential histogram as well, so no count
is estimated, and they stay when the histogram changes its scale. A quantile is right to within a factor of two; at
scales below 0 there are only powers of four, of sixteen and so on.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from tocsin.telemetry import otlp

#: Below it a bucket is wider than all floats.
LOWEST_SCALE = -11
#: Powers of two that a float can be.
_EXPONENTS = range(-1074, 1024)


def classic(point: otlp.ExponentialHistogramDataPoint) -> otlp.HistogramDataPoint:
    """The same measurements. Raises ValueError where a bound is no float."""
    if point.scale < LOWEST_SCALE:
        raise ValueError(f"scale {point.scale} leaves one bucket for all numbers")
    counts = [*_negative(point), (float(point.zero_threshold), int(point.zero_count)), *_positive(point)]
    return otlp.HistogramDataPoint(
        attributes=point.attributes,
        start_time_unix_nano=point.start_time_unix_nano,
        time_unix_nano=point.time_unix_nano,
        flags=point.flags,
        count=point.count,
        sum=point.sum,
        bucket_counts=[count for _, count in counts],
        explicit_bounds=msgspec.Raw(otlp.encode([bound for bound, _ in counts])),
    )


def _positive(point: otlp.ExponentialHistogramDataPoint) -> Iterator[tuple[float, int]]:
    """Upper bounds in ascending order, with an empty bucket below: quantiles are estimated from where it ends."""
    merged = _merged(point.positive, point.scale)
    if merged:
        first, last = min(merged), max(merged)
        yield _power(first, point.scale), 0
        for index in range(first, last + 1):
            yield _power(index + 1, point.scale), merged[index]


def _negative(point: otlp.ExponentialHistogramDataPoint) -> Iterator[tuple[float, int]]:
    """The upper bound of a bucket of negative values is the lower one of their amounts."""
    merged = _merged(point.negative, point.scale)
    if merged:
        for index in range(max(merged), min(merged) - 1, -1):
            yield -_power(index, point.scale), merged[index]


def _merged(buckets: otlp.Buckets, scale: int) -> Counter[int]:
    """Counts by the index that their bucket has at scale 0, or as they are where the scale is lower."""
    merged: Counter[int] = Counter()
    for index, count in enumerate(buckets.bucket_counts, start=buckets.offset):
        if int(count):
            merged[index >> max(scale, 0)] += int(count)
    return merged


def _power(index: int, scale: int) -> float:
    exponent = index << max(-scale, 0)
    if exponent not in _EXPONENTS:
        raise ValueError(f"2^{exponent} is no bound")
    return 2.0**exponent

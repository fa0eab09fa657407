"""Curves in a terminal."""

import pytest

from tocsin.cli.chart import hourly

NOW = 1_700_000_000.0
THIS = int(NOW) // 3600 * 3600


@pytest.mark.parametrize(
    ("counts", "bars"),
    [
        ({0: 3}, "|     █|"),
        ({2: 1}, "|   █  |"),
        ({5: 8, 4: 4, 1: 1, 0: 8}, "|█▄  ▁█|"),
        ({1: 1000, 0: 1}, "|    █▁|"),
        ({6: 9}, ""),
        ({}, ""),
    ],
)
def test_bars_of_hours_begin_at_zero_in_a_frame(counts, bars):
    hours = {THIS - 3600 * ago: count for ago, count in counts.items()}
    assert hourly(hours, now=NOW, hours_back=6) == bars

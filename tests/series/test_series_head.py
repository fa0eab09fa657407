import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.series import STALE_NAN, Head, Matcher
from tocsin.series.labels import from_mapping
from tocsin.series.samples import MAX_PAGES, PAGE

MINUTE = 60_000


def series(name="up", **labels):
    return from_mapping({"__name__": name, **labels})


def latest(head, name="up", at=0, lookback=5 * MINUTE):
    """Labels, time and value of what an instant selector would find."""
    selection = head.select([Matcher("__name__", "=", name)])
    times, values, present = selection.latest(np.array([at], np.int64), lookback_ms=lookback)
    rows = zip(selection.labels, times[:, 0].tolist(), values[:, 0].tolist(), present[:, 0].tolist(), strict=True)
    return [(labels, time, value) for labels, time, value, there in rows if there]


def window(head, start, end, name="up"):
    starts, ends = np.array([start], np.int64), np.array([end], np.int64)
    return head.select([Matcher("__name__", "=", name)]).windows(starts, ends).window(0, slice(None))


def test_finds_the_newest_sample_within_the_lookback():
    head = Head()
    head.append(series(), 1000, 1.0)
    head.append(series(), 2000, 2.0)
    assert latest(head, at=1999) == [(series(), 1000, 1.0)]
    assert latest(head, at=2000) == [(series(), 2000, 2.0)]
    assert latest(head, at=999) == []


def test_the_lookback_is_left_open():
    head = Head()
    head.append(series(), 0, 1.0)
    assert latest(head, at=5 * MINUTE - 1)
    assert not latest(head, at=5 * MINUTE)


def test_windows_are_left_open_and_leave_out_staleness_markers():
    head = Head()
    for minute, value in enumerate([0.0, 1.0, STALE_NAN, math.nan, 4.0]):
        head.append(series(), minute * MINUTE, value)
    found = window(head, 0, 4 * MINUTE)
    assert found.counts.tolist() == [3]
    assert found.times[:, 0].tolist() == [MINUTE, 3 * MINUTE, 4 * MINUTE]
    assert np.array_equal(found.values[:, 0], [1.0, math.nan, 4.0], equal_nan=True)


def test_a_gap_in_one_series_does_not_depend_on_the_others():
    head = Head()
    for minute in range(1, 6):
        head.append(series(job="whole"), minute * MINUTE, float(minute))
        head.append(series(job="gap"), minute * MINUTE, float(minute) if minute == 4 else STALE_NAN)
    found = window(head, 0, 5 * MINUTE)
    assert found.counts.tolist() == [5, 1]
    assert found.values[0].tolist() == [1.0, 4.0]
    assert found.at(found.counts - 1)[1].tolist() == [5.0, 4.0]


def test_windows_of_several_series_are_filled_up_with_nan():
    head = Head()
    head.append_many(
        (series(job=job), time, 1.0) for job, count in (("a", 3), ("b", 1)) for time in range(1, count + 1)
    )
    found = window(head, 0, 10)
    assert found.counts.tolist() == [3, 1]
    assert np.isnan(found.values[1:, 1]).all()


def test_refuses_and_counts_what_is_not_newer():
    head = Head()
    assert head.append(series(), 2000, 1.0)
    assert not head.append(series(), 2000, 1.0)
    assert not head.append(series(), 1000, 1.0)
    assert (head.samples, head.refused_order) == (1, 2)


def test_refuses_and_counts_series_over_the_bound():
    head = Head(max_series=1)
    assert head.append(series(job="a"), 0, 1.0)
    assert not head.append(series(job="b"), 0, 1.0)
    assert head.append(series(job="a"), 1, 1.0)
    assert (len(head), head.refused_series) == (1, 1)


def test_refuses_and_counts_samples_over_the_bound():
    head = Head(max_samples=2 * PAGE)
    accepted = head.append_many((series(job=str(job)), time, 1.0) for job in range(4) for time in range(PAGE))
    assert accepted == 2 * PAGE
    assert (len(head), head.refused_samples) == (2, 2 * PAGE)


def test_a_series_with_too_many_samples_loses_its_oldest():
    head = Head(retention=math.inf)
    bound = MAX_PAGES * PAGE
    head.append_many((series(), time, float(time)) for time in range(bound + 1))
    assert head.samples == bound + 1 - PAGE
    assert latest(head, at=bound)[0][2] == bound
    assert latest(head, at=PAGE, lookback=bound)[0][2] == PAGE


def test_truncation_frees_old_pages_and_dead_series():
    head = Head(retention=60.0, max_samples=4 * PAGE)
    head.append(series(job="dead"), 0, 1.0)
    head.append_many((series(job="alive"), second * 1000, 1.0) for second in range(3 * PAGE))
    assert not head.append(series(job="third"), 3 * PAGE * 1000, 1.0)
    head.truncate(3 * PAGE * 1000)
    assert head.series() == [series(job="alive")]
    assert head.samples == 2 * PAGE
    assert head.append(series(job="third"), 3 * PAGE * 1000, 1.0)
    assert head.label_values("job") == ["alive", "third"]


def test_a_series_that_comes_back_starts_afresh():
    head = Head(retention=60.0)
    head.append(series(), 100_000, 1.0)
    head.truncate(200_000)
    assert len(head) == 0
    assert head.append(series(), 50_000, 2.0)
    assert latest(head, at=60_000) == [(series(), 50_000, 2.0)]


def test_stale_ends_a_series_at_once():
    head = Head()
    head.append(series(), 1000, 1.0)
    assert head.stale(series(), 2000)
    assert latest(head, at=1999)
    assert not latest(head, at=2000)


def test_stale_needs_a_series():
    assert not Head().stale(series(), 0)


def test_lookups():
    head = Head()
    head.append(series("up", job="a"), 0, 1.0)
    head.append(series("down", job="b", zone="z"), 0, 1.0)
    up = [Matcher("__name__", "=", "up")]
    assert head.label_values("job") == ["a", "b"]
    assert head.label_values("nope") == []
    assert head.series(up) == [series("up", job="a")]


MATCHERS = st.builds(
    Matcher,
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["=", "!=", "=~", "!~"]),
    st.sampled_from(["", "x", "y", "x|y", ".*", ".+", "x?"]),
)
LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "x", "y", "z"])).map(from_mapping)


@given(st.sets(LABELS), st.lists(MATCHERS, max_size=3))
def test_the_index_finds_what_a_scan_finds(label_sets, matchers):
    head = Head()
    for labels in label_sets:
        head.append(labels, 0, 1.0)
    wanted = [
        labels
        for labels in sorted(label_sets)
        if all(matcher.matches(dict(labels).get(matcher.name, "")) for matcher in matchers)
    ]
    assert head.series(matchers) == wanted


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 40)), max_size=150), st.integers(0, 800), st.integers(1, 800)
)
def test_windows_hold_what_was_appended(appends, start, length):
    head, written = Head(), {}
    time = 0
    for number, gap in appends:
        time += gap
        written.setdefault(series(n=str(number)), []).append((time, float(time)))
        head.append(series(n=str(number)), time, float(time))
    found = window(head, start, start + length)
    for column, labels in enumerate(head.select([Matcher("__name__", "=", "up")]).labels):
        count = found.counts[column]
        got = list(zip(found.times[:count, column].tolist(), found.values[:count, column].tolist(), strict=True))
        assert got == [sample for sample in written[labels] if start < sample[0] <= start + length]


@pytest.mark.parametrize("truncate_every", [1, 7])
def test_survives_churn(truncate_every):
    head = Head(retention=30.0)
    for tick in range(200):
        head.append(series(tick=str(tick // 10)), tick * 1000, float(tick))
        if tick % truncate_every == 0:
            head.truncate(tick * 1000)
    assert latest(head, at=199_000, lookback=1000) == [(series(tick="19"), 199_000, 199.0)]
    assert len(head) <= 6

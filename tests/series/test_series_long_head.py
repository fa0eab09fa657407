"""A head that keeps some metrics for longer."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.promql import evaluate, parse
from tocsin.series import LongHead, Matcher
from tocsin.series.labels import from_mapping

HOUR = 3600


def series(name, **labels):
    return from_mapping({"__name__": name, **labels})


def counted(head, text, at):
    return {dict(each.labels).get("n", ""): each.value for each in evaluate(parse(text), head, at).samples}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 200)), max_size=60), st.integers(0, 300))
def test_what_is_kept_is_what_was_recorded_within_its_time(samples, now):
    head = LongHead(retention=HOUR)
    head.keep({"kept": 100 * HOUR})
    newest = {}
    for n, hour in samples:
        accepted = head.record(series("kept", n=n), hour * HOUR * 1000, float(hour))
        assert accepted == (hour > newest.get(n, 0))
        newest[n] = max(hour, newest.get(n, 0))
    kept = {}
    for n, hour in samples:
        kept.setdefault(n, []).append(hour) if hour > max(kept.get(n, [0])) else None
    head.truncate(now * HOUR * 1000)
    within = {n: sum(now - 100 < hour <= now for hour in hours) for n, hours in kept.items()}
    found = counted(head, "count_over_time(kept[100h])", now * HOUR)
    assert found == {n: count for n, count in within.items() if count}


def test_other_metrics_and_other_selectors_see_the_head():
    head = LongHead(retention=HOUR)
    head.keep({"kept": 10 * HOUR})
    for minute in range(0, 300, 5):
        for name in ("kept", "other"):
            head.append(series(name), minute * 60_000, 1.0)
            head.record(series(name), minute * 60_000, 1.0)
        head.truncate(minute * 60_000)
    at = 295 * 60
    assert counted(head, "count_over_time(kept[6h])", at) == {"": 60}
    assert counted(head, "count_over_time(other[6h])", at)[""] < 50
    assert counted(head, 'count_over_time({__name__=~"ke.*"}[6h])', at)[""] < 50
    assert head.kept_series == 1


def test_a_series_ends_where_it_is_kept_too():
    head = LongHead()
    head.keep({"kept": HOUR})
    head.record(series("kept"), 1000, 1.0)
    assert head.record_end(series("kept"), 2000)
    assert not head.record_end(series("kept", n="a"), 2000)
    assert not head.record_end(series("other"), 2000)
    assert counted(head, "kept", 2) == {}
    assert counted(head, "count_over_time(kept[1m])", 2) == {"": 1}


def test_what_is_no_longer_kept_is_forgotten():
    head = LongHead()
    assert head.keep({"a": HOUR, "b": HOUR}) == ["a", "b"]
    for name in "ab":
        head.record(series(name), 1000, 1.0)
    assert head.keep({"b": 2 * HOUR, "c": HOUR}) == ["c"]
    assert (head.kept_series, head.kept_samples) == (1, 1)
    assert list(head.select([Matcher("__name__", "=", "a")]).labels) == []


def test_ninety_days_at_a_minute_fit_a_series():
    head = LongHead()
    head.keep({"kept": 90 * 86400})
    labels = series("kept")
    assert all(head.record(labels, minute * 60_000, 1.0) for minute in range(1, 90 * 1440 + 1))
    assert counted(head, "count_over_time(kept[90d])", 90 * 86400) == {"": 90 * 1440}

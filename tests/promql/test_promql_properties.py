"""Identities that hold whatever the data."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.promql import EvaluationError, evaluate, parse
from tocsin.series import Head
from tocsin.series.labels import from_mapping

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)
INCREASES = st.lists(st.integers(0, 100), min_size=2, max_size=20)


def ask(head, query, at):
    return {sample.labels: sample.value for sample in evaluate(parse(query), head, at).samples}


def gauges(values, at_ms=0):
    head = Head()
    for number, value in enumerate(values):
        head.append(from_mapping({"__name__": "x", "n": str(number), "g": str(number % 3)}), at_ms, value)
    return head


def history(values, name="x_total"):
    head = Head()
    for number, value in enumerate(values):
        head.append(from_mapping({"__name__": name}), number * 15_000, value)
    return head, (len(values) - 1) * 15.0


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_a_sum_is_exact_to_twice_the_digits_of_its_terms(values):
    exact = pytest.approx(float(sum(map(Fraction, values))), rel=1e-15, abs=1e-30 * sum(map(abs, values)))
    assert ask(gauges(values), "sum(x)", 0.0)[()] == exact
    head, end = history(values)
    assert ask(head, "sum_over_time(x_total[1h])", end)[()] == exact


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_sums_of_groups_make_the_whole(values):
    whole = ask(gauges(values), "sum(x)", 0.0)[()]
    parts = ask(gauges(values), "sum(sum by (g) (x))", 0.0)[()]
    assert parts == pytest.approx(whole, rel=1e-12, abs=1e-9 * max(map(abs, values)))


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_averages_lie_between_the_extremes(values):
    head = gauges(values)
    low, mean, high = (ask(head, f"{op}(x)", 0.0)[()] for op in ("min", "avg", "max"))
    assert low == min(values)
    assert high == max(values)
    slack = 1e-15 * max(map(abs, values))
    assert low - slack <= mean <= high + slack


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=40), st.floats(0, 1))
def test_quantiles_agree_over_series_and_over_time(values, q):
    head, end = history(values)
    over_time = ask(head, f"quantile_over_time({q!r}, x_total[1h])", end)[()]
    assert over_time == ask(gauges(values), f"quantile({q!r}, x)", 0.0)[()]
    slack = 1e-15 * max(map(abs, values))
    assert min(values) - slack <= over_time <= max(values) + slack


@settings(deadline=None)
@given(INCREASES)
def test_a_rate_is_the_increase_a_second(increases):
    head, end = history([float(sum(increases[: index + 1])) for index in range(len(increases))])
    rate = ask(head, "rate(x_total[5m])", end)[()]
    assert rate * 300 == pytest.approx(ask(head, "increase(x_total[5m])", end)[()])
    assert rate >= 0


@settings(deadline=None)
@given(INCREASES, st.integers(1, 20))
def test_a_reset_loses_no_more_than_it_must(increases, reset):
    """The increase over a reset is what the counter grew by after it, and all before it."""
    before, after = increases[:reset], increases[reset:]
    counter = [float(sum(before[: index + 1])) for index in range(len(before))]
    counter += [float(sum(after[: index + 1])) for index in range(len(after))]
    head, end = history(counter)
    resets = ask(head, "resets(x_total[1h])", end)[()]
    grown = sum(max(new - old, 0) if new >= old else new for old, new in pairwise(counter))
    assert resets <= 1
    assert ask(head, "increase(x_total[1h])", end)[()] >= grown * (1 - 1e-9)


@settings(deadline=None)
@given(INCREASES, st.floats(0, 1))
def test_a_quantile_and_the_fraction_below_it_are_inverse(counts, q):
    head, total = Head(), 0
    for number, count in enumerate(counts):
        total += count + 1
        bound = "+Inf" if number == len(counts) - 1 else str(number + 1)
        head.append(from_mapping({"__name__": "d_bucket", "le": bound}), 0, float(total))
    quantile = ask(head, f"histogram_quantile({q!r}, d_bucket)", 0.0)[()]
    if quantile < len(counts) - 1:
        assert ask(head, f"histogram_fraction(0, {quantile!r}, d_bucket)", 0.0)[()] == pytest.approx(q, abs=1e-9)


VECTORS = st.recursive(
    st.sampled_from(["x", 'x{g="1"}', "x offset 5s", "vector(1)", "rate(x[1m])", "x @ 7", "nothing"]),
    lambda inner: st.one_of(
        st.builds(
            "({}) {} ({})".format, inner, st.sampled_from(["+", "/", ">", "== bool", "and", "or", "unless"]), inner
        ),
        st.builds(
            "{}({})".format, st.sampled_from(["sum", "avg by (g)", "topk(1,", "-", "abs", "sort", "absent"]), inner
        ).map(
            lambda text: text.replace(",(", ","),
        ),
        st.builds("{}(({})[1m:15s])".format, st.sampled_from(["max_over_time", "rate", "deriv", "changes"]), inner),
        st.builds("({}) * on (g) group_left () ({})".format, inner, inner),
        st.builds("clamp_min({}, scalar({}))".format, inner, inner),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(VECTORS, st.lists(NUMBERS, max_size=9))
def test_a_query_has_a_value_or_an_evaluation_error(query, values):
    head = gauges(values)
    head.append_many((labels, time, 2.0) for labels in head.series() for time in range(15_000, 61_000, 15_000))
    try:
        value = evaluate(parse(query), head, 60.0)
    except EvaluationError:
        return
    assert len({sample.labels for sample in value.samples}) == len(value.samples)

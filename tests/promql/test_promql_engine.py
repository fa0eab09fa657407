import math

import pytest

from tocsin.promql import (
    Annotations,
    EvaluationError,
    Matrix,
    Scalar,
    Series,
    String,
    Vector,
    VectorSample,
    evaluate,
    evaluate_range,
    parse,
)
from tocsin.promql.notation import parse_series
from tocsin.series import Head
from tocsin.series.labels import from_mapping


def head_of(*lines, step=60.0):
    head = Head(retention=math.inf)
    for line in lines:
        labels, values = parse_series(line)
        for index, value in enumerate(values):
            if value is not None:
                head.append(labels, round(index * step * 1000), value)
    return head


def ask(head, query, at=600.0, **options):
    """The result as a mapping from labels (as in a selector) to values."""
    value = evaluate(parse(query), head, at, **options)
    return {sample.labels: sample.value for sample in value.samples}


def labels(**names):
    return from_mapping(names)


@pytest.fixture
def requests():
    return head_of(
        'requests_total{job="a", code="200"} 0+60x20',
        'requests_total{job="a", code="500"} 0+6x20',
        'requests_total{job="b", code="200"} 0+120x20',
    )


def test_types_of_values():
    head = head_of("up 1x20")
    assert evaluate(parse("1 + 1"), head, 60.0) == Scalar(60_000, 2.0)
    assert evaluate(parse('"text"'), head, 60.0) == String(60_000, "text")
    assert evaluate(parse("up"), head, 60.0) == Vector((VectorSample(labels(__name__="up"), 60_000, 1.0),))
    assert evaluate(parse("up[2m]"), head, 180.0) == Matrix(
        (Series(labels(__name__="up"), ((120_000, 1.0), (180_000, 1.0))),),
    )


def test_rate_extrapolates_to_the_window_and_drops_the_name(requests):
    assert ask(requests, 'rate(requests_total{job="b"}[5m])') == {labels(job="b", code="200"): 2.0}


def test_rate_accounts_for_resets():
    head = head_of("requests_total 10 20 30 5 15 25")
    assert ask(head, "increase(requests_total[5m])", at=300.0) == {(): pytest.approx(43.75)}


def test_one_sample_has_no_rate(requests):
    assert ask(requests, "rate(requests_total[1m])") == {}


def test_sum_by(requests):
    assert ask(requests, "sum by (job) (requests_total)") == {labels(job="a"): 660.0, labels(job="b"): 1200.0}
    assert ask(requests, "sum without (job, code) (requests_total)") == {(): 1860.0}


def test_sums_lose_no_digits():
    head = head_of('x{n="1"} 1e100', 'x{n="2"} 1', 'x{n="3"} -1e100')
    assert ask(head, "sum(x)", at=0.0) == {(): 1.0}
    assert ask(head_of("x 1e100 1 -1e100"), "sum_over_time(x[3m])", at=120.0) == {(): 1.0}


def test_the_largest_come_first(requests):
    samples = evaluate(parse("topk(2, requests_total)"), requests, 600.0).samples
    assert [sample.value for sample in samples] == [1200.0, 600.0]


def test_division_of_matching_series(requests):
    query = 'requests_total{code="500"} / ignoring(code) requests_total{code="200"}'
    assert ask(requests, query) == {labels(job="a"): 0.1}


def test_many_to_one_has_to_be_explicit(requests):
    with pytest.raises(EvaluationError, match="many-to-one matching must be explicit"):
        ask(requests, "requests_total / on (job) sum by (job) (requests_total)")
    shares = ask(requests, "requests_total / on (job) group_left () sum by (job) (requests_total)")
    assert shares[labels(job="b", code="200")] == 1.0


def test_many_to_many_is_an_error(requests):
    with pytest.raises(EvaluationError, match=r'on the right hand-side.*\[\{.*code="200".*\}, \{.*code="500".*\}\]'):
        ask(requests, 'sum by (job) (requests_total{job="a"}) / on (job) requests_total')


def test_group_left_brings_labels():
    head = head_of('up{job="a"} 1', 'build_info{job="a", version="2"} 1')
    query = "up * on (job) group_left (version) build_info"
    assert ask(head, query, at=0.0) == {labels(job="a", version="2"): 1.0}


def test_comparisons_filter_and_bool_does_not(requests):
    assert ask(requests, "requests_total > 1000") == {
        labels(__name__="requests_total", job="b", code="200"): 1200.0,
    }
    assert sorted(ask(requests, "requests_total > bool 1000").values()) == [0.0, 0.0, 1.0]


def test_set_operators(requests):
    assert len(ask(requests, 'requests_total and on (job) requests_total{code="500"}')) == 2
    assert len(ask(requests, 'requests_total unless on (job) requests_total{code="500"}')) == 1
    assert ask(requests, "nothing or vector(1)") == {(): 1.0}


def test_series_that_become_the_same_are_an_error():
    head = head_of('a{job="x"} 1', 'b{job="x"} 1')
    with pytest.raises(EvaluationError, match="same labelset"):
        ask(head, '-{job="x"}', at=0.0)


def test_absent_knows_the_labels_it_expected():
    assert ask(Head(), 'absent(up{job="a", zone=~"x.*"})') == {labels(job="a"): 1.0}
    assert ask(Head(), 'absent(up{job!="a", job="b", zone="x", zone!="y"})') == {labels(job="b"): 1.0}
    assert ask(head_of("up 1x20"), "absent(up)") == {}
    assert ask(Head(), 'absent_over_time(up{job="a"}[5m])') == {labels(job="a"): 1.0}


def test_a_series_ends_with_its_staleness_marker():
    head = head_of("up 1 1 stale")
    assert ask(head, "up", at=119.0)
    assert not ask(head, "up", at=120.0)


def test_the_lookback_may_be_set():
    head = head_of("up 1")
    assert ask(head, "up", at=599.0, lookback=600.0)
    assert not ask(head, "up", at=600.0, lookback=600.0)


def test_offset_and_at():
    head = head_of("x 0+1x20")
    assert ask(head, "x offset 2m") == {labels(__name__="x"): 8.0}
    assert ask(head, "x @ 120") == {labels(__name__="x"): 2.0}
    assert ask(head, "x @ end() offset -1m") == {labels(__name__="x"): 11.0}


def test_subqueries_stand_on_multiples_of_their_step():
    head = head_of("x 0+1x20")
    assert ask(head, "count_over_time(x[5m:2m])", at=601.0) == {(): 3.0}
    assert ask(head, "count_over_time(x[5m:])", at=601.0, default_step=30.0) == {(): 10.0}


def test_quantile_of_a_classic_histogram():
    head = head_of('d_bucket{le="0.1"} 50', 'd_bucket{le="0.5"} 90', 'd_bucket{le="+Inf"} 100')
    assert ask(head, "histogram_quantile(0.7, d_bucket)", at=0.0) == {(): pytest.approx(0.3)}
    assert ask(head, "histogram_quantile(0.99, d_bucket)", at=0.0) == {(): 0.5}
    assert ask(head, "histogram_fraction(0, 0.1, d_bucket)", at=0.0) == {(): 0.5}


def test_a_histogram_that_is_not_monotonic_is_repaired_and_reported():
    head = head_of('d_bucket{le="1"} 50', 'd_bucket{le="2"} 40', 'd_bucket{le="+Inf"} 100')
    notes = Annotations()
    assert ask(head, "histogram_quantile(0.25, d_bucket)", at=0.0, annotations=notes) == {(): 0.5}
    assert notes.infos == ("PromQL info: input to histogram_quantile needed to be fixed for monotonicity",)


def test_annotations_say_what_looks_wrong():
    notes = Annotations()
    ask(head_of("temperature 1x20"), "rate(temperature[5m]) + quantile(2, temperature)", annotations=notes)
    assert notes.warnings == ("PromQL warning: quantile value should be between 0 and 1, got 2",)
    assert 'name does not end in _total/_sum/_count/_bucket: "temperature"' in notes.infos[0]


def test_predict_linear():
    assert ask(head_of("free 100-1x20"), "predict_linear(free[10m], 3600)") == {(): pytest.approx(30.0)}


def test_label_replace_and_join():
    head = head_of('up{instance="db1:9090", job="x"} 1')
    host = ask(head, 'label_replace(up, "host", "$1-${port}$$", "instance", "(.*):(?P<port>.*)")', at=0.0)
    assert dict(next(iter(host)))["host"] == "db1-9090$"
    joined = ask(head, 'label_join(up, "both", "/", "job", "instance")', at=0.0)
    assert dict(next(iter(joined)))["both"] == "x/db1:9090"


@pytest.mark.parametrize(
    "query",
    ['label_replace(up, "a", "$1", "job", "(")', 'label_replace(up, "", "", "job", ".*")', 'count_values("\\xff", up)'],
)
def test_labels_that_cannot_be(query):
    with pytest.raises(EvaluationError, match="invalid"):
        ask(head_of("up 1"), query, at=0.0)


def test_count_values_writes_numbers_in_full():
    head = head_of('v{n="1"} 1e20', 'v{n="2"} 0.001', 'v{n="3"} 0.001')
    assert ask(head, 'count_values("v", v)', at=0.0) == {labels(v="100000000000000000000"): 1.0, labels(v="0.001"): 2.0}


def test_dates():
    assert ask(Head(), "day_of_week() * 100 + hour()", at=1_700_000_000.0) == {(): 222.0}
    assert ask(Head(), "days_in_month(vector(951782400))") == {(): 29.0}
    assert math.isnan(ask(Head(), "year(vector(NaN))")[()])


def test_ranges_of_time():
    head = head_of("x 0+1x3 _x10 20")
    value = evaluate_range(parse("x"), head, 0.0, 840.0, 240.0)
    assert value.series == (Series(labels(__name__="x"), ((0, 0.0), (240_000, 3.0))),)
    assert evaluate_range(parse("time()"), head, 0.0, 60.0, 30.0).series[0].samples == (
        (0, 0),
        (30_000, 30),
        (60_000, 60),
    )


def test_a_range_query_is_as_many_instant_queries(requests):
    expr = parse("sum by (job) (rate(requests_total[5m])) > 1.05 or count(requests_total offset 9m)")
    ranged = evaluate_range(expr, requests, 0.0, 1200.0, 45.0)
    stepped = {
        (sample.labels, sample.timestamp_ms, sample.value)
        for step in range(27)
        for sample in evaluate(expr, requests, step * 45.0).samples
    }
    assert {(series.labels, *sample) for series in ranged.series for sample in series.samples} == stepped


def test_a_range_query_needs_a_value_at_every_step():
    with pytest.raises(EvaluationError, match="must be scalar or instant vector"):
        evaluate_range(parse("up[5m]"), Head(), 0.0, 60.0, 15.0)
    with pytest.raises(EvaluationError, match="step of 0 ms"):
        evaluate_range(parse("up"), Head(), 0.0, 60.0, 0.0)


def test_the_size_of_a_query_is_bounded():
    for query in ("up[100y:1ms]", "max_over_time(up[1y:1s])"):
        with pytest.raises(EvaluationError, match="too many samples"):
            ask(head_of("up 1"), query)
    with pytest.raises(EvaluationError, match="too many samples"):
        evaluate_range(parse("up"), Head(), 0.0, 1e9, 0.001)


@pytest.mark.parametrize("query", ["up[step()]", "up offset (1m / (step() - step()))", "up[1m - 2m]"])
def test_durations_that_come_to_nothing(query):
    with pytest.raises(EvaluationError):
        ask(Head(), query)


def test_far_away_times_are_empty():
    for query in ("up @ 1e17", "up @ -1e18 offset 200y", "rate(up[290y])"):
        assert ask(head_of("up 1"), query) == {}


def test_the_deepest_query_allowed_runs():
    assert ask(head_of("up 1x20"), "up" + " + up" * 190) == {(): 191.0}
    assert ask(head_of("up 1x20"), "(" * 95 + "up" + ")" * 95) == {labels(__name__="up"): 1.0}
    assert ask(head_of("up 1x20"), "abs(" * 95 + "up" + ")" * 95) == {(): 1.0}
    assert ask(head_of("up 1x20"), "sum by (a) (" * 95 + "up" + ")" * 95) == {(): 1.0}
    assert evaluate(parse("-(" * 44 + "1" + ")" * 44), Head(), 0.0) == Scalar(0, 1.0)

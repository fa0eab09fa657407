"""What a query may use, and what is said where it wants more."""

import itertools

import pytest

from tocsin.promql import Deadline, EvaluationError, evaluate, evaluate_range, parse, query
from tocsin.series import Head
from tocsin.series.labels import from_mapping


@pytest.fixture
def head():
    head = Head()
    for second in range(10):
        for job in "ab":
            head.append(from_mapping({"__name__": "up", "job": job}), second * 1000, 1.0)
    return head


def after(seconds):
    """A deadline on a clock that moves a second at every look."""
    return Deadline.after(seconds, clock=itertools.count().__next__)


def test_a_query_that_runs_too_long_is_cut_off(head):
    with pytest.raises(EvaluationError, match=r"longer than 3 s and is cut off; select fewer series"):
        evaluate(parse("sum(rate(up[5s]) + rate(up[5s]))"), head, 9.0, deadline=after(3))


def test_every_step_looks_at_the_clock(head):
    with pytest.raises(EvaluationError, match="longer than 50 s"):
        evaluate_range(parse("rate(up[5s])"), head, 0.0, 100.0, 1.0, deadline=after(50))


def test_a_query_in_time_is_answered(head):
    value = evaluate(parse("sum(rate(up[5s]))"), head, 9.0, deadline=after(100))
    assert [sample.value for sample in value.samples] == [0.0]


def test_windows_with_too_many_samples_are_not_read(head, monkeypatch):
    monkeypatch.setattr(query, "MAX_WINDOW_SAMPLES", 19)
    assert evaluate(parse("rate(up[9s])"), head, 9.0).samples
    with pytest.raises(EvaluationError, match="20 within one range, allowed: 19; select fewer series"):
        evaluate(parse("rate(up[10s])"), head, 9.0)


def test_many_samples_are_worked_on_in_parts(head, monkeypatch):
    whole = evaluate(parse("sum_over_time(up[5s])"), head, 9.0)
    monkeypatch.setattr("tocsin.promql.ranges._TOGETHER", 1)
    assert evaluate(parse("sum_over_time(up[5s])"), head, 9.0) == whole
    assert evaluate(parse("sum_over_time((up * 1)[5s:1s])"), head, 9.0) == whole

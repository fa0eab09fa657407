"""Why a rule fires or does not."""

import math

import pytest

from tocsin.promql import evaluate, parse
from tocsin.promql.notation import parse_series
from tocsin.rules.explanation import comparisons, parts
from tocsin.series import Head


@pytest.fixture
def value():
    head = Head()
    for text in ('x{a="1"} 1', 'x{a="2"} 5', 'limit{a="1",b="q"} 3', 'limit{a="2",b="q"} Inf', "one 1"):
        labels, values = parse_series(text)
        head.append(labels, 0, values[0])
    return lambda expr: evaluate(expr, head, 0)


def margins(text, value):
    return [
        (comparison.op, dict(margin.labels).get("a"), margin.value, margin.limit, margin.holds)
        for comparison in comparisons(parse(text), value)
        for margin in comparison.margins
    ]


def test_series_are_compared_with_numbers(value):
    assert margins("x > 2", value) == [(">", "1", 1.0, 2.0, False), (">", "2", 5.0, 2.0, True)]
    assert margins("(2 < x)", value) == [("<", "1", 2.0, 1.0, False), ("<", "2", 2.0, 5.0, True)]


def test_series_are_compared_with_series(value):
    expected = [(">", "1", 1.0, 3.0, False), (">", "2", 5.0, math.inf, False)]
    assert margins("x > on (a) limit", value) == expected
    assert margins("x > on (a) group_left (b) limit", value) == expected


def test_all_comparisons_that_decide_are_there(value):
    assert [margin[0] for margin in margins("x > 9 and on () (one == 1 or x <= 0)", value)] == [
        ">",
        ">",
        "==",
        "<=",
        "<=",
    ]
    assert margins("sum(x > 2)", value) == margins("x > bool 2", value) == margins("absent(x)", value) == []


def test_parts_are_there_with_their_values(value):
    found = [(part.depth, part.text, part.value is not None) for part in parts(parse("sum(x) / 2 > one"), value)]
    assert found == [
        (0, "(sum(x) / 2) > one", True),
        (1, "sum(x) / 2", True),
        (2, "sum(x)", True),
        (3, "x", True),
        (1, "one", True),
    ]


def test_a_part_that_fails_says_why(value):
    whole, *_ = parts(parse("x + on () x"), value)
    assert whole.value is None
    assert "many-to-many matching not allowed" in whole.error

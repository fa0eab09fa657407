import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.promql import ParseError, ast, parse, parse_selector
from tocsin.promql.ast import DurationExpr
from tocsin.promql.notation import parse_series
from tocsin.series import STALE_NAN, Matcher

UP = Matcher("__name__", "=", "up")


def number(query):
    expr = parse(query)
    assert isinstance(expr, ast.NumberLiteral)
    return expr.value


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("1_000.5", 1000.5),
        ("0x1F", 31.0),
        ("0755", 493.0),
        (".5e-1", 0.05),
        ("-1h30m", -5400.0),
        ("1001ms", 1.001),
        ("+inf", math.inf),
    ],
)
def test_numbers(query, value):
    assert number(query) == value


def test_selectors():
    expr = parse("up{job='a', 'strange name'!~`x.*`, } offset -1m30s @ 12.5")
    assert isinstance(expr, ast.VectorSelector)
    assert expr.matchers == (UP, Matcher("job", "=", "a"), Matcher("strange name", "!~", "x.*"))
    assert (expr.offset, expr.at) == (-90.0, 12.5)


def test_quoted_metric_names():
    assert parse_selector('{"http.requests", code="500"}') == (
        Matcher("__name__", "=", "http.requests"),
        Matcher("code", "=", "500"),
    )


def test_a_series_selector_is_nothing_more():
    with pytest.raises(ParseError, match="expected a series selector"):
        parse_selector("up offset 1m")


def test_ranges_and_subqueries():
    assert parse("up[5m] @ end()") == ast.MatrixSelector(ast.VectorSelector((UP,), at="end"), 300.0)
    assert parse("up[1h:] offset 5m") == ast.Subquery(ast.VectorSelector((UP,)), 3600.0, offset=300.0)


def test_duration_expressions():
    expr = parse("up[max_of(step(), 1m) * 2]")
    assert expr.range == DurationExpr("*", (DurationExpr("max_of", (DurationExpr("step"), 60.0)), 2.0))


def test_an_offset_without_parentheses_is_a_single_duration():
    assert isinstance(parse("up offset 1m + 2"), ast.Binary)


@pytest.mark.parametrize(
    ("query", "grouped"),
    [
        ("1 + 2 * 3 ^ 2 ^ 0", "1 + (2 * (3 ^ (2 ^ 0)))"),
        ("-1 ^ 2", "-(1 ^ 2)"),
        ("a or b and c unless d", "a or ((b and c) unless d)"),
        ("a == b + c", "a == (b + c)"),
        ("a - b - c", "(a - b) - c"),
    ],
)
def test_precedence(query, grouped):
    def shape(expr):
        if isinstance(expr, ast.Paren):
            return shape(expr.expr)
        if isinstance(expr, ast.Binary):
            return (expr.op, shape(expr.left), shape(expr.right))
        if isinstance(expr, ast.Unary):
            return (expr.op, shape(expr.expr))
        return expr

    assert shape(parse(query)) == shape(parse(grouped))


def test_matching():
    expr = parse("a / on (x) group_left (y) b")
    assert expr.matching == ast.Matching(("x",), on=True, group="left", include=("y",))


def test_aggregations_take_their_labels_on_either_side():
    assert parse("topk by (job) (3, up)") == parse("TOPK(3, up) BY (job,)")


@pytest.mark.parametrize("name", ["sum", "by", "offset", "start", "step", "nan_total", "Inf2", "a:b"])
def test_keywords_are_metric_names_where_nothing_else_fits(name):
    assert parse(name) == ast.VectorSelector((Matcher("__name__", "=", name),))


def test_strings():
    assert parse(r'"a\n\x41\u00e9\"\xff"').value == 'a\nAé"\udcff'
    assert parse("`a\\n\n`").value == "a\\n\n"


def test_errors_say_where():
    with pytest.raises(ParseError) as caught:
        parse("up +\n  sum(up))")
    assert str(caught.value) == "2:10: parse error: unexpected right parenthesis ')'"
    assert (caught.value.line, caught.value.column, caught.value.position) == (2, 10, 14)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("sum(x[5m])", "expected type instant vector in aggregation expression, got range vector"),
        ("vector(1)[5m]", "ranges only allowed for vector selectors"),
        ('label_join(up, "a")', 'expected at least 3 argument(s) in call to "label_join", got 2'),
        ("round()", 'expected at least 1 argument(s) in call to "round", got 0'),
        ("up == bool 1 == 2 and 1", "set operator"),
        ('up{job=~"(?=a)"}', "look-around"),
        ('{a="1" or b="2"}', 'unexpected <or> in label matching, expected "," or "}"'),
    ],
)
def test_errors_are_those_of_prometheus(query, message):
    with pytest.raises(ParseError) as caught:
        parse(query)
    assert message in caught.value.message


@pytest.mark.parametrize(
    "query",
    [
        "histogram_count(up)",
        "sort_by_label(up)",
        "limitk(1, up)",
        "up + on() fill(0) up",
        "rate(up[5m] anchored)",
        "info(up)",
    ],
)
def test_what_is_not_supported_is_refused_by_name(query):
    with pytest.raises(ParseError, match="not supported"):
        parse(query)


@pytest.mark.parametrize(
    "query",
    [
        "abs(" * 500 + "up" + ")" * 500,
        "up[" + "(" * 500 + "1m" + ")" * 500 + "]",
        "(" * 500 + "1" + ")" * 500,
        "-" * 500 + "up",
        "up" + " + up" * 500,
        "up" + "[1m:]" * 500,
    ],
)
def test_depth_is_bounded(query):
    with pytest.raises(ParseError):
        parse(query)


PIECES = st.sampled_from(
    [
        *("(", ")", "{", "}", "[", "]", ",", ":", "@", "+", "-", "*", "/", "^", "==", "!=", "=~", "!", "=", "#", "\\"),
        *('"', "'", "`", " ", "\n", "é", "\udcff", "1", "5m", "0x", "1e", "1h1", "..", "nan", "[5m]", '"x"', 'a="b"'),
        *("up", "up{", "a:b", "sum", "rate", "by", "on", "bool", "offset", "start()", "step()", "and", "or", "atan2"),
    ],
)


@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=30))
def test_a_query_is_parsed_or_refused(query):
    try:
        expr = parse(query)
    except ParseError:
        return
    assert expr.type in {"scalar", "instant vector", "range vector", "string"}


def test_series_notation():
    labels, values = parse_series('up{job="a"} 1 -2x1 _x2 3-1x2 stale')
    assert labels == (("__name__", "up"), ("job", "a"))
    assert values[:-1] == [1, -2, -2, None, None, 3, 2, 1]
    assert math.isnan(values[-1])
    assert values[-1] is STALE_NAN


@pytest.mark.parametrize("text", ["up 1+1", "up{a!='b'} 1", "up {{count:1}}", "up 1x9999999", "up one"])
def test_series_notation_says_what_is_wrong(text):
    with pytest.raises(ParseError):
        parse_series(text)

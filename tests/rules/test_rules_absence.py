"""Metrics that rules look at and nobody reports."""

import pytest

from tocsin.promql import parse
from tocsin.rules.absence import missing, near

REPORTED = {"queue", "up", "d_seconds_sum", "d_seconds_count", "d_seconds_bucket", "http_requests_total"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("queue > 5", ()),
        ("quue > 5", ("quue",)),
        ("sum by (job) (rate(a[5m])) / sum(rate(b[5m])) > bool 1", ("a", "b")),
        ("a > 1 and b > 2 or a", ("a", "b")),
        ("a or up", ()),
        ("up or a", ()),
        ("a or vector(0)", ("a",)),
        ("vector(0) or a", ("a",)),
        ("1 * (a or vector(0)) > 3", ("a",)),
        ("up unless a", ()),
        ("a unless up", ("a",)),
        ("absent(a)", ()),
        ("absent_over_time(a[5m]) and b", ("b",)),
        ("max_over_time((-(a))[1h:5m])", ("a",)),
        ("topk(scalar(a), up)", ("a",)),
        ("time() - 5", ()),
        ('{__name__=~"a|b"} > 1', ()),
        ("rate(d_seconds_sum[5m]) / rate(d_seconds_count[5m]) or avg_over_time(d_seconds[5m])", ()),
        ("rate(e_sum[5m]) / rate(e_count[5m]) or avg_over_time(e[5m])", ("e_sum", "e_count", "e")),
    ],
)
def test_what_nobody_reports(query, expected):
    assert missing(parse(query), REPORTED) == expected


@pytest.mark.parametrize(
    ("metric", "names"),
    [
        ("d_seconds", ("d_seconds_bucket", "d_seconds_count", "d_seconds_sum")),
        ("http_request_total", ("http_requests_total",)),
        ("que", ("queue",)),
        ("zzz", ()),
    ],
)
def test_what_may_have_been_meant(metric, names):
    assert near(metric, REPORTED) == names

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suites.telemetry import translated

from tocsin.telemetry import Kind, UnusableNameError, label_name, metric_name


@pytest.mark.parametrize(
    ("name", "unit", "kind", "expected"),
    [
        ("system.cpu.utilization", "1", Kind.GAUGE, "system_cpu_utilization_ratio"),
        ("cpu.seconds.used", "s", Kind.COUNTER, "cpu_seconds_used_total"),
        ("requests.total.count", "{request}", Kind.COUNTER, "requests_count_total"),
        ("ratio.thing", "1", Kind.GAUGE, "thing_ratio"),
        ("queue.length", "1", Kind.UP_DOWN_COUNTER, "queue_length"),
        ("disk.free", "TiBy", Kind.GAUGE, "disk_free_tibibytes"),
        ("net", "By/s", Kind.GAUGE, "net_bytes_per_second"),
        ("net.bytes", "By/fortnight", Kind.GAUGE, "net_bytes_per_fortnight"),
        ("2xx", "", Kind.COUNTER, "_2xx_total"),
    ],
)
def test_metric_names(name, unit, kind, expected):
    assert metric_name(name, unit, kind) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("http.route", "http_route"), ("d__d", "d__d"), ("1x", "key_1x"), ("_u", "key_u"), ("__x__", "__x__")],
)
def test_label_names(name, expected):
    assert label_name(name) == expected


@given(st.text(), st.text(), st.sampled_from(Kind))
def test_a_metric_name_is_valid_or_refused(name, unit, kind):
    got = translated(metric_name, name, unit, kind)
    assert got is None or re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", got)


@given(st.text())
def test_a_label_name_is_valid_or_refused(name):
    got = translated(label_name, name)
    assert got is None or re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", got)


def test_a_refusal_names_the_name():
    with pytest.raises(UnusableNameError, match="'@#'"):
        metric_name("@#", "", Kind.GAUGE)
    with pytest.raises(UnusableNameError, match="'__'"):
        label_name("__")

"""What `thresholds:` of tocsin.yml becomes: alerts over series, and one message for everything that cannot be used."""

import json

import pytest
import yaml

from tocsin.rules import compile_thresholds, load, reach


def compiled(text):
    found = compile_thresholds(yaml.safe_load(text))
    assert found.problems == ()
    return load(found.text, source="tocsin.yml").groups


def problems(text):
    return [str(problem) for problem in compile_thresholds(yaml.safe_load(text)).problems]


@pytest.fixture
def firing(simulate_groups):
    """Name, severity and summary of what fires after ten minutes, of samples every 15 s."""

    def firing(definition, series, at=600):
        found = [(dict(alert.labels), alert) for alert in simulate_groups(compiled(definition), series, at=at).firing]
        return sorted((of["alertname"], of["severity"], alert.annotations["summary"]) for of, alert in found)

    return firing


@pytest.mark.parametrize(
    ("definition", "value", "expected"),
    [
        ("above: 5", "6x60", ["warning"]),
        ("above: 5", "5x60", []),
        ("above: {info: 2, warning: 3, critical: 5, emergency: 7}", "6x60", ["critical", "info", "warning"]),
        ("below: {warning: 70%, critical: 50%}", "0.6x60", ["warning"]),
        ("below: {warning: 70%, critical: 50%}", "0.7x60", []),
        ("equals: 0", "0x60", ["warning"]),
        ("equals: 0", "1x60", []),
        ("outside: [10, 20]", "9x60", ["warning"]),
        ("outside: [10, 20]", "21x60", ["warning"]),
        ("outside: [10, 20]", "20x60", []),
        ("{above: 5, severity: emergency}", "6x60", ["emergency"]),
        ("{above: 5, for: 10m}", "0x10 6x50", []),
        ("{above: 5, for: 5m}", "0x10 6x50", ["warning"]),
        ("{above: 5, stat: avg, over: 10m}", "0x10 9x50", ["warning"]),
        ("{above: 5, stat: avg, over: 10m}", "0x30 9x30", []),
        ("{above: 5, stat: max, over: 10m}", "6x30 0x30", ["warning"]),
        ("{below: 5, stat: min, over: 10m}", "9x30 4x30", ["warning"]),
        ("{above: 5, stat: avg, min_count: 50}", "6x60", []),
    ],
)
def test_a_gauge(firing, definition, value, expected):
    inner = definition.strip("{}") if definition.startswith("{") else definition
    found = firing(f"Queue: {{metric: queue, {inner}}}", {'queue{job="shop"}': value})
    assert [severity for _, severity, _ in found] == expected


def test_the_worst_of_several_series_counts_unless_they_are_told_apart(firing):
    series = {'queue{job="shop",name="a"}': "3x60", 'queue{job="shop",name="b"}': "9x60"}
    assert firing("Queue: {metric: queue, above: 5}", series) == [("Queue", "warning", "shop Queue: 9")]
    assert firing("Queue: {metric: queue, below: 5}", series) == [("Queue", "warning", "shop Queue: 3")]
    assert firing("Queue: {metric: queue, equals: 3}", series) == [("Queue", "warning", "shop Queue: 3")]
    assert firing("Queue: {metric: queue, by: [job, name], above: 2}", series) == [
        ("Queue", "warning", "shop a Queue: 3"),
        ("Queue", "warning", "shop b Queue: 9"),
    ]
    assert firing("Queue: {metric: queue, by: [], above: 5}", series) == [("Queue", "warning", "Queue: 9")]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{name: a}", True),
        ("{name: b}", False),
        ("{name: [b, a]}", True),
        ("{name: [b, .]}", False),
        ("{name: {not: b}}", True),
        ("{name: {not: [a, b]}}", False),
        ("{name: {matches: '[ab]'}}", True),
        ("{name: {not matches: '[ab]'}}", False),
        ("{name: a, port: 80}", True),
        ("{secure: true}", True),
    ],
)
def test_where(firing, where, expected):
    series = {'queue{job="shop",name="a",port="80",secure="true"}': "9x60"}
    assert bool(firing(f"Queue: {{metric: queue, above: 5, where: {where}}}", series)) is expected


def test_a_counter(firing):
    series = {'errors_total{job="shop",instance="a"}': "0+15x60", 'errors_total{job="shop",instance="b"}': "0+15x60"}
    rate = "Errors: {metric: errors_total, stat: rate, above: 1}"
    assert firing(rate, series) == [("Errors", "warning", "shop Errors: 2")]
    increase = "Errors: {metric: errors_total, stat: increase, over: 5m, above: 599}"
    assert firing(increase, series) == [("Errors", "warning", "shop Errors: 600")]
    assert firing("Errors: {metric: errors_total, stat: rate, above: 1, min_count: 601}", series) == []


def test_a_percentile(firing):
    name = 'http_server_request_duration_seconds_{}{{job="shop",{}}}'
    series = {
        name.format("bucket", 'le="0.5"'): "0+8x60",
        name.format("bucket", 'le="1"'): "0+10x60",
        name.format("bucket", 'le="+Inf"'): "0+10x60",
        name.format("count", ""): "0+10x60",
    }
    slow = "Slow: {metric: http_server_request_duration_seconds, stat: p95, above: 700ms, min_count: 100}"
    assert firing(slow, series) == [("Slow", "warning", "shop Slow: 875ms")]
    assert firing(slow.replace("p95", "p50"), series) == []
    assert firing(slow.replace("100}", "1000}"), series) == []


def test_the_average_of_a_histogram_is_that_of_what_it_observed(firing):
    series = {
        'duration_seconds_sum{job="shop"}': "0+6x60",
        'duration_seconds_count{job="shop"}': "0+4x60",
        'idle_seconds_sum{job="shop"}': "6x60",
        'idle_seconds_count{job="shop"}': "4x60",
    }
    slow = "Slow: {metric: duration_seconds, stat: avg, above: 1s}"
    assert firing(slow, series) == [("Slow", "warning", "shop Slow: 1.5s")]
    assert firing(slow.replace("1s", "1600ms"), series) == []
    assert firing(slow.replace("1s}", "1s, min_count: 60}"), series) == [("Slow", "warning", "shop Slow: 1.5s")]
    assert firing(slow.replace("1s}", "1s, min_count: 1000}"), series) == []
    assert firing("Idle: {metric: idle_seconds, stat: avg, equals: 0}", series) == []


def test_an_average_is_written_as_people_write_it():
    (group,) = compiled("Slow: {metric: d_seconds, where: {route: /a}, stat: avg, by: [route], above: 1s}")
    assert group.rules[0].query == (
        '(sum by (route) (rate(d_seconds_sum{route="/a"}[5m]))'
        ' / (sum by (route) (rate(d_seconds_count{route="/a"}[5m])) > 0)'
        ' or avg by (route) (avg_over_time(d_seconds{route="/a"}[5m]))) > 1'
    )


def test_a_cache_counts_only_after_a_hundred_operations(firing):
    hits = "Hits: {metric: hits_total, of: {metric: lookups_total}, stat: increase, below: 70%, min_count: 100}"
    assert firing(hits, {'hits_total{job="a"}': "0+6x60", 'lookups_total{job="a"}': "0+10x60"}) == [
        ("Hits", "warning", "a Hits: 60%")
    ]
    assert firing(hits, {'hits_total{job="a"}': "0+7x60", 'lookups_total{job="a"}': "0+10x60"}) == []
    assert firing(hits, {'hits_total{job="a"}': "0+0.6x60", 'lookups_total{job="a"}': "0+1x60"}) == []
    assert firing(hits, {'lookups_total{job="a"}': "0+10x60"}) == [("Hits", "warning", "a Hits: 0%")]


def test_absence(firing):
    absent = "Backup: {metric: backup, where: {host: db}, absent_for: 5m, severity: critical}"
    assert firing(absent, {'backup{host="web"}': "1x60"}) == [
        ("BackupAbsent", "critical", "Backup: nothing is measured")
    ]
    assert firing(absent, {'backup{host="db"}': "1x60"}) == []


def test_a_forecast_needs_half_an_hour(firing):
    full = "Full: {metric: disk, forecast: 4h, above: 100%}"
    growing = {'disk{job="shop"}': "0.5+0.001x240"}
    assert firing(full, growing, at=1500) == []
    ((_, _, summary),) = firing(full, growing, at=3000)
    assert summary.startswith("shop Full: 16")
    assert firing(full, {'disk{job="shop"}': "0.9x240"}, at=3000) == []


def test_an_anomaly_is_far_from_what_the_last_hour_was(firing):
    odd = "Odd: {metric: queue, anomaly: recent, outside: [-4, 4]}"
    noise = "10x1 11x1 12x1 " * 26 + "10x1 11x1"
    assert firing(odd, {'queue{job="shop"}': f"{noise} 30x10"}, at=2400) != []
    assert firing(odd, {'queue{job="shop"}': f"{noise} 13x10"}, at=2400) == []
    assert firing(odd, {'queue{job="shop"}': "10x159 30x10"}, at=2400) == []


@pytest.mark.parametrize(("today", "fires"), [(101.5, False), (10, False), (250, True)])
def test_the_same_hour_of_past_days(simulate_groups, today, fires):
    odd = compiled("Odd: {metric: queue, anomaly: same hour, above: 4}")
    last_hours = (100, 101, 102, 103, today)
    series = {'queue{job="shop"}': " ".join(f"10x91 {value}x3" for value in last_hours)}
    assert bool(simulate_groups(odd, series, at=900 * (5 * 96 - 1), step=900).firing) is fires


def test_what_is_said_of_it(simulate_groups):
    definition = """
        Slow:
          metric: latency
          above: 500ms
          summary: '{{ $labels.job }} takes {{ humanizeDuration $value }}'
          description: Too long.
          runbook: Look at it.
          labels: {team: shop}
    """
    (alert,) = simulate_groups(compiled(definition), {'latency{job="web"}': "2x60"}, at=600).firing
    assert dict(alert.labels) == {"alertname": "Slow", "job": "web", "severity": "warning", "team": "shop"}
    assert alert.annotations == {"summary": "web takes 2s", "description": "Too long.", "runbook": "Look at it."}


def test_the_condition_is_the_description_where_there_is_none():
    (group,) = compiled("Slow: {metric: latency, where: {route: /a}, stat: max, over: 10m, above: 500ms}")
    assert group.rules[0].annotations["description"] == 'max of latency{route="/a"} over 10m is above 500ms.'


def test_all_problems_at_once_with_key_value_and_fix():
    found = problems("""
        A: {metric: http.server.duration, stat: p950, abve: 3, where: {http.route: x}}
        B: {metric: x_total, above: {critical: 70%, warning: 90%, urgent: 3}, over: 5, min_count: 0}
        C: {metric: x, outside: [3, 1]}
        D: {metric: x, above: 3, where: {a: {matches: '('}}, summary: '{{ nope }}'}
        E: 7
        F: {metric: x_bucket, stat: p95, of: y, above: yes}
        G: {metric: x, forecast: soon, anomaly: maybe, below: 1}
        H: {metric: x, above: 1, below: 0}
        I: {metric: x, above: {warning: 1}, severity: sever, labels: {severity: critcal}}
        J: {metric: x, above: 1, absent_for: 1m, severity: sever}
    """)
    assert found == [
        "thresholds.A.abve = 3: is unknown here; did you mean above?",
        (
            "thresholds.A.metric = 'http.server.duration': must be the name in Prometheus, unit and type at its end,"
            " such as http_server_duration_total"
        ),
        "thresholds.A.where.http.route = 'x': 'http.route' is not a label of Prometheus; write http_route",
        "thresholds.A: needs one of above, below, equals, outside, or absent_for",
        (
            "thresholds.A.stat = 'p950': must be one of value, avg, min, max, rate, increase, p50, p95, p99;"
            " did you mean p95?"
        ),
        "thresholds.B.over = 5: must be a duration such as 30s, 5m or 1h30m",
        "thresholds.B.stat: x_total counts since its process started; use stat: rate or stat: increase",
        "thresholds.B.over = 5: is for other stats than value; add stat: avg, min or max, or remove it",
        "thresholds.B.min_count = 0: is for what is counted or averaged; remove it, or choose another stat than value",
        "thresholds.B.min_count = 0: must be a whole number from 1, such as 100",
        "thresholds.B.above.urgent = 3: is unknown here; allowed: critical, emergency, error, info, warning",
        (
            "thresholds.B.above = {'critical': '70%', 'warning': '90%', 'urgent': 3}: must rise from info to warning to"
            " error to critical to emergency"
        ),
        "thresholds.C.outside = [3, 1]: must have the lower value first",
        (
            "thresholds.D: expr: 1:20: parse error: invalid regular expression '(': missing ), unterminated"
            " subpattern at position 0"
        ),
        'thresholds.D: annotations.summary: template: __alert_D:1: function "nope" not defined',
        "thresholds.E = 7: must be a mapping of names to values",
        (
            "thresholds.F.metric = 'x_bucket': must be the histogram without _bucket, _count, _sum or _total, for a"
            " quantile"
        ),
        "thresholds.F.stat = 'p95': must be value, rate or increase where `of` makes it a ratio",
        (
            "thresholds.F.above = True: must be a number such as 100, a percentage such as 70%, or a duration such as"
            " 500ms"
        ),
        "thresholds.G.anomaly = 'maybe': cannot be combined with forecast; make two entries",
        "thresholds.G.forecast = 'soon': must be a duration such as 30s, 5m or 1h30m",
        "thresholds.H: needs one of above, below, equals, outside, or absent_for",
        "thresholds.I.severity = 'sever': must be one of info, warning, error, critical, emergency",
        (
            "thresholds.I.labels.severity = 'critcal': must be one of info, warning, error, critical, emergency;"
            " did you mean critical?"
        ),
        "thresholds.J.severity = 'sever': must be one of info, warning, error, critical, emergency",
    ]


@pytest.mark.parametrize("given", [7, "x", ["a"]])
def test_thresholds_are_a_mapping(given):
    (problem,) = compile_thresholds(given).problems
    assert str(problem) == f"thresholds = {given!r}: must be a mapping of names to values"


def test_what_cannot_be_used_leaves_the_others():
    found = compile_thresholds({"Good": {"metric": "x", "above": 1}, "Bad": {"metric": "x"}})
    assert [group["name"] for group in found.groups] == ["tocsin.thresholds.Good"]
    assert len(found.problems) == 1


def test_none_are_no_problem():
    assert compile_thresholds(None) == compile_thresholds({})
    assert load(compile_thresholds({}).text, source="").groups == ()


@pytest.mark.parametrize(
    ("definition", "value", "expected"),
    [
        ("outside: {info: [40, 60], warning: [30, 70], critical: [20, 80], emergency: [10, 90]}", 50, []),
        ("outside: {info: [40, 60], warning: [30, 70], critical: [20, 80], emergency: [10, 90]}", 65, ["info"]),
        ("outside: {info: [40, 60], warning: [30, 70], critical: [20, 80]}", 15, ["critical", "info", "warning"]),
        ("outside: {critical: [20, 80], emergency: [10, 90]}", 95, ["critical", "emergency"]),
        ("below: {info: 4, emergency: 1}", 0, ["emergency", "info"]),
        ("below: {info: 4, emergency: 1}", 3, ["info"]),
        ("equals: {info: 3, emergency: 0}", 0, ["emergency"]),
        ("above: 5\n  severity: info", 6, ["info"]),
    ],
)
def test_every_severity_of_every_comparison(firing, definition, value, expected):
    found = firing(f"Queue:\n  metric: queue\n  {definition}", {'queue{job="shop"}': f"{value}x60"})
    assert [severity for _, severity, _ in found] == expected


@pytest.mark.parametrize("percent", [1, 50, 90, 95, 99])
def test_every_percentile(firing, percent):
    """A hundred a minute, one in each hundredth of a second."""
    series = {
        f'wait_seconds_bucket{{job="shop",le="{number / 100:g}"}}': f"0+{number}x60" for number in range(1, 101)
    } | {'wait_seconds_bucket{job="shop",le="+Inf"}': "0+100x60"}
    definition = f"Wait: {{metric: wait_seconds, stat: p{percent}, %s}}"
    assert firing(definition % f"above: {percent / 100 + 0.001}", series) == []
    assert len(firing(definition % f"above: {percent / 100 - 0.001}", series)) == 1


def test_a_ratio_of_rates_counts_from_a_number_of_measurements(firing):
    ratio = "Bad: {metric: bad_total, of: all_total, stat: rate, over: 5m, above: 50%, min_count: 100}"
    assert firing(ratio, {'bad_total{job="a"}': "0+6x60", 'all_total{job="a"}': "0+10x60"}) == [
        ("Bad", "warning", "a Bad: 60%")
    ]
    assert firing(ratio, {'bad_total{job="a"}': "0+3x60", 'all_total{job="a"}': "0+4x60"}) == []


def test_absence_begins_after_its_time(firing):
    absent = "Backup: {metric: backup, above: 5, absent_for: 10m}"
    series = {"backup": "1x20"}
    assert firing(absent, series, at=300 + 300 + 9 * 60) == []
    assert firing(absent, series, at=300 + 300 + 11 * 60) == [
        ("BackupAbsent", "warning", "Backup: nothing is measured")
    ]


def test_a_forecast_goes_on_from_a_quarter_of_its_time(simulate_groups):
    """What happened two hours ago counts for a day, and not for four hours."""
    disk = {'disk{job="shop"}': "0.2x72 0.2+0.005x36 0.38x11"}
    for ahead, falls in (("24h", True), ("4h", False)):
        found = simulate_groups(
            compiled(f"Full: {{metric: disk, forecast: {ahead}, above: 39%}}"), disk, at=119 * 300, step=300
        )
        assert bool(found.firing) is falls


def test_what_is_recorded_for_long_has_a_group_of_its_own():
    rates, others = compiled("Odd: {metric: queue, anomaly: same hour, outside: [-4, 4]}")
    assert (rates.name, rates.interval) == ("tocsin.thresholds.Odd:5m", 300)
    assert [rule.name for rule in rates.rules] == ["threshold:Odd:min", "threshold:Odd:max"]
    assert reach(others.rules[0].expr) == 7 * 86400 + 3600
    (only,) = compiled("Odd: {metric: queue, anomaly: recent, above: 4}")
    assert only.interval is None


TRENDS = """
Odd: {metric: queue, anomaly: recent, outside: [-4, 4]}
Daily: {metric: queue, anomaly: same hour, above: 4}
Full: {metric: queue, forecast: 24h, above: 100}
"""


def test_promtool_sees_the_same_trends(promtool, simulate_groups, tmp_path):
    (tmp_path / "thresholds.yml").write_text(compile_thresholds(yaml.safe_load(TRENDS)).text)
    status, output = promtool("check", "rules", "--lint-fatal", tmp_path / "thresholds.yml")
    assert status == 0, output
    series = {'queue{job="shop"}': " ".join(f"10 12 11 {14 + day} 14 10x42" for day in range(5)) + " 10 40x3"}
    at, step = (5 * 48 + 3) * 1800, 1800
    groups = compiled(TRENDS)
    samples = simulate_groups(groups, series, at=at, step=step).select("threshold:.*")
    assert {"threshold:Daily:max_trend", "threshold:Full:max_trend"} < {
        dict(each.labels)["__name__"] for each in samples
    }
    test = {
        "interval": f"{step}s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": text, "eval_time": f"{at}s", "exp_samples": [{"labels": text, "value": sample.value}]}
            for sample in samples
            for text in [_written(sample)]
        ],
    }
    content = {
        "rule_files": ["thresholds.yml"],
        "evaluation_interval": f"{step}s",
        "group_eval_order": [group.name for group in groups],
        "tests": [test],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(content))
    status, output = promtool("test", "rules", tmp_path / "test.yml")
    assert status == 0, output


def _written(sample):
    labels = dict(sample.labels)
    name = labels.pop("__name__")
    return f"{name}{{{', '.join(f'{key}={json.dumps(value)}' for key, value in labels.items())}}}"

"""What `slo:` of tocsin.yml becomes, and what of it has to be kept for long."""

import pytest
import yaml

from tocsin.rules import AlertingRule, RecordingRule, compile_slos, load, long_reaches, reach, recorded, within

TOTAL = {"metric": "requests_total"}
BAD = {"metric": "requests_total", "where": {"status": "500"}}
GOOD = {"metric": "requests_total", "where": {"status": {"not": "500"}}}
CHECKOUT = {"objective": "99.9%", "total": TOTAL, "bad": BAD}
LATENCY = {"objective": "99%", "latency": {"metric": "latency_seconds", "below": "250ms"}}
HOUR = 3600


def groups(**slos):
    compiled = compile_slos(slos)
    assert compiled.problems == ()
    return load(compiled.text, source="tocsin.yml").groups


def requests(ok, failed):
    return {'requests_total{job="a",status="200"}': ok, 'requests_total{job="a",status="500"}': failed}


@pytest.fixture
def fires(simulate_groups):
    """The fast alert, and those without a window."""

    def fires(slo, series, at=2 * HOUR, step=60):
        return [
            (dict(alert.labels), round(alert.value, 4))
            for alert in simulate_groups(groups(checkout=slo), series, at=at, step=step).firing
            if dict(alert.labels).get("window") in {None, "1h"}
        ]

    return fires


BURNING = {"alertname": "ErrorBudgetBurns", "job": "a", "severity": "critical", "slo": "checkout", "window": "1h"}


@pytest.mark.parametrize("slo", [CHECKOUT, {"objective": "99.9%", "total": TOTAL, "good": GOOD}])
def test_two_percent_of_the_budget_within_an_hour(fires, slo):
    assert fires(slo, requests("0+98x120", "0+2x120")) == [(BURNING, 0.02)]
    assert fires(slo, requests("0+99x120", "0+1x120")) == []


def test_errors_that_are_over_do_not_alert(fires):
    assert fires(CHECKOUT, requests("0+98x120", "0+5x110 550x9")) == []


def test_without_a_single_good_event_all_are_bad(fires):
    slo = {"objective": "99.9%", "total": TOTAL, "good": GOOD}
    assert fires(slo, {'requests_total{job="a",status="500"}': "0+2x120"}) == [(BURNING, 1.0)]


def test_without_a_single_bad_event_all_are_good(fires):
    assert fires(CHECKOUT, {'requests_total{job="a",status="200"}': "0+2x120"}) == []


def latencies(boundary, fast, slow):
    return {
        f'latency_seconds_bucket{{job="a",le="{boundary}"}}': f"0+{fast}x120",
        'latency_seconds_bucket{job="a",le="+Inf"}': f"0+{fast + slow}x120",
        'latency_seconds_count{job="a"}': f"0+{fast + slow}x120",
    }


def test_latency(fires):
    assert fires(LATENCY, latencies("0.25", 80, 20)) == [(BURNING, 0.2)]
    assert fires(LATENCY, latencies("0.25", 90, 10)) == []


@pytest.mark.parametrize("boundary", ["1", "1.0"])
def test_a_whole_boundary_is_found_however_it_is_written(fires, boundary):
    slo = {"objective": "99%", "latency": {"metric": "latency_seconds", "below": "1s"}}
    assert fires(slo, latencies(boundary, 80, 20)) == [(BURNING, 0.2)]


def test_a_latency_that_no_bucket_ends_at_is_said(fires):
    ((labels, _),) = fires(LATENCY, latencies("0.3", 80, 20))
    assert labels["alertname"] == "ObjectiveNotMeasured"


def test_budget_and_burn_rate_are_series(simulate_groups):
    found = simulate_groups(groups(checkout=CHECKOUT), requests("0+9995x90", "0+5x90"), at=90 * 60, step=60)
    values = {dict(series.labels)["__name__"]: series.value for series in found.select("slo:.+")}
    assert values["slo:burn_rate:rate1h"] == pytest.approx(0.5)
    assert values["slo:error_budget:remaining_ratio"] == pytest.approx(0.5)


def alerts(found):
    rules = [rule for group in found for rule in group.rules]
    return {rule.labels["window"]: rule for rule in rules if isinstance(rule, AlertingRule)}


def test_the_windows_of_the_workbook():
    found = {
        window: (rule.labels["severity"], rule.query.replace('{slo="checkout"}', ""))
        for window, rule in alerts(groups(checkout=CHECKOUT)).items()
    }
    ratio = "slo:error_ratio:rate"
    assert found == {
        "1h": ("critical", f"{ratio}1h > 0.0144 and {ratio}5m > 0.0144"),
        "6h": ("critical", f"{ratio}6h > 0.006 and {ratio}30m > 0.006"),
        "1d": ("warning", f"{ratio}1d > 0.003 and {ratio}2h > 0.003"),
        "3d": ("warning", f"{ratio}3d > 0.001 and {ratio}6h > 0.001"),
    }


def test_a_week_has_no_alerts_at_a_pace_that_it_allows():
    assert set(alerts(groups(checkout=CHECKOUT | {"window": "7d"}))) == {"1h", "6h"}


def test_long_windows_look_at_nothing_but_what_is_recorded_every_five_minutes():
    rates, others = groups(checkout=CHECKOUT)
    assert (rates.interval, others.interval) == (300, None)
    assert [rule.record for rule in rates.rules] == ["slo:total:rate5m", "slo:bad:rate5m"]
    assert {reach(rule.expr) for rule in rates.rules} == {300}
    kept = recorded([rates, others], interval=15)
    assert kept == {"slo:total:rate5m", "slo:bad:rate5m"}
    assert within(others, HOUR, kept) == (others, ())
    assert long_reaches([rates, others], HOUR, kept) == dict.fromkeys(kept, 30 * 24 * HOUR)


def test_windows_up_to_an_hour_and_the_fast_alert_look_at_the_metrics_themselves():
    near, left_out = within(groups(checkout=CHECKOUT)[1], HOUR)
    assert set(alerts([near])) == {"1h"}
    short = {rule.record for rule in near.rules if isinstance(rule, RecordingRule)}
    assert {f"slo:error_ratio:rate{window}" for window in ("5m", "30m", "1h")} < short
    assert {rule.name for rule in left_out} >= {"slo:error_ratio:rate2h", "slo:error_budget:remaining_ratio"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"objective": None}, "slo.a.objective: must be a number such as 100, a percentage such as 70%, or a duration"),
        ({"objective": "80%"}, "slo.a.objective = '80%': must be above 93.06% with this window"),
        ({"objective": "100%"}, "slo.a.objective = '100%': must be a percentage below 100%, such as 99.9%"),
        ({"objective": 99.9}, "slo.a.objective = 99.9: must be a percentage below 100%, such as 99.9%"),
        ({"window": "1d"}, "slo.a.window = '1d': must be from 7d to 90d"),
        ({"good": GOOD}, "slo.a: needs one of good, bad and latency"),
        ({"bad": None}, "slo.a: needs one of good, bad and latency"),
        ({"total": None}, "slo.a.total.metric: is missing"),
        ({"totl": TOTAL}, "slo.a.totl = {'metric': 'requests_total'}: is unknown here; did you mean total?"),
        ({"bad": None, "latency": LATENCY["latency"]}, "slo.a.total = {'metric': 'requests_total'}: is the histogram"),
        ({"by": ["a.b"]}, "slo.a.by = ['a.b']: 'a.b' is not a label of Prometheus; write a_b"),
    ],
)
def test_what_cannot_be_used(change, problem):
    (found,) = compile_slos({"a": CHECKOUT | change}).problems
    assert str(found).startswith(problem)


def test_promtool_accepts(promtool, tmp_path):
    file = tmp_path / "slo.yml"
    file.write_text(compile_slos({"a": CHECKOUT, "b": LATENCY | {"window": "7d"}}).text)
    status, output = promtool("check", "rules", "--lint-fatal", file)
    assert status == 0, output


def expected(name, sample):
    labels = ", ".join(f'{key}="{value}"' for key, value in sample.labels if key != "__name__")
    return {"expr": name, "exp_samples": [{"labels": f"{name}{{{labels}}}", "value": sample.value}]}


def test_promtool_sees_the_same_in_the_exported_rules(promtool, simulate_groups, tmp_path):
    """Ten hours with an incident of two at the end: the series of every window, and every alert."""
    series = requests("0+1495x192 288240+1200x47", "0+5x192 1260+300x47")
    compiled = compile_slos({"checkout": CHECKOUT | {"objective": "99%"}})
    (tmp_path / "slo.yml").write_text(compiled.text)
    at, step = (192 + 48) * 150, 150
    found = simulate_groups(groups(checkout=CHECKOUT | {"objective": "99%"}), series, at=at, step=step)
    names = [rule.record for group in groups(checkout=CHECKOUT) for rule in group.rules if hasattr(rule, "record")]
    known = {name: found.select(name) for name in names}
    firing = [(dict(alert.labels), alert) for alert in found.firing]
    assert {labels["window"] for labels, _ in firing} >= {"6h"}
    test = {
        "interval": f"{step}s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            expected(name, sample) | {"eval_time": f"{at}s"} for name, samples in known.items() for sample in samples
        ],
        "alert_rule_test": [
            {
                "eval_time": f"{at}s",
                "alertname": "ErrorBudgetBurns",
                "exp_alerts": [
                    {
                        "exp_labels": {name: value for name, value in labels.items() if name != "alertname"},
                        "exp_annotations": dict(alert.annotations),
                    }
                    for labels, alert in firing
                ],
            }
        ],
    }
    assert len(test["promql_expr_test"]) >= 8
    file = tmp_path / "test.yml"
    order = [group["name"] for group in compiled.groups]
    file.write_text(
        yaml.safe_dump(
            {"rule_files": ["slo.yml"], "evaluation_interval": f"{step}s", "group_eval_order": order, "tests": [test]}
        )
    )
    status, output = promtool("test", "rules", file)
    assert status == 0, output

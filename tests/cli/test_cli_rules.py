"""Rules and queries over the live store."""

import json
import time

import pytest

RULES = """groups:
- name: shop
  rules:
  - {record: shop:orders, expr: sum(orders)}
  - {alert: Busy, expr: shop:orders > 50, for: 1h, labels: {severity: warning}}
"""
TEST = """rule_files: [rules.yml]
tests:
- input_series: [{series: orders, values: 10}]
  promql_expr_test: [{expr: 'shop:orders', exp_samples: [{labels: 'shop:orders', value: VALUE}]}]
"""


@pytest.fixture
def rules(tmp_path, monkeypatch):
    monkeypatch.setenv("TOCSIN_PACKS", "none")
    monkeypatch.setenv("TOCSIN_RULES", str(tmp_path / "rules.yml"))
    (tmp_path / "rules.yml").write_text(RULES)
    return tmp_path / "rules.yml"


@pytest.fixture
def orders(store):
    """A gauge that rises from 0 to 60 in the last ten minutes."""
    now = time.time()
    for step in range(41):
        at = now - 600 + step * 15
        point = {"timeUnixNano": str(int(at * 1e9)), "asDouble": step * 1.5}
        metric = {"name": "orders", "gauge": {"dataPoints": [point]}}
        batch = {"resourceMetrics": [{"resource": {}, "scopeMetrics": [{"scope": {}, "metrics": [metric]}]}]}
        store.metric_batches.append(json.dumps(batch).encode(), at=at)
    return now


def test_eval_is_what_prometheus_answers(document, rules, orders):
    answer = document("rules", "eval", "orders")
    assert answer["status"] == "success"
    assert answer["data"]["resultType"] == "vector"
    (sample,) = answer["data"]["result"]
    assert (sample["metric"], sample["value"][1]) == ({"__name__": "orders"}, "60")
    assert document("rules", "eval", "1 + 1")["data"]["result"][1] == "2"


def test_eval_sees_what_rules_record_and_another_time(document, invoke, rules, orders):
    assert invoke("rules", "eval", "shop:orders").stdout.split() == ["SERIES", "VALUE", "shop:orders", "60"]
    early = document("rules", "eval", "orders", "--at", str(orders - 300.5))
    assert early["data"]["result"][0]["value"][1] == "28.5"
    assert invoke("rules", "eval", "nothing").stdout == "no series\n"


def test_a_bad_expression_or_time_is_said(invoke, rules, orders):
    answer = invoke("rules", "eval", "sum(")
    assert (answer.exit_code, answer.stderr) == (1, "Error: 1:5: parse error: unclosed left parenthesis\n")
    answer = invoke("rules", "eval", "orders", "--at", "soon")
    assert answer.exit_code == 2
    assert "soon is no time" in answer.stderr


def test_query_draws_a_chart(invoke, rules, orders):
    _, row = invoke("query", "orders", "--since", "10m").stdout.splitlines()
    name, chart, last, least, *_ = [cell for cell in row.split("  ") if cell]
    assert (name, last.strip(), least.strip()) == ("orders", "60", "0")
    assert chart.startswith("|▁▁")
    assert chart.endswith("██|")
    assert len(chart) == 42


def test_query_as_json_is_what_prometheus_answers(document, rules, orders):
    data = document("query", "orders", "--since", "1m", "--step", "30s")["data"]
    assert data["resultType"] == "matrix"
    assert [value for _, value in data["result"][0]["values"]] == ["54", "57", "60"]


def test_explain_says_how_far_a_rule_is_from_firing(document, invoke, rules, orders):
    (rule,) = document("rules", "explain", "Busy")["rules"]
    assert (rule["source"], rule["line"], rule["query"]) == (str(rules), 5, "shop:orders > 50")
    (comparison,) = rule["comparisons"]
    assert comparison["margins"] == [{"labels": {}, "value": 60.0, "limit": 50.0, "holds": True}]
    assert [part["text"] for part in rule["parts"]] == ["shop:orders > 50", "shop:orders"]
    shown = invoke("rules", "explain", "Busy").stdout
    assert '{severity="warning"} pending, since now, fires in 3600s' in shown
    assert "10 (20% of the limit)" in shown


def test_a_metric_that_nobody_reports_is_told_with_names_that_are_near(document, invoke, rules, orders):
    rules.write_text(RULES.replace("sum(orders)", "sum(order)"))
    shown = invoke("rules", "explain", "shop:orders").stdout
    assert "missing:  nobody has reported order within the last hour; there is orders" in shown
    (rule,) = document("rules", "explain", "shop:orders")["rules"]
    assert rule["missing"]["order"][0] == "orders"
    assert document("rules", "explain", "Busy")["rules"][0]["missing"] == {}
    for command in (("query",), ("rules", "eval")):
        answer = invoke(*command, "rate(order[5m])")
        assert answer.stdout == "no series\n"
        assert "nobody has reported order within the last hour; there is orders" in answer.stderr
    assert "nobody" not in invoke("query", "orders").output


def test_the_doctor_tells_of_metrics_that_own_rules_miss(document, invoke, rules, orders, monkeypatch):
    monkeypatch.setenv("TOCSIN_THRESHOLDS", "{A: {metric: order, above: 1}, B: {metric: orders, above: 1}}")
    for signal in ("TRACES", "METRICS", "LOGS"):
        monkeypatch.setenv(f"OTEL_{signal}_EXPORTER", "none")
    found = [check for check in document("doctor", "--no-send")["checks"] if check["name"] == "metrics"]
    assert [(each["status"], each["found"], each["fix"].split()[:4]) for each in found] == [
        (
            "warning",
            "nobody has reported order within the last hour, which A (thresholds) looks at",
            ["did", "you", "mean", "orders"],
        )
    ]


def test_explain_knows_the_rules(invoke, rules, orders):
    answer = invoke("rules", "explain", "Buzy")
    assert (answer.exit_code, answer.stderr) == (1, "Error: no rule is called Buzy; did you mean Busy?\n")


def test_unit_tests_pass_or_fail(invoke, document, rules, tmp_path):
    (tmp_path / "good.yml").write_text(TEST.replace("VALUE", "10"))
    (tmp_path / "bad.yml").write_text(TEST.replace("VALUE", "11"))
    answer = invoke("rules", "test", "good.yml", on_store=False)
    assert (answer.exit_code, answer.stdout) == (0, "SUCCESS  good.yml: 1 test\n")
    answer = invoke("rules", "test", "good.yml", "bad.yml", on_store=False)
    assert answer.exit_code == 1
    assert answer.stdout.splitlines()[1:] == [
        "FAILED   bad.yml",
        "  bad.yml:4: unnamed#0: expression 'shop:orders' at 0s",
        '      expected: {__name__="shop:orders"} 11.0',
        '      got:      {__name__="shop:orders"} 10.0',
    ]


def test_broken_rules_fail_their_tests(invoke, rules, tmp_path):
    rules.write_text("groups: 1")
    (tmp_path / "good.yml").write_text(TEST.replace("VALUE", "10"))
    answer = invoke("rules", "test", "good.yml", "none.yml", on_store=False)
    assert answer.exit_code == 1
    assert "rules.yml:1: groups: must be a list" in answer.stdout
    assert "none.yml: cannot be read: No such file" in answer.stdout


def test_check_tells_files_apart(invoke, rules, tmp_path):
    (tmp_path / "am.yml").write_text("route: {receiver: a}\nreceivers: [{name: b}]\n")
    (tmp_path / "tocsin.yml").write_text("mask: true\n")
    answer = invoke("check", "rules.yml", "am.yml", "tocsin.yml", on_store=False)
    assert answer.exit_code == 1
    assert answer.stdout.splitlines() == [
        "SUCCESS  rules.yml: Prometheus rules, 2 rules in 1 group",
        "FAILED   am.yml: Alertmanager configuration, 1 problem",
        "  am.yml:1: route.receiver: 'a' is not among the receivers: b",
        "SUCCESS  tocsin.yml: Tocsin settings, 1 setting",
    ]


def test_check_names_the_line_of_an_option_for_http(invoke, tmp_path):
    text = "notify:\n  a:\n    sendgrid:\n      {}\n      http:\n        timeout: {}\n        proxy_url: http://p.example\n"
    needed = "api_key: x\n      to: a@example.org\n      sender: b@example.org"
    (tmp_path / "tocsin.yml").write_text(text.format(needed, "soon"))
    answer = invoke("check", "tocsin.yml", on_store=False)
    assert answer.exit_code == 1
    assert answer.stdout.splitlines()[1].startswith("  tocsin.yml:8: notify.a.sendgrid.http.timeout: 'soon' is no")
    (tmp_path / "tocsin.yml").write_text(text.format(needed, "5s"))
    assert invoke("check", "tocsin.yml", on_store=False).exit_code == 0


def test_check_as_json(document, rules):
    (file,) = document("check", "rules.yml", on_store=False)["files"]
    found = {"path": "rules.yml", "kind": "Prometheus rules", "found": "2 rules in 1 group"}
    assert file == {**found, "problems": [], "warnings": []}

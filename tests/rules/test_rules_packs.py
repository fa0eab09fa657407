"""Every shipped alert fires when it should and says what it must."""

from pathlib import Path

import pytest
from pack_cases import CASES, host, issues
from pack_cases.application import STABLE, requests
from pack_cases.case import steady

import tocsin.rules
from tocsin.pack_thresholds import PACK_THRESHOLDS
from tocsin.rules import AlertingRule, load_pack, pack_names, with_signals

PACKS = Path(tocsin.rules.__file__).parent / "packs"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alerts(simulate, case):
    found = [
        (labels["alertname"], labels["severity"], alert.annotations["summary"])
        for alert in simulate(case.pack, case.series, at=case.at)
        for labels in [dict(alert.labels)]
    ]
    assert sorted(found) == sorted(case.fires)


@pytest.mark.parametrize("opt_in", ["", "http/dup"], ids=["old", "dup"])
@pytest.mark.parametrize("case", [case for case in CASES if "request_duration" in "".join(case.series)], ids=str)
def test_alerts_are_the_same_under_other_conventions(simulate, under, case, opt_in):
    found = [
        (labels["alertname"], labels["severity"], alert.annotations["summary"])
        for alert in simulate(case.pack, under(opt_in, case.series), at=case.at)
        for labels in [dict(alert.labels)]
    ]
    assert sorted(found) == sorted(case.fires)


def test_the_routes_that_fail_most_are_named(simulate):
    failing = {
        f'{STABLE}_count{{job="shop",http_route="{route}",http_response_status_code="500"}}': steady(rate)
        for route, rate in {"/a": 1, "/b": 9, "/c": 3, "/d": 6}.items()
    }
    alerts = simulate("application", failing | requests(30, 0), at=600)
    [alert] = [each for each in alerts if dict(each.labels)["alertname"] == "HighErrorRatio"]
    assert alert.annotations["routes"] == "/b 36/min, /d 24/min, /c 12/min"


def test_no_alert_names_the_process_that_measures(simulate):
    for case in (*issues.CASES, *host.CASES):
        assert all("instance" not in dict(alert.labels) for alert in simulate(case.pack, case.series, at=case.at))


def test_every_alert_is_tested_both_ways():
    packs = set(pack_names()) - {"patterns"}  # which have their own tests
    alerts = {rule.name for pack in packs for rule in alerting_rules(pack)}
    assert {name for case in CASES for name, _, _ in case.fires} == alerts
    assert {case.pack for case in CASES if not case.fires} == packs - {"signals", "watchdog"}


OF_THE_ISSUE = {"{{ $labels.severity }}", "{{ $labels.tocsin_error_severity }}"}


def alerting_rules(pack):
    return [rule for group in load_pack(pack).groups for rule in group.rules if isinstance(rule, AlertingRule)]


@pytest.mark.parametrize("pack", pack_names())
def test_every_alert_says_how_severe_it_is_what_it_means_and_what_to_do(pack):
    assert load_pack(pack).warnings == ()
    for rule in alerting_rules(pack):
        assert rule.labels["severity"] in {"info", "warning", "critical", *OF_THE_ISSUE}
        assert set(rule.annotations) - {"value", "threshold", "routes"} == {"summary", "description", "runbook"}


@pytest.mark.parametrize("threshold", PACK_THRESHOLDS, ids=lambda threshold: threshold.name)
def test_an_alert_with_a_threshold_has_it_and_its_value_as_evidence(threshold):
    changed = load_pack(threshold.pack, {threshold.name: 37.0})
    rules = [rule for group in changed.groups for rule in group.rules if isinstance(rule, AlertingRule)]
    [rule] = [rule for rule in rules if (rule.name, rule.labels["severity"]) == (threshold.alert, threshold.severity)]
    assert rule.annotations["threshold"] == threshold.in_words(37.0)
    assert "$value" in rule.annotations["value"]


def test_signals_come_with_the_packs_that_look_at_them():
    recorded = {rule.name for group in load_pack("signals").groups for rule in group.rules}
    for pack in set(pack_names()) - {"signals"}:
        queries = [rule.query for group in load_pack(pack).groups for rule in group.rules]
        looks = any(name in query for name in recorded for query in queries)
        assert with_signals([pack]) == (("signals", pack) if looks else (pack,))
    assert with_signals(["issues", "signals"]) == ("signals", "issues")


def test_an_unknown_pack_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"no rule pack 'hosts'; packs: application, cache, .*, telemetry"):
        load_pack("hosts")


@pytest.mark.parametrize("pack", pack_names())
def test_promtool_accepts(promtool, pack):
    status, output = promtool("check", "rules", PACKS / f"{pack}.yml")
    assert status == 0, output


@pytest.mark.timeout(300)
def test_promtool_fires_the_same_alerts_word_for_word(promtool_agrees):
    promtool_agrees(CASES)

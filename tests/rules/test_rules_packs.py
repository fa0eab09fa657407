"""Every shipped alert: series that make it fire, and series that nearly do."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import tocsin.rules
from tocsin.promql import evaluate, parse_selector
from tocsin.rules import AlertingRule, AlertState, GroupEvaluator, load_pack, pack_names
from tocsin.series import Head
from tocsin.series.labels import from_mapping

STEP = 15
PACKS = Path(tocsin.rules.__file__).parent / "packs"


@dataclass(frozen=True)
class Case:
    """Series in promtool's notation, a sample every 15 s; and what fires at `at` seconds: summaries by severity."""

    title: str
    pack: str
    series: dict[str, str]
    at: int
    fires: tuple[tuple[str, str, str], ...] = ()

    def __str__(self):
        return self.title


def issue(kind, value, *, instance="a", severity="error"):
    labels = {
        "service_name": "shop",
        "issue": "7",
        "error_type": "KeyError",
        "category": "validation",
        "severity": severity,
        "title": "KeyError: 'sku'",
        "culprit": "cart.add",
        "job": "shop",
        "instance": instance,
    }
    pairs = ",".join(f'{name}="{text}"' for name, text in labels.items())
    return {f"tocsin_issue_{kind}_timestamp_seconds{{{pairs}}}": value}


def steady(rate, length=60):
    """A counter that grows so much every 15 s."""
    return f"0+{rate}x{length}"


STABLE = "http_server_request_duration_seconds"
OLD = "http_server_duration_milliseconds"
CLIENT = "http_client_request_duration_seconds"
DATABASE = "db_client_operation_duration_seconds"
TASK = "messaging_process_duration_seconds"
NEW_ISSUE = ("NewIssue", "error", "New issue in shop: KeyError: 'sku'")
BACK = ("RegressedIssue", "error", "Issue came back in shop: KeyError: 'sku'")
FAILING = ("HighErrorRatio", "critical", "shop fails 10% of its requests")
SLOW = ("SlowRequests", "warning", "shop is slow at /cart")

ISSUES = [
    Case("first seen 1 m ago", "issues", issue("first_seen", "240x40"), 300, (NEW_ISSUE,)),
    Case("first seen 15 m ago", "issues", issue("first_seen", "240x80"), 1140),
    Case(
        "two evaluators, one alert",
        "issues",
        issue("first_seen", "240x40") | issue("first_seen", "240x40", instance="b"),
        300,
        (NEW_ISSUE,),
    ),
    Case(
        "as severe as the issue",
        "issues",
        issue("first_seen", "240x40", severity="critical"),
        300,
        (("NewIssue", "critical", NEW_ISSUE[2]),),
    ),
    Case("came back 1 m ago", "issues", issue("regressed", "240x40") | issue("first_seen", "-9000x40"), 300, (BACK,)),
    Case("came back 15 m ago", "issues", issue("regressed", "240x80"), 1140),
]


def requests(ok, failed, *, name=f"{STABLE}_count", code="http_response_status_code"):
    return {
        f'{name}{{job="shop",instance="a",{code}="200"}}': steady(ok),
        f'{name}{{job="shop",instance="a",{code}="500"}}': steady(failed),
    }


def latencies(name, fast, slow, unit, target="http_route"):
    """Requests to /cart of which so many take under one and so many between one and two seconds."""
    labels = f'job="shop",instance="a",{target}="/cart"'
    return {
        f"{name}_count{{{labels}}}": steady(fast + slow),
        f'{name}_bucket{{{labels},le="{unit}"}}': steady(fast),
        f'{name}_bucket{{{labels},le="{2 * unit}"}}': steady(fast + slow),
        f'{name}_bucket{{{labels},le="+Inf"}}': steady(fast + slow),
    }


SERVER = [
    Case("10 % of requests fail", "application", requests(9, 1), 600, (FAILING,)),
    Case("5 % of requests fail", "application", requests(95, 5), 600),
    Case("half of very few requests fail", "application", requests(0.5, 0.5), 600),
    Case(
        "client errors", "application", {f'{STABLE}_count{{job="shop",http_response_status_code="404"}}': "0+9x60"}, 600
    ),
    Case(
        "10 % fail, old conventions",
        "application",
        requests(9, 1, name=f"{OLD}_count", code="http_status_code"),
        600,
        (FAILING,),
    ),
    Case(
        "5 % fail, old conventions", "application", requests(95, 5, name=f"{OLD}_count", code="http_status_code"), 600
    ),
    Case(
        "both conventions count once",
        "application",
        requests(9, 1) | requests(9, 1, name=f"{OLD}_count", code="http_status_code"),
        600,
        (FAILING,),
    ),
    Case("a tenth is slow", "application", latencies(STABLE, 9, 1, 1), 900, (SLOW,)),
    Case("a fiftieth is slow", "application", latencies(STABLE, 49, 1, 1), 900),
    Case("a tenth is slow, old conventions", "application", latencies(OLD, 9, 1, 1000, "http_target"), 900, (SLOW,)),
    Case("a fiftieth is slow, old conventions", "application", latencies(OLD, 49, 1, 1000, "http_target"), 900),
]


def calls(*outcomes, name=f"{CLIENT}_count", server="server_address"):
    return {f'{name}{{job="shop",{server}="pay"{labels}}}': steady(rate) for labels, rate in outcomes}


UNREACHABLE = ("OutgoingCallsFail", "warning", "10% of the calls from shop to pay fail")
OTHERS = [
    Case(
        "a tenth of the calls gets no answer",
        "application",
        calls((',http_response_status_code="200"', 9), (',error_type="ConnectionError"', 1)),
        600,
        (UNREACHABLE,),
    ),
    Case(
        "a tenth of the calls gets a 503",
        "application",
        calls((',http_response_status_code="200"', 9), (',error_type="503",http_response_status_code="503"', 1)),
        600,
        (UNREACHABLE,),
    ),
    Case(
        "a tenth of the calls gets a 404",
        "application",
        calls((',http_response_status_code="200"', 9), (',error_type="404",http_response_status_code="404"', 1)),
        600,
    ),
    Case(
        "a tenth of the calls gets a 503, old conventions",
        "application",
        calls(
            (',http_status_code="200"', 9),
            (',http_status_code="503"', 1),
            name="http_client_duration_milliseconds_count",
            server="net_peer_name",
        ),
        600,
        (UNREACHABLE,),
    ),
    Case(
        "a tenth of the operations fails",
        "application",
        {
            f'{DATABASE}_count{{job="shop",db_system_name="postgresql"}}': steady(9),
            f'{DATABASE}_count{{job="shop",db_system_name="postgresql",error_type="OperationalError"}}': steady(1),
        },
        600,
        (("DatabaseErrors", "critical", "10% of the postgresql operations of shop fail"),),
    ),
    Case(
        "a fiftieth of the operations fails",
        "application",
        {
            f'{DATABASE}_count{{job="shop",db_system_name="postgresql"}}': steady(49),
            f'{DATABASE}_count{{job="shop",db_system_name="postgresql",error_type="OperationalError"}}': steady(1),
        },
        600,
    ),
    Case(
        "a tenth of the operations takes a second",
        "application",
        {
            f'{DATABASE}_count{{job="shop",db_system_name="mysql"}}': steady(10),
            f'{DATABASE}_bucket{{job="shop",db_system_name="mysql",le="0.5"}}': steady(9),
            f'{DATABASE}_bucket{{job="shop",db_system_name="mysql",le="1"}}': steady(10),
            f'{DATABASE}_bucket{{job="shop",db_system_name="mysql",le="+Inf"}}': steady(10),
        },
        900,
        (("SlowDatabase", "warning", "mysql is slow for shop"),),
    ),
    Case(
        "a fiftieth of the operations takes a second",
        "application",
        {
            f'{DATABASE}_count{{job="shop",db_system_name="mysql"}}': steady(50),
            f'{DATABASE}_bucket{{job="shop",db_system_name="mysql",le="0.5"}}': steady(49),
            f'{DATABASE}_bucket{{job="shop",db_system_name="mysql",le="1"}}': steady(50),
            f'{DATABASE}_bucket{{job="shop",db_system_name="mysql",le="+Inf"}}': steady(50),
        },
        900,
    ),
    Case(
        "a tenth of the tasks fails",
        "application",
        {
            f'{TASK}_count{{job="worker",messaging_system="celery",celery_task_name="mail"}}': steady(9),
            f'{TASK}_count{{job="worker",messaging_system="celery",celery_task_name="mail",error_type="E"}}': steady(1),
        },
        600,
        (("TasksFail", "warning", "10% of the mail tasks fail"),),
    ),
    Case(
        "messages of another system fail",
        "application",
        {f'{TASK}_count{{job="worker",messaging_system="kafka",error_type="E"}}': steady(1)},
        600,
    ),
]


def processors(busy, idle, *, instance="a", host=""):
    where = f',host_name="{host}"' if host else ""
    return {
        f'system_cpu_time_seconds_total{{job="shop",instance="{instance}",cpu_mode="user"{where}}}': steady(busy),
        f'system_cpu_time_seconds_total{{job="shop",instance="{instance}",cpu_mode="idle"{where}}}': steady(idle),
    }


def memory(used):
    return {f'system_memory_utilization_ratio{{job="shop",instance="a",system_memory_state="{used[0]}"}}': used[1]}


def disk(value, labels=""):
    mount = 'system_device="/dev/sda1",system_filesystem_mountpoint="/"'
    return {f'system_filesystem_utilization_ratio{{job="shop",instance="a",{mount}{labels}}}': value}


BUSY = "The processors are 80% busy"
HOST = [
    Case("processors 80 % busy", "host", processors(12, 3), 600, (("HighCpu", "warning", BUSY),)),
    Case("processors 60 % busy", "host", processors(9, 6), 600),
    Case(
        "processors 95 % busy",
        "host",
        processors(19, 1),
        600,
        (
            ("HighCpu", "critical", "The processors are 95% busy"),
            ("HighCpu", "warning", "The processors are 95% busy"),
        ),
    ),
    Case(
        "two processes report one host",
        "host",
        processors(12, 3, host="web1") | processors(12, 3, host="web1", instance="b"),
        600,
        (("HighCpu", "warning", "The processors of web1 are 80% busy"),),
    ),
    Case(
        "memory 80 % full",
        "host",
        memory(("used", "0.8x60")),
        600,
        (("HighMemory", "warning", "The memory is 80% full"),),
    ),
    Case("memory 75 % full", "host", memory(("used", "0.75x60")), 600),
    Case("memory 80 % free", "host", memory(("free", "0.8x60")), 600),
    Case("disk 85 % full", "host", disk("0.85x60"), 600, (("DiskFull", "warning", "The disk at / is 85% full"),)),
    Case("disk 80 % full", "host", disk("0.8x60"), 600),
    Case("disk 85 % free", "host", disk("0.85x60", ',system_filesystem_state="free"'), 600),
    Case(
        "disk 99 % full",
        "host",
        disk("0.99x60", ',system_filesystem_state="used"'),
        600,
        (
            ("DiskFull", "critical", "The disk at / is 99% full"),
            ("DiskFull", "warning", "The disk at / is 99% full"),
        ),
    ),
]
TELEMETRY = [
    Case(
        "something was dropped",
        "telemetry",
        {'tocsin_self_dropped_total{job="shop",instance="a"}': "0x20 4x20"},
        450,
        (("TelemetryDropped", "warning", "Tocsin loses data in shop"),),
    ),
    Case("nothing was dropped lately", "telemetry", {'tocsin_self_dropped_total{job="shop"}': "4x60"}, 600),
    Case(
        "two minutes late",
        "telemetry",
        {'tocsin_self_evaluation_lag_seconds{job="shop",instance="a"}': "120x60"},
        600,
        (("EvaluatorLags", "critical", "Rules are evaluated 2m 0s late"),),
    ),
    Case("a minute late", "telemetry", {'tocsin_self_evaluation_lag_seconds{job="shop"}': "60x60"}, 600),
]
CASES = [*ISSUES, *SERVER, *OTHERS, *HOST, *TELEMETRY]


def numbers(notation):
    for part in notation.split():
        start, step, times = re.fullmatch(r"(-?[\d.]+)(?:\+([\d.]+))?x(\d+)", part).groups()
        for index in range(int(times) + 1):
            yield float(start) + index * float(step or 0)


class Sink:
    def __init__(self, head):
        self.head = head

    def append(self, labels, at, value):
        self.head.append(labels, round(at * 1000), value)

    def mark_stale(self, labels, at):
        self.head.stale(labels, round(at * 1000))


def firing(case):
    """The firing alerts of the case's pack after evaluations every 15 s, as promtool makes them."""
    head = Head()
    series = {
        from_mapping({matcher.name: matcher.value for matcher in parse_selector(selector)}): list(numbers(notation))
        for selector, notation in case.series.items()
    }
    groups = [
        GroupEvaluator(group, query=lambda expr, at: evaluate(expr, head, at), sink=Sink(head))
        for group in load_pack(case.pack).groups
    ]
    for at in range(0, case.at + 1, STEP):
        head.append_many((labels, at * 1000, values[at // STEP]) for labels, values in series.items())
        for group in groups:
            group.evaluate(at)
    statuses = [status for group in groups for status in group.statuses]
    assert [status.last_error for status in statuses if status.last_error] == []
    return [alert for status in statuses for alert in status.alerts.values() if alert.state is AlertState.FIRING]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alerts(case):
    found = [
        (labels["alertname"], labels["severity"], alert.annotations["summary"])
        for alert in firing(case)
        for labels in [dict(alert.labels)]
    ]
    assert sorted(found) == sorted(case.fires)


def test_no_alert_names_the_process_that_measures():
    for case in (*ISSUES, *HOST):
        assert all("instance" not in dict(alert.labels) for alert in firing(case))


def test_every_alert_is_tested_both_ways():
    alerts = {rule.name for pack in pack_names() for rule in alerting_rules(pack)}
    assert {name for case in CASES for name, _, _ in case.fires} == alerts
    assert {case.pack for case in CASES if not case.fires} == set(pack_names())


def alerting_rules(pack):
    return [rule for group in load_pack(pack).groups for rule in group.rules if isinstance(rule, AlertingRule)]


@pytest.mark.parametrize("pack", pack_names())
def test_every_alert_says_how_severe_it_is_what_it_means_and_what_to_do(pack):
    assert load_pack(pack).warnings == ()
    for rule in alerting_rules(pack):
        assert rule.labels["severity"] in {"info", "warning", "critical", "{{ $labels.severity }}"}
        assert set(rule.annotations) == {"summary", "description", "runbook"}


def test_an_unknown_pack_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"no rule pack 'hosts'; packs: application, host, issues, telemetry"):
        load_pack("hosts")


@pytest.mark.parametrize("pack", pack_names())
def test_promtool_accepts(promtool, pack):
    status, output = promtool("check", "rules", PACKS / f"{pack}.yml")
    assert status == 0, output


def test_promtool_fires_the_same_alerts_word_for_word(promtool, tmp_path):
    file = tmp_path / "packs.test.yml"
    file.write_text(
        yaml.safe_dump(
            {"rule_files": [f"{PACKS}/*.yml"], "evaluation_interval": f"{STEP}s", "tests": [*map(promtool_test, CASES)]}
        )
    )
    status, output = promtool("test", "rules", file)
    assert status == 0, output


def promtool_test(case):
    found = firing(case)
    return {
        "name": case.title,
        "interval": f"{STEP}s",
        "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
        "alert_rule_test": [
            {
                "eval_time": f"{case.at}s",
                "alertname": rule,
                "exp_alerts": [
                    {"exp_labels": labels, "exp_annotations": dict(alert.annotations)}
                    for alert in found
                    for labels in [dict(alert.labels)]
                    if labels.pop("alertname") == rule
                ],
            }
            for rule in sorted({rule.name for rule in alerting_rules(case.pack)})
        ],
    }

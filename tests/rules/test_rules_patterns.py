"""Every failure pattern: an incident that it recognises, and near misses that it does not."""

import random
from dataclasses import dataclass

import pytest

from tocsin.promql import evaluate, parse
from tocsin.rules import AlertingRule, load_pack, with_signals

STEP = 60
CONFIDENCE = "tocsin:pattern:confidence"
#: Samples that make no sense beside each other.
VALUES = (0, 0.001, 0.5, 0.97, 1, 7, 1000, 1e12, "_", "stale")


@dataclass(frozen=True)
class Case:
    """Series in promtool's notation, a sample every minute; the alert that fires at `at` seconds, and its summary."""

    title: str
    series: dict[str, str]
    at: int
    fires: tuple[str, str] | None = None
    pack: str = "patterns"

    def __str__(self):
        return self.title


def counter(*phases):
    """A counter that grows by so much a minute, for so many minutes, one phase after the other."""
    parts, value = [], 0.0
    for index, (growth, minutes) in enumerate(phases):
        first = value if index == 0 else value + growth
        parts.append(f"{first:g}+{growth:g}x{minutes if index == 0 else minutes - 1}")
        value += growth * minutes
    return " ".join(parts)


def answered(ok, failed):
    name, code = 'http_server_request_duration_seconds_count{job="shop",http_response_status_code=', '"}'
    return {f'{name}"200{code}': counter(*ok), f'{name}"500{code}': counter(*failed)}


def called(server, ok, failed, error='error_type="503",http_response_status_code="503"'):
    name = f'http_client_request_duration_seconds_count{{job="shop",server_address="{server}",'
    return {f'{name}http_response_status_code="200"}}': counter(*ok), f"{name}{error}}}": counter(*failed)}


def queried(ok, failed):
    name = 'db_client_operation_duration_seconds_count{job="shop",db_system_name="postgresql"'
    return {f"{name}}}": counter(*ok), f'{name},error_type="OperationalError"}}': counter(*failed)}


UNANSWERED = 'error_type="ConnectionError"'
CASCADE = [
    Case(
        "a server fails, and requests with it",
        answered([(500, 20)], [(100, 20)]) | called("pay", [(60, 20)], [(60, 20)]),
        900,
        ("CascadingFailure", "The failure of something that shop depends on makes it fail"),
    ),
    Case(
        "a database fails, and requests with it",
        answered([(500, 20)], [(100, 20)]) | queried([(60, 20)], [(60, 20)]),
        900,
        ("CascadingFailure", "The failure of something that shop depends on makes it fail"),
    ),
    Case("a database fails, requests do not", answered([(600, 20)], [(0, 20)]) | queried([(0, 20)], [(60, 20)]), 900),
    Case(
        "a server fails, requests do not", answered([(600, 20)], [(0, 20)]) | called("pay", [(0, 20)], [(60, 20)]), 900
    ),
    Case(
        "requests fail, no server does", answered([(500, 20)], [(100, 20)]) | called("pay", [(60, 20)], [(0, 20)]), 900
    ),
]


def memory(notation):
    return {'system_memory_utilization_ratio{job="shop",system_memory_state="used"}': notation}


EXHAUSTION = [
    Case(
        "memory grows by half a percent a minute",
        memory("0.8+0.005x40"),
        1920,
        ("ResourceExhaustion", "memory is running out"),
    ),
    Case("memory is nearly full, and stays so", memory("0.96x60"), 1920),
    Case("memory grows, and there is much", memory("0.4+0.005x40"), 1920),
    Case("memory is nearly full, and grows slowly", memory("0.93+0.0001x60"), 1920),
    Case(
        "a disk grows by half a percent a minute",
        {'system_filesystem_utilization_ratio{job="shop",system_filesystem_mountpoint="/var"}': "0.8+0.005x40"},
        1920,
        ("ResourceExhaustion", "disk /var is running out"),
    ),
]
PARTITION = [
    Case(
        "no server answers",
        called("pay", [(0, 20)], [(10, 20)], UNANSWERED) | called("mail", [(0, 20)], [(10, 20)], UNANSWERED),
        900,
        ("NetworkPartition", "shop seems to be cut off from the network"),
    ),
    Case("the only server does not answer", called("pay", [(0, 20)], [(10, 20)], UNANSWERED), 900),
    Case(
        "two of five do not answer",
        called("a", [(0, 20)], [(10, 20)], UNANSWERED)
        | called("b", [(0, 20)], [(10, 20)], UNANSWERED)
        | called("c", [(10, 20)], [(0, 20)], UNANSWERED)
        | called("d", [(10, 20)], [(0, 20)], UNANSWERED)
        | called("e", [(10, 20)], [(0, 20)], UNANSWERED),
        900,
    ),
    Case("all answer with a 503", called("pay", [(0, 20)], [(10, 20)]) | called("mail", [(0, 20)], [(10, 20)]), 900),
]


def operations(*phases):
    """Growth a minute of all operations, of those within 50 ms and within 1 s."""
    name = "db_client_operation_duration_seconds"
    labels = 'job="shop",db_system_name="postgresql"'
    count = counter(*[(sum(growth), minutes) for growth, minutes in phases])
    return {
        f"{name}_count{{{labels}}}": count,
        f'{name}_bucket{{{labels},le="0.05"}}': counter(*[(growth[0], minutes) for growth, minutes in phases]),
        f'{name}_bucket{{{labels},le="1"}}': count,
        f'{name}_bucket{{{labels},le="+Inf"}}': count,
    }


CONTENTION = [
    Case(
        "as many operations take far longer",
        operations(((600, 0), 40), ((300, 300), 20)),
        2880,
        ("DatabaseContention", "Operations of shop on postgresql wait for each other"),
    ),
    Case("three times as many take longer", operations(((600, 0), 40), ((900, 900), 20)), 2880),
    Case("they have always taken so long", operations(((300, 300), 60)), 2880),
]


def reports(*phases):
    return {'tocsin_self_dropped_total{job="shop",instance="a"}': " ".join(phases)}


#: Reports every minute for 40 minutes, then one in three.
SLOWING = "0x40" + " _ _ 0" * 6
HEARTBEAT = [
    Case(
        "a process reports every third minute",
        reports(SLOWING),
        2760,
        ("HeartbeatDegradation", "A process of shop reports ever less often"),
    ),
    Case("a process reports as ever", reports("0x60"), 3000),
    Case("the process ends", reports("0x40"), 2640),
    Case("the process has just begun", reports("_x30 0x20"), 2400),
]


def work(*seconds):
    """Seconds of work a minute, by process."""
    name = "http_server_request_duration_seconds_sum"
    return {f'{name}{{job="shop",instance="{n}"}}': counter((each, 30)) for n, each in enumerate(seconds)}


IMBALANCE = [
    Case(
        "one of four does all the work",
        work(120, 2, 2, 2),
        1500,
        ("LoadImbalance", "The requests of shop go to too few of its processes"),
    ),
    Case("one of four does all of little", work(6, 0, 0, 0), 1500),
    Case("all four are busy", work(120, 100, 110, 90), 1500),
    Case("one of two does the work", work(120, 0), 1500),
]
STORM = [
    Case(
        "three times the calls to a failing server",
        answered([(600, 60)], [(0, 60)]) | called("pay", [(120, 40), (0, 20)], [(0, 40), (600, 20)]),
        2760,
        ("RetryStorm", "shop keeps pay down with its retries"),
    ),
    Case(
        "a worker without requests calls five times as often",
        called("pay", [(120, 40), (0, 20)], [(0, 40), (600, 20)]),
        2760,
        ("RetryStorm", "shop keeps pay down with its retries"),
    ),
    Case(
        "five times the calls with five times the requests",
        answered([(600, 40), (3000, 20)], [(0, 60)]) | called("pay", [(120, 40), (0, 20)], [(0, 40), (600, 20)]),
        2760,
    ),
    Case(
        "five times the calls, none fails",
        answered([(600, 60)], [(0, 60)]) | called("pay", [(120, 40), (600, 20)], [(0, 60)]),
        2760,
    ),
    Case(
        "the server fails, calls stay as they were",
        answered([(600, 60)], [(0, 60)]) | called("pay", [(120, 40), (0, 20)], [(0, 40), (120, 20)]),
        2760,
    ),
]


def release(version, notation):
    return {f'target_info{{job="shop",instance="{version}",service_version="{version}"}}': notation}


FAILING = answered([(600, 40), (540, 20)], [(0, 40), (60, 20)])
DEPLOY = [
    Case(
        "errors begin with the release",
        FAILING | release("1.4", "1x40") | release("1.5", "_x40 1x20"),
        2940,
        ("BadDeploy", "The release 1.5 of shop brought errors"),
    ),
    Case("errors begin without a release", FAILING | release("1.4", "1x60"), 2940),
    Case(
        "a release without errors",
        answered([(600, 60)], [(0, 60)]) | release("1.4", "1x40") | release("1.5", "_x40 1x20"),
        2940,
    ),
    Case(
        "the errors were there before the release",
        answered([(540, 60)], [(60, 60)]) | release("1.4", "1x40") | release("1.5", "_x40 1x20"),
        2940,
    ),
    Case("the first release", FAILING | release("1.5", "_x40 1x20"), 2940),
]
CASES = [*CASCADE, *EXHAUSTION, *PARTITION, *CONTENTION, *HEARTBEAT, *IMBALANCE, *STORM, *DEPLOY]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_patterns(simulate, case):
    found = simulate(case.pack, case.series, at=case.at, step=STEP)
    assert [(dict(alert.labels)["alertname"], alert.annotations["summary"]) for alert in found] == (
        [case.fires] if case.fires else []
    )
    assert all(0 < alert.value <= 1 for alert in found)


@pytest.mark.parametrize("opt_in", ["", "http/dup"], ids=["old", "dup"])
@pytest.mark.parametrize("case", [case for case in CASES if "request_duration" in "".join(case.series)], ids=str)
def test_patterns_are_the_same_under_other_conventions(simulate, under, case, opt_in):
    found = simulate(case.pack, under(opt_in, case.series), at=case.at, step=STEP)
    assert [alert.annotations["summary"] for alert in found] == ([case.fires[1]] if case.fires else [])


@pytest.mark.parametrize("seed", range(6))
def test_confidence_is_between_0_and_1_whatever_happens(simulate_groups, seed):
    chance = random.Random(seed)
    names = sorted({name for case in CASES for name in case.series})
    series = {name: " ".join(str(chance.choice(VALUES)) for _ in range(50)) for name in chance.sample(names, 25)}
    groups = [group for name in with_signals(["patterns"]) for group in load_pack(name).groups]
    simulation = simulate_groups(groups, series, at=2940, step=STEP)
    confidences = evaluate(parse(f"{CONFIDENCE}[1h]"), simulation.head, simulation.at).series
    assert confidences
    odd = [(dict(each.labels)["pattern"], value) for each in confidences for _, value in each.samples]
    assert [(pattern, value) for pattern, value in odd if not 0 <= value <= 1] == []


def test_the_evidence_has_numbers(simulate):
    [alert] = simulate("patterns", CASCADE[0].series, at=CASCADE[0].at, step=STEP)
    assert alert.annotations["description"] == (
        "Confidence 100%, above 70%. Evidence: shop fails 16.67% of its requests, and at the same time of its calls"
        " fail to pay 50%."
    )


def test_every_pattern_is_tested():
    rules = [rule for group in load_pack("patterns").groups for rule in group.rules]
    patterns = {rule.labels["pattern"] for rule in rules if rule.name == CONFIDENCE}
    alerts = {rule.name for rule in rules if isinstance(rule, AlertingRule)}
    assert len(patterns) == len(alerts) == 8
    assert {case.fires[0] for case in CASES if case.fires} == alerts


@pytest.mark.timeout(300)
def test_promtool_recognises_the_same(promtool_agrees):
    promtool_agrees(CASES, step=STEP)

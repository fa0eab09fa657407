"""Every shipped alert: series that make it fire, and series that nearly do."""

from dataclasses import dataclass
from pathlib import Path

import pytest

import tocsin.rules
from tocsin.pack_thresholds import PACK_THRESHOLDS
from tocsin.rules import AlertingRule, load_pack, pack_names, with_signals

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
        "outgoing",
        calls((',http_response_status_code="200"', 9), (',error_type="ConnectionError"', 1)),
        600,
        (UNREACHABLE,),
    ),
    Case(
        "a tenth of the calls gets a 503",
        "outgoing",
        calls((',http_response_status_code="200"', 9), (',error_type="503",http_response_status_code="503"', 1)),
        600,
        (UNREACHABLE,),
    ),
    Case(
        "a tenth of the calls gets a 404",
        "outgoing",
        calls((',http_response_status_code="200"', 9), (',error_type="404",http_response_status_code="404"', 1)),
        600,
    ),
    Case(
        "a tenth of the calls gets a 503, old conventions",
        "outgoing",
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
        "database",
        {
            f'{DATABASE}_count{{job="shop",db_system_name="postgresql"}}': steady(9),
            f'{DATABASE}_count{{job="shop",db_system_name="postgresql",error_type="OperationalError"}}': steady(1),
        },
        600,
        (("DatabaseErrors", "critical", "10% of the postgresql operations of shop fail"),),
    ),
    Case(
        "a fiftieth of the operations fails",
        "database",
        {
            f'{DATABASE}_count{{job="shop",db_system_name="postgresql"}}': steady(49),
            f'{DATABASE}_count{{job="shop",db_system_name="postgresql",error_type="OperationalError"}}': steady(1),
        },
        600,
    ),
    Case(
        "a tenth of the operations takes a second",
        "database",
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
        "database",
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
        "celery",
        {
            f'{TASK}_count{{job="worker",messaging_system="celery",celery_task_name="mail"}}': steady(9),
            f'{TASK}_count{{job="worker",messaging_system="celery",celery_task_name="mail",error_type="E"}}': steady(1),
        },
        600,
        (("TasksFail", "warning", "10% of the mail tasks fail"),),
    ),
    Case(
        "messages of another system fail",
        "celery",
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


def spike(before, after):
    labels = 'job="shop",error_type="KeyError",tocsin_error_fingerprint="v1:7",tocsin_error_severity="error"'
    return {f"tocsin_errors_total{{{labels}}}": f"{steady(before)} {60 * before}+{after}x40"}


def lookups(hits, misses):
    return {
        'redis_keyspace_hits_total{job="redis"}': steady(hits),
        'redis_keyspace_misses_total{job="redis"}': steady(misses),
    }


def durations(name, total, labels):
    """Calls of ten seconds' mean length where `total` is ten times a count of 1 every 15 s."""
    return {f"{name}_sum{{{labels}}}": steady(total), f"{name}_count{{{labels}}}": steady(1)}


def pool(used, most, state="used"):
    labels = 'job="shop",instance="a",db_client_connection_pool_name="main"'
    return {
        f'db_client_connection_count{{{labels},db_client_connection_state="{state}"}}': f"{used}x60",
        f"db_client_connection_max{{{labels}}}": f"{most}x60",
    }


def old_pool(used, most):
    labels = 'job="shop",instance="a",pool_name="main"'
    return {
        f'db_client_connections_usage{{{labels},state="used"}}': f"{used}x60",
        f"db_client_connections_max{{{labels}}}": f"{most}x60",
    }


def open_files(count):
    labels = 'job="shop",instance="a"'
    return {
        f"process_open_file_descriptor_count{{{labels}}}": f"{count}x60",
        f"process_open_file_descriptor_limit{{{labels}}}": "1024x60",
    }


def routes(cart, pay):
    """Requests to two routes that come 40 times every 15 s, and after 40 minutes as often as said."""
    name = f'{STABLE}_count{{job="shop",http_route='
    return {
        f'{name}"/cart"}}': f"{steady(40, 160)} {6400 + cart}+{cart}x80",
        f'{name}"/pay"}}': f"{steady(40, 160)} {6400 + pay}+{pay}x80",
    }


def slow_queries(rate, bound):
    return {
        f"{DATABASE}_count{{{POSTGRES}}}": steady(100),
        f'{DATABASE}_bucket{{{POSTGRES},le="{bound}"}}': steady(100 - rate),
        f'{DATABASE}_bucket{{{POSTGRES},le="+Inf"}}': steady(100),
    }


def circuit(instance, values):
    return {f'tocsin_circuit_open{{job="shop",instance="{instance}",circuit_name="pay"}}': values}


def own_cache(hits, misses):
    labels = 'job="shop",cache_name="sessions"'
    return {f"cache_hits_total{{{labels}}}": steady(hits), f"cache_misses_total{{{labels}}}": steady(misses)}


def heartbeat(instance, beats):
    return {f'tocsin_celery_worker_heartbeat_seconds{{job="worker",instance="{instance}"}}': f"0+15x{beats}"}


POSTGRES = 'job="shop",db_system_name="postgresql"'
POOL = 'job="shop",db_client_connection_pool_name="main"'
MAIL = 'job="worker",celery_task_name="mail"'
QUERIES = ("SlowQueries", "warning", "30 slow postgresql queries of shop in 5 minutes")
ROUTE_DROPS = ("RouteThroughputDrop", "warning", "/cart of shop gets 13.37% of its usual requests")
FEWER = ("ThroughputDrop", "warning", "shop gets 13.37% of its usual requests")
PAY = 'job="shop",server_address="pay",http_response_status_code="200"'
MODEL = 'job="shop",gen_ai_request_model="m"'
TASKS = f'{TASK}_count{{job="worker",messaging_system="celery",celery_task_name="mail"}}'
NOT_SLOW = "The redis cache of redis has 60% of what it is asked for"
IN_USE = "85% of the connections of shop are in use"
MORE = [
    Case(
        "a third of one route fails",
        "application",
        {
            f'{STABLE}_count{{job="shop",http_route="/a",http_response_status_code="200"}}': steady(2),
            f'{STABLE}_count{{job="shop",http_route="/a",http_response_status_code="500"}}': steady(1),
            f'{STABLE}_count{{job="shop",http_route="/b",http_response_status_code="200"}}': steady(97),
        },
        600,
        (("RouteFails", "warning", "shop fails 33.33% of /a"),),
    ),
    Case(
        "one request in twenty takes seven seconds",
        "application",
        {
            f'{STABLE}_count{{job="shop",http_route="/cart"}}': steady(20),
            f'{STABLE}_bucket{{job="shop",http_route="/cart",le="1"}}': steady(19.5),
            f'{STABLE}_bucket{{job="shop",http_route="/cart",le="5"}}': steady(19.5),
            f'{STABLE}_bucket{{job="shop",http_route="/cart",le="10"}}': steady(20),
            f'{STABLE}_bucket{{job="shop",http_route="/cart",le="+Inf"}}': steady(20),
        },
        900,
        (("VerySlowRequests", "critical", "shop is very slow at /cart"),),
    ),
    Case(
        "a quarter of the requests comes",
        "application",
        {f'{STABLE}_count{{job="shop"}}': f"{steady(40, 160)} 6410+10x80"},
        3300,
        (("ThroughputDrop", "warning", "shop gets 31.93% of its usual requests"),),
    ),
    Case(
        "requests end soon after they began",
        "application",
        {f'{STABLE}_count{{job="shop"}}': f"{steady(40, 60)} 2400x80"},
        1800,
    ),
    Case(
        "nothing but failures",
        "outgoing",
        calls((',error_type="ConnectionError"', 1)),
        600,
        (
            ("OutgoingCallsFail", "warning", "100% of the calls from shop to pay fail"),
            ("ServerDown", "critical", "pay is down for shop"),
        ),
    ),
    Case(
        "calls of 20 seconds",
        "outgoing",
        durations(CLIENT, 20, PAY),
        900,
        (("SlowCalls", "warning", "pay is slow for shop"),),
    ),
    Case(
        "calls of 40 seconds, old conventions",
        "outgoing",
        durations("http_client_duration_milliseconds", 40_000, 'job="shop",net_peer_name="pay",http_status_code="200"'),
        900,
        (("SlowCalls", "critical", "pay is slow for shop"), ("SlowCalls", "warning", "pay is slow for shop")),
    ),
    Case("calls of 9 seconds", "outgoing", durations(CLIENT, 9, PAY), 900),
    Case(
        "answers of 40 seconds",
        "outgoing",
        durations("gen_ai_client_operation_duration_seconds", 40, MODEL),
        900,
        (
            ("SlowModel", "critical", "The model m is slow for shop"),
            ("SlowModel", "warning", "The model m is slow for shop"),
        ),
    ),
    Case("answers of 9 seconds", "outgoing", durations("gen_ai_client_operation_duration_seconds", 9, MODEL), 900),
    Case("17 of 20 connections", "database", pool(17, 20), 600, (("PoolNearlyEmpty", "warning", IN_USE),)),
    Case(
        "17 of 20 connections, old conventions",
        "database",
        old_pool(17, 20),
        600,
        (("PoolNearlyEmpty", "warning", IN_USE),),
    ),
    Case(
        "all connections",
        "database",
        pool(20, 20),
        600,
        (
            ("PoolNearlyEmpty", "critical", "100% of the connections of shop are in use"),
            ("PoolNearlyEmpty", "warning", "100% of the connections of shop are in use"),
        ),
    ),
    Case("16 of 20 connections", "database", pool(16, 20), 600),
    Case("17 of 20 connections are idle", "database", pool(17, 20, "idle"), 600),
    Case(
        "a third is retried",
        "celery",
        {
            'flower_events_total{task="mail",type="task-started",worker="w"}': steady(3),
            'flower_events_total{task="mail",type="task-retried",worker="w"}': steady(1),
        },
        900,
        (("TasksRetry", "warning", "33.33% of the mail tasks are retried"),),
    ),
    Case(
        "a tenth is retried",
        "celery",
        {
            'flower_events_total{task="mail",type="task-started",worker="w"}': steady(10),
            'flower_events_total{task="mail",type="task-retried",worker="w"}': steady(1),
        },
        900,
    ),
    Case(
        "tasks wait for two minutes",
        "celery",
        {'flower_task_prefetch_time_seconds{task="mail",worker="w"}': "120x60"},
        600,
        (("TasksWait", "warning", "mail tasks wait 2m 0s for a worker"),),
    ),
    Case(
        "tasks wait for a minute", "celery", {'flower_task_prefetch_time_seconds{task="mail",worker="w"}': "60x60"}, 600
    ),
    Case(
        "the worker is gone",
        "celery",
        {TASKS: steady(1, 40)},
        1260,
        (("WorkerSilent", "warning", "No worker of worker reports"),),
    ),
    Case("the worker restarts", "celery", {TASKS: f"{steady(1, 40)} 0+1x60"}, 1260),
    Case(
        "the heartbeat ends",
        "celery",
        {'flower_worker_online{worker="w"}': "1x20 0x40"},
        900,
        (("WorkerOffline", "warning", "The worker w sends no heartbeat"),),
    ),
    Case("the heartbeat goes on", "celery", {'flower_worker_online{worker="w"}': "1x60"}, 900),
    Case("60 % are found", "cache", lookups(6, 4), 900, (("LowCacheHitRatio", "warning", NOT_SLOW),)),
    Case(
        "nothing is found",
        "cache",
        {'cache_misses_total{job="shop"}': steady(5)},
        900,
        (
            ("LowCacheHitRatio", "critical", "The application cache of shop has 0% of what it is asked for"),
            ("LowCacheHitRatio", "warning", "The application cache of shop has 0% of what it is asked for"),
        ),
    ),
    Case("70 % are found", "cache", lookups(7, 3), 900),
    Case("a tenth of few is found", "cache", lookups(0.1, 0.9), 900),
    Case(
        "three tasks a processor",
        "host",
        {"system_cpu_load_average_1m": "24x60", "system_cpu_logical_count": "8x60"},
        900,
        (("HighLoad", "warning", "The load is 3 for each processor"),),
    ),
    Case(
        "two tasks a processor",
        "host",
        {"system_cpu_load_average_1m": "16x60", "system_cpu_logical_count": "8x60"},
        900,
    ),
    Case(
        "processors 80 % busy, old conventions",
        "host",
        {
            'system_cpu_time_seconds_total{state="user",cpu="1"}': steady(12),
            'system_cpu_time_seconds_total{state="idle",cpu="1"}': steady(3),
        },
        600,
        (("HighCpu", "warning", BUSY),),
    ),
    Case(
        "900 of 1,024 open files",
        "host",
        open_files(900),
        600,
        (("ManyOpenFiles", "warning", "A process of shop has 87.89% of the files open that it may"),),
    ),
    Case(
        "1,000 of 1,024 open files",
        "host",
        open_files(1000),
        600,
        (
            ("ManyOpenFiles", "critical", "A process of shop has 97.66% of the files open that it may"),
            ("ManyOpenFiles", "warning", "A process of shop has 97.66% of the files open that it may"),
        ),
    ),
    Case("800 of 1,024 open files", "host", open_files(800), 600),
    Case("a fifth of one route comes", "application", routes(4, 40), 3300, (ROUTE_DROPS,)),
    Case("a third of one route comes", "application", routes(15, 40), 3300),
    Case("a fifth of every route comes", "application", routes(4, 4), 3300, (FEWER,)),
    Case("30 queries of more than a second", "database", slow_queries(1.5, "1"), 600, (QUERIES,)),
    Case("10 queries of more than a second", "database", slow_queries(0.5, "1"), 600),
    Case(
        "30 queries of more than 5 seconds, bounds of another unit",
        "database",
        slow_queries(1.5, "5"),
        600,
        (QUERIES,),
    ),
    Case(
        "operations of 2 seconds, bounds of another unit",
        "database",
        {
            **durations(DATABASE, 2, POSTGRES),
            f'{DATABASE}_bucket{{{POSTGRES},le="5"}}': steady(1),
            f'{DATABASE}_bucket{{{POSTGRES},le="+Inf"}}': steady(1),
        },
        900,
        (("SlowDatabase", "warning", "postgresql is slow for shop"),),
    ),
    Case(
        "operations of 0.1 seconds, bounds of another unit",
        "database",
        {
            **durations(DATABASE, 0.1, POSTGRES),
            f'{DATABASE}_bucket{{{POSTGRES},le="5"}}': steady(1),
            f'{DATABASE}_bucket{{{POSTGRES},le="+Inf"}}': steady(1),
        },
        900,
    ),
    Case(
        "two wait in vain for a connection",
        "database",
        {f"db_client_connection_timeouts_total{{{POOL}}}": "0x20 2x20"},
        450,
        (("PoolTimeouts", "critical", "shop waits in vain for database connections"),),
    ),
    Case("nobody waits in vain any more", "database", {f"db_client_connection_timeouts_total{{{POOL}}}": "2x60"}, 900),
    Case(
        "a circuit is open in one process",
        "outgoing",
        circuit("a", "1x60") | circuit("b", "0x60"),
        300,
        (("CircuitOpen", "warning", "The circuit pay of shop is open"),),
    ),
    Case("a circuit was open for half a minute", "outgoing", circuit("a", "0x10 1x2 0x40"), 300),
    Case(
        "an own cache has its name",
        "cache",
        own_cache(6, 4),
        900,
        (("LowCacheHitRatio", "warning", "The sessions cache of shop has 60% of what it is asked for"),),
    ),
    Case("an own cache is fine", "cache", own_cache(8, 2), 900),
    Case(
        "a third is retried, as Tocsin measures",
        "celery",
        {TASKS: steady(3), f"tocsin_celery_task_retries_total{{{MAIL}}}": steady(1)},
        900,
        (("TasksRetry", "warning", "33.33% of the mail tasks are retried"),),
    ),
    Case(
        "a tenth is retried, as Tocsin measures",
        "celery",
        {TASKS: steady(10), f"tocsin_celery_task_retries_total{{{MAIL}}}": steady(1)},
        900,
    ),
    Case(
        "tasks wait for 100 seconds, as Tocsin measures",
        "celery",
        durations("tocsin_celery_task_queue_duration_seconds", 100.5, MAIL),
        900,
        (("TasksWait", "warning", "mail tasks wait 1m 40s for a worker"),),
    ),
    Case(
        "tasks wait for half a minute",
        "celery",
        durations("tocsin_celery_task_queue_duration_seconds", 30, MAIL),
        900,
    ),
    Case(
        "all workers lose their heartbeat",
        "celery",
        heartbeat("a", 20) | heartbeat("b", 10),
        600,
        (("WorkerSilent", "warning", "No worker of worker reports"),),
    ),
    Case("one of two workers has a heartbeat", "celery", heartbeat("a", 20) | heartbeat("b", 60), 600),
    Case("ten times as many", "issues", spike(0.25, 5), 1050, (("SpikingIssue", "error", "KeyError spikes in shop"),)),
    Case("four times as many", "issues", spike(2, 8), 1050),
    Case("many more than few", "issues", spike(0.01, 0.9), 1050),
    Case(
        "more series than are kept",
        "telemetry",
        {'tocsin_self_series_overflow_total{job="shop",bound="series"}': "0x20 40x20"},
        450,
        (("SeriesOverflow", "warning", "Rules of shop do not see all series"),),
    ),
    Case(
        "Tocsin fails",
        "telemetry",
        {'tocsin_self_guard_failures_total{job="shop",where="metrics"}': "0x20 4x20"},
        450,
        (("TocsinFails", "warning", "Tocsin fails in shop"),),
    ),
    Case(
        "a tenth of the spans is not exported",
        "telemetry",
        {
            'otel_sdk_exporter_span_exported_total{job="shop"}': steady(9),
            'otel_sdk_exporter_span_exported_total{job="shop",error_type="TimeoutError"}': steady(1),
        },
        900,
        (("ExportFails", "warning", "10% of the telemetry of shop is lost on its way"),),
    ),
    Case(
        "one span in a hundred is not exported",
        "telemetry",
        {
            'otel_sdk_exporter_span_exported_total{job="shop"}': steady(99),
            'otel_sdk_exporter_span_exported_total{job="shop",error_type="TimeoutError"}': steady(1),
        },
        900,
    ),
]


def job(instance="a", **times):
    """A heartbeat, as whoever evaluates reports it."""
    labels = f'heartbeat="etl",severity="critical",job="tocsin",instance="{instance}"'
    return {f"tocsin_heartbeat_{name}_timestamp_seconds{{{labels}}}": value for name, value in times.items()}


HEARTBEATS = [
    Case(
        "a sign of life is late",
        "heartbeats",
        job(due="500x60", ok="0x60"),
        600,
        (("HeartbeatMissed", "critical", "No sign of life from etl"),),
    ),
    Case("a sign of life may still come", "heartbeats", job(due="601x60", ok="0x60"), 600),
    Case("it came to the next evaluator", "heartbeats", job(due="500x60") | job("b", due="900x60"), 600),
    Case(
        "a run failed after a good one",
        "heartbeats",
        job(due="900x60", ok="100x60", failed="200x60"),
        600,
        (("HeartbeatFailed", "critical", "etl failed"),),
    ),
    Case("a run went well after a bad one", "heartbeats", job(due="900x60", ok="300x60", failed="200x60"), 600),
    Case("the dead man's switch", "watchdog", {}, 60, (("Watchdog", "info", "Alerting works"),)),
]
CASES = [*ISSUES, *SERVER, *OTHERS, *HOST, *TELEMETRY, *MORE, *HEARTBEATS]


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
    for case in (*ISSUES, *HOST):
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

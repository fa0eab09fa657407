"""Every series that a shipped rule reads is emitted by something that a user has: who, and whether it really is."""

import json
import os
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from tocsin.promql.ast import VectorSelector
from tocsin.rules import AlertingRule, load_pack, pack_names, with_signals

for package in ("celery", "circuitbreaker", "flask", "httpx", "pybreaker", "requests", "sqlalchemy"):
    pytest.importorskip(package, reason=f"the application needs {package}")

APPLICATION = Path(__file__).with_name("emit_series.py")
#: What `OTEL_SEMCONV_STABILITY_OPT_IN` may say.
OPT_INS = ("", "http,database", "http/dup,database/dup")

TOCSIN = "Tocsin"
OLD = "instrumentations of HTTP servers and clients, by default"
STABLE = "instrumentations of HTTP servers and clients that opted in to http or http/dup, and Tocsin"
SQLALCHEMY = "OpenTelemetry's instrumentation of SQLAlchemy"
#: Not of this process, or only where somebody switched it on: who emits it is looked up, not run.
WORKER = "Tocsin in a Celery worker"
FLOWER = "Flower, scraped by a Collector"
COLLECTOR = "a receiver of the Collector"
OTHER_CONVENTIONS = "instrumentations and receivers of other languages and releases"
SDK = "OpenTelemetry's SDK, with OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED=true"
MODELS = "instrumentations of clients of models, such as openai's"
ON_FAILURE = "Tocsin, when it has something to say"
ELSEWHERE = {WORKER, FLOWER, COLLECTOR, OTHER_CONVENTIONS, SDK, MODELS, ON_FAILURE}

EMITTERS = {
    "cache_hits_total": TOCSIN,
    "cache_misses_total": TOCSIN,
    "db_client_connection_count": TOCSIN,
    "db_client_connection_max": TOCSIN,
    "db_client_connection_timeouts_total": TOCSIN,
    "db_client_connections_max": OTHER_CONVENTIONS,
    "db_client_connections_usage": SQLALCHEMY,
    "db_client_operation_duration_seconds": TOCSIN,
    "flower_events_total": FLOWER,
    "flower_task_prefetch_time_seconds": FLOWER,
    "flower_worker_online": FLOWER,
    "gen_ai_client_operation_duration_seconds": MODELS,
    "http_client_duration_milliseconds": OLD,
    "http_client_request_duration_seconds": STABLE,
    "http_server_duration_milliseconds": OLD,
    "http_server_request_duration_seconds": STABLE,
    "memcached_operations_total": COLLECTOR,
    "messaging_process_duration_seconds": TOCSIN,
    "otel_sdk_exporter_log_exported_total": SDK,
    "otel_sdk_exporter_metric_data_point_exported_total": SDK,
    "otel_sdk_exporter_span_exported_total": SDK,
    "process_open_file_descriptor_count": TOCSIN,
    "process_open_file_descriptor_limit": TOCSIN,
    "redis_keyspace_hits_total": COLLECTOR,
    "redis_keyspace_misses_total": COLLECTOR,
    "system_cpu_load_average_1m": TOCSIN,
    "system_cpu_logical_count": TOCSIN,
    "system_cpu_time_seconds_total": TOCSIN,
    "system_filesystem_utilization_ratio": TOCSIN,
    "system_memory_utilization_ratio": TOCSIN,
    "system_paging_utilization_ratio": ON_FAILURE,  # where there is swap
    "target_info": TOCSIN,
    "tocsin_celery_task_queue_duration_seconds": WORKER,
    "tocsin_celery_task_retries_total": WORKER,
    "tocsin_celery_worker_heartbeat_seconds": WORKER,
    "tocsin_circuit_open": TOCSIN,
    "tocsin_errors_total": TOCSIN,
    "tocsin_heartbeat_due_timestamp_seconds": ON_FAILURE,
    "tocsin_heartbeat_failed_timestamp_seconds": ON_FAILURE,
    "tocsin_heartbeat_ok_timestamp_seconds": ON_FAILURE,
    "tocsin_issue_first_seen_timestamp_seconds": TOCSIN,
    "tocsin_issue_muted": ON_FAILURE,
    "tocsin_issue_regressed_timestamp_seconds": ON_FAILURE,
    "tocsin_self_dropped_total": TOCSIN,
    "tocsin_self_evaluation_lag_seconds": TOCSIN,
    "tocsin_self_guard_failures_total": ON_FAILURE,
    "tocsin_self_series_overflow_total": ON_FAILURE,
}
#: Labels that a rule may ask for though nothing here has them: of instrumentations that this application lacks.
OLD_HOST = {"state"}
OF_HISTOGRAMS = ("_bucket", "_count", "_sum")


@pytest.fixture(scope="session")
def emitted(tmp_path_factory):
    """The series of the application under each of the conventions, as mappings of labels."""
    folders = {opt_in: tmp_path_factory.mktemp("emitted") for opt_in in OPT_INS}
    running = {
        opt_in: subprocess.Popen(
            [sys.executable, APPLICATION, folder],
            env={**os.environ, "OTEL_SEMCONV_STABILITY_OPT_IN": opt_in},
            stderr=subprocess.PIPE,
            text=True,
        )
        for opt_in, folder in folders.items()
    }
    complaints = {opt_in: process.communicate(timeout=100)[1] for opt_in, process in running.items()}
    failed = [complaints[opt_in] for opt_in, process in running.items() if process.returncode]
    assert not failed, failed[0]
    return {
        opt_in: [labels for labels, _ in json.loads((folder / "series.json").read_text())]
        for opt_in, folder in folders.items()
    }


def selectors(node):
    """All selectors of an expression."""
    if isinstance(node, VectorSelector):
        yield node
    elif is_dataclass(node):
        for each in fields(node):
            yield from selectors(getattr(node, each.name))
    elif isinstance(node, list | tuple):
        for each in node:
            yield from selectors(each)


def rules():
    return [rule for pack in pack_names() for group in load_pack(pack).groups for rule in group.rules]


RECORDED = {rule.name for rule in rules() if not isinstance(rule, AlertingRule)}


def metrics(selector):
    """The names that a selector stands for, histograms without their suffix; none where a rule records it."""
    matcher = next(each for each in selector.matchers if each.name == "__name__")
    names = [name for name in known() if matcher.matches(name)] or [matcher.value]
    return {histogram(name) for name in names if name not in RECORDED}


def known():
    return [name + suffix for name in EMITTERS for suffix in ("", *OF_HISTOGRAMS)]


def histogram(name):
    stem = next((name.removesuffix(suffix) for suffix in OF_HISTOGRAMS if name.endswith(suffix)), name)
    return stem if stem in EMITTERS else name


READ = sorted({name for rule in rules() for selector in selectors(rule.expr) for name in metrics(selector)})


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_every_metric_that_a_rule_reads_has_an_emitter(rule):
    needed = {name for selector in selectors(rule.expr) for name in metrics(selector)}
    assert needed <= EMITTERS.keys()


def test_nothing_is_listed_that_no_rule_reads():
    assert EMITTERS.keys() == set(READ)


@pytest.mark.parametrize("name", [name for name in READ if EMITTERS.get(name) not in ELSEWHERE])
def test_it_is_emitted_with_the_labels_that_rules_ask_for(emitted, name):
    series = [labels for found in emitted.values() for labels in found if histogram(labels["__name__"]) == name]
    assert series
    asked = {
        matcher.name
        for rule in rules()
        for selector in selectors(rule.expr)
        if name in metrics(selector)
        for matcher in selector.matchers
        if not matcher.matches("")
    }
    assert asked - OLD_HOST <= {label for labels in series for label in labels}


@pytest.mark.parametrize("opt_in", OPT_INS)
def test_every_signal_is_there_under_the_conventions_of(emitted, simulate_groups, opt_in):
    """The real series, counting on: what the packs look at has values, whichever conventions they are in."""
    groups = [group for name in with_signals(["signals"]) for group in load_pack(name).groups]
    grown = {notation(labels): "0+1x60" for labels in emitted[opt_in] if not labels["__name__"].startswith("tocsin_")}
    simulation = simulate_groups(groups, grown, at=900)
    recorded = {rule.name for group in groups for rule in group.rules}
    assert {name for name in recorded if simulation.select(name)} == recorded


def notation(labels):
    pairs = ",".join(f"{name}={json.dumps(value)}" for name, value in labels.items() if name != "__name__")
    return f"{labels['__name__']}{{{pairs}}}"


def test_who_is_called_is_known_under_any_conventions(emitted, simulate_groups):
    """Calls by requests and by HTTPX: half of those to an open port fail, all of those to closed ones do."""
    groups = load_pack("signals").groups
    for found in emitted.values():
        grown = {notation(labels): "0+1x60" for labels in found if labels["__name__"].startswith("http_client_")}
        errors = simulate_groups(groups, grown, at=900).select("job_server:http_client_errors:ratio_rate5m")
        assert [dict(sample.labels)["server_address"] for sample in errors] == ["127.0.0.1"]

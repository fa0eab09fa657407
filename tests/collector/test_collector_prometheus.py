"""The shop's metrics through the agent into a real Prometheus: the same series, rules and alerts as in Tocsin."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

for package in ("celery", "click", "flask", "gunicorn", "numpy", "requests", "sqlalchemy"):
    pytest.importorskip(package, reason=f"the shop and its rules need {package}")

import metrics_backend  # noqa: E402  after the skips, as are the next ones
import yaml  # noqa: E402
from deployment import open_shop  # noqa: E402
from metrics_backend import Prometheus  # noqa: E402
from otelcol import Collector  # noqa: E402
from processes import Processes  # noqa: E402
from signatures import FAULTS, ORDINARY, PAYMENTS, STOREFRONT, WORKER  # noqa: E402

from tocsin.evaluator.tail import Tail  # noqa: E402
from tocsin.series import Head  # noqa: E402
from tocsin.series.labels import get  # noqa: E402
from tocsin.setting_kinds import PACKS  # noqa: E402
from tocsin.store import Store  # noqa: E402

BIN = Path(sys.executable).parent
PATIENCE = 60.0
#: Everything that is shipped, and what an operator adds.
SETTINGS = f"""
packs: [{", ".join(PACKS)}]
thresholds:
  ManyErrors: {{metric: tocsin_errors_total, stat: increase, above: 1000}}
slo:
  checkout:
    objective: 99.9%
    total: {{metric: http_server_request_duration_seconds_count}}
    bad: {{metric: http_server_request_duration_seconds_count, where: {{http_response_status_code: {{matches: 5..}}}}}}
"""
#: What fires, at least, while the shop goes on failing.
FIRING = {"DatabaseErrors", "HighErrorRatio", "NewIssue", "RouteFails", "TasksFail"}
#: What the agent knows of the host is added to the resource, and so to target_info.
ADDED = {"host_name", "os_type"}
#: Labels that are not compared, by metric. How many connections are in which state differs between two looks, and the
#: store's reader and the exporter's each have their own.
UNCOMPARED = {"target_info": ADDED, "system_network_connections": {"state"}}


@dataclass(frozen=True, slots=True)
class Journey:
    by_otlp: Prometheus
    by_remote_write: Prometheus
    rules: Path
    """What is evaluated when all is over: everything that `tocsin rules export` can write."""
    store: Store
    alerts: tuple[set, set]
    """Firing in Tocsin and in Prometheus, when they were the same, or when the patience was over."""


@pytest.fixture(scope="module")
def server():
    return metrics_backend.find() or pytest.skip(
        "no Prometheus that takes OTLP: run .ci/prometheus, put a release on the PATH, or set PROMETHEUS_BIN"
    )


@pytest.fixture(scope="module")
def journey(server, binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("journey")
    rules, everything = export(folder / "rules", ""), export(folder / "everything", SETTINGS)
    with Processes(folder) as processes, closing(Store(folder / "tocsin.db")) as store:
        prometheus = Prometheus(server, processes, rules).start()
        written = Prometheus(server, processes, name="written").start()
        backends = {"HOST_METRICS_INTERVAL": "1s", **prometheus.by_otlp, **written.by_remote_write}
        files = ("agent.yaml", "exporters/prometheus.yaml", "exporters/prometheus-remote-write.yaml")
        agent = Collector(binary, processes, "agent", files, backends).start()
        alerts = trade(folder, environment(store, agent, rules), lambda: firing(store, prometheus))
        # An agent that ends hands on what it has.
        agent.stop()
        prometheus.evaluate(everything)
        yield Journey(prometheus, written, everything, store, alerts)


def export(folder, settings):
    """What is shipped, without its patience."""
    folder.mkdir()
    (folder / "tocsin.yml").write_text(settings)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    command = [BIN / "tocsin", "rules", "export", "--format", "prometheus"]
    rules = folder / "rules.yml"
    exported = subprocess.run(command, cwd=folder, env=clean, stdout=subprocess.PIPE, text=True, check=True).stdout
    rules.write_text(re.sub(r"^( +(?:- )?(?:for|interval): ).*", r"\g<1>1s", exported, flags=re.MULTILINE))
    return rules


def environment(store, agent, rules):
    return {
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_EXPORTER_OTLP_ENDPOINT": agent.http,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http,database",
        "TOCSIN_STORE": str(store.path),
        "TOCSIN_PACKS": "none",
        "TOCSIN_RULES": str(rules),
        "TOCSIN_METRIC_INTERVAL": "1s",
        "TOCSIN_EVALUATION_INTERVAL": "1s",
        "TOCSIN_FLUSH_INTERVAL": "0.2s",
        "SHOP_SLOW_SECONDS": "0.2",
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }


def trade(folder, environ, look):
    """Ordinary requests, every fault, then more of those that need no switch until a look finds the alerts that are to
    be; what it found. The shop is closed when it returns.
    """
    instrument = (str(BIN / "opentelemetry-instrument"),)
    launchers = {STOREFRONT: (str(BIN / "tocsin"), "run", "--"), PAYMENTS: instrument, WORKER: instrument}
    with Processes(folder / "shop") as processes:
        shop = open_shop(processes, launchers=launchers, environment=environ)
        for request, _ in ORDINARY:
            shop.send(request)
        for fault in FAULTS:
            if fault.switch:
                shop.turn(fault.switch, on=True)
            shop.send(fault.request)
            if fault.switch:
                shop.turn(fault.switch, on=False)
        deadline = time.monotonic() + PATIENCE
        while True:
            for fault in FAULTS:
                if not fault.switch:
                    shop.send(fault.request)
            ours, theirs = look()
            if time.monotonic() > deadline or (ours == theirs and names(ours) >= FIRING):
                return ours, theirs


def firing(store, prometheus):
    """The labels of alerts about the shop. Those about the machine are the machine's."""
    ours = [alert.labels for alert in store.alerts.current() if alert.state == "firing"]
    found = [alert for rule in prometheus.rules() for alert in rule.get("alerts", ())]
    theirs = [alert["labels"] for alert in found if alert["state"] == "firing"]
    return tuple(
        {tuple(sorted(labels.items())) for labels in alerts if labels.keys() & {"job", "service_name"}}
        for alerts in (ours, theirs)
    )


def names(alerts):
    return {get(labels, "alertname") for labels in alerts}


def comparable(series: Iterable) -> set:
    return {
        tuple(pair for pair in labels if pair[0] not in UNCOMPARED.get(get(labels, "__name__"), ()))
        for labels in series
    }


@pytest.mark.parametrize("way", ["by_otlp", "by_remote_write"])
def test_every_series_has_the_same_name_and_labels_as_in_tocsin(journey, way):
    head = Head()
    Tail(journey.store.metric_batches, head).read(time.time())
    ours = comparable(head.series())
    # Neither what the agent measures itself nor what rules write.
    theirs = comparable(getattr(journey, way).series('{job!="",job!="host",__name__!~"ALERTS.*|.*:.*"}'))
    assert len(ours) > 1000
    assert {get(labels, "job") for labels in ours} == {STOREFRONT, PAYMENTS, WORKER, "tocsin"}
    assert (ours - theirs, theirs - ours) == (set(), set())


def test_what_the_agent_adds_is_in_target_info_only(journey):
    series = journey.by_otlp.series(f'{{job="{PAYMENTS}"}}')
    assert {get(labels, "__name__") for labels in series if ADDED & dict(labels).keys()} == {"target_info"}


def test_every_shipped_rule_is_loaded_and_evaluates(journey, wait_until):
    groups = yaml.safe_load(journey.rules.read_text())["groups"]
    shipped = [rule.get("alert") or rule["record"] for group in groups for rule in group["rules"]]
    assert {"HighErrorRatio", "HighCpu", "ErrorBudgetBurns", "ManyErrors"} <= set(shipped)

    def evaluated():
        found = journey.by_otlp.rules()
        return all(rule["health"] != "unknown" for rule in found) and found

    found = wait_until(evaluated, what="every rule's first evaluation")
    assert sorted(rule["name"] for rule in found) == sorted(shipped)
    assert {rule["name"]: rule["lastError"] for rule in found if rule["health"] != "ok"} == {}


def test_the_same_alerts_fire(journey):
    ours, theirs = journey.alerts
    assert ours <= theirs
    # The old series of an issue that changed ends here at once, there by the lookback.
    assert names(theirs - ours) <= {"NewIssue"}
    assert names(ours) >= FIRING


@pytest.mark.parametrize("exporter", ["prometheus", "prometheus-remote-write"])
def test_the_machines_own_metrics_are_known_apart(server, collector, tmp_path, wait_until, exporter):
    with Processes(tmp_path / "backend") as processes:
        prometheus = Prometheus(server, processes).start()
        backend = {"HOST_METRICS_INTERVAL": "1s", **prometheus.by_otlp, **prometheus.by_remote_write}
        for host in ("till", "desk"):
            env = {"OTEL_RESOURCE_ATTRIBUTES": f"host.name={host}", **backend}
            collector(host, "agent.yaml", f"exporters/{exporter}.yaml", **env)

        def instances():
            return {get(labels, "instance") for labels in prometheus.series("system_memory_usage_bytes")}

        wait_until(lambda: instances() == {"till", "desk"}, what="both hosts")

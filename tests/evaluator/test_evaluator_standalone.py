"""`tocsin run`, as a process: what it measures itself leaves by OTLP, too."""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("click")
pytest.importorskip("numpy")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="reading OTLP needs opentelemetry-proto")

from otlp import OtlpServer

from tocsin.store import Store

TOCSIN = (sys.executable, "-c", "from tocsin.cli import main; main()")
FAILURE = "raise LookupError('no such order')"
ISSUES, HOST = "tocsin.issue.first_seen.timestamp", "system.memory.usage"


@pytest.fixture
def run(tmp_path):
    """Run a program that fails, under `tocsin run`; what it wrote to stderr and the seconds it took."""

    def run(**environ):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "TOCSIN_"))}
        settings = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "TOCSIN_STORE": str(tmp_path / "tocsin.db"),
        }
        command = [*TOCSIN, "run", "--", sys.executable, "-c", FAILURE]
        began = time.monotonic()
        env = kept | settings | environ
        done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        return done.stderr, time.monotonic() - began

    return run


@pytest.fixture
def stored(tmp_path):
    def stored():
        with closing(Store(tmp_path / "tocsin.db")) as store:
            return b"".join(batch.payload for batch in store.metric_batches.after(0, since=0, limit=1000)).decode()

    return stored


@pytest.mark.parametrize("setting", ["TOCSIN_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_issues_and_machine_are_exported_where_the_application_exports(run, stored, setting):
    with OtlpServer() as server:
        run(**{setting: server.url})
    points = [point for point in server.telemetry.points if point.resource["service.name"] == "tocsin"]
    assert {ISSUES, HOST} <= {point.metric for point in points}
    assert {point.attributes["error.type"] for point in points if point.metric == ISSUES} == {"LookupError"}
    (instance,) = {point.resource["service.instance.id"] for point in points}
    assert ISSUES in stored()
    assert instance in stored()


def test_where_metrics_have_no_exporter_nothing_is_exported(run, stored):
    with OtlpServer() as server:
        run(TOCSIN_OTLP_ENDPOINT=server.url, OTEL_METRICS_EXPORTER="none")
    assert server.requests == []
    assert ISSUES in stored()


def test_an_endpoint_that_never_answers_holds_up_the_exit_for_the_exit_timeout(run):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        _, seconds = run(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_EXPORTER_OTLP_TIMEOUT="50")
    assert seconds < 40


def test_a_dead_endpoint_is_said_once(run):
    said, _ = run(OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:9")
    assert said.count("nothing listens at localhost:9") == 1

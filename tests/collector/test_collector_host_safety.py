"""A Collector that is ill slows nothing in the application: not a request, not its exit."""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("flask")
pytest.importorskip("opentelemetry.instrumentation.flask")

import otlp
from otlp import Answer, OtlpServer

REQUESTS = 300  # so many that exporters run, fail and try again in between
#: Bounds that a busy machine keeps: an answer takes some milliseconds, what a sick Collector could cost takes seconds.
SLOWEST_ANSWER, MEDIAN_ANSWER = 1.0, 0.1
#: Tocsin's own bound (TOCSIN_EXIT_TIMEOUT) is 2 s; ending an interpreter takes the rest.
EXIT = 5.0

APPLICATION = f"""
import json, time
from flask import Flask

app = Flask(__name__)


@app.get("/<int:number>")
def answer(number):
    if number % 4 == 0:
        raise ValueError("on purpose")
    app.logger.warning("order %d", number)
    return "ok"


client = app.test_client()
took, statuses = [], set()
for number in range({REQUESTS}):
    begun = time.perf_counter()
    statuses.add(client.get(f"/{{number}}").status_code)
    took.append(time.perf_counter() - begun)
print(json.dumps({{"took": sorted(took), "statuses": sorted(statuses), "at": time.time()}}), flush=True)
"""

#: What protobuf's ExportTraceServiceResponse is when 7 items were refused: partial_success {rejected: 7}.
PARTIAL = b"\x0a\x02\x08\x07"


ACCEPTED, REFUSED = "otelcol_receiver_accepted_spans", "otelcol_receiver_refused_spans"


class Hang:
    """Answers nobody before the test is over."""

    def __init__(self):
        self.over = threading.Event()

    def __call__(self, _):
        self.over.wait(30)
        return Answer(503)


ILL = {
    "unavailable": Answer(503),
    "Retry-After": Answer(503, headers={"Retry-After": "120"}),
    "too many requests": Answer(429, headers={"Retry-After": "120"}),
    "bad request": Answer(400),
    "internal error": Answer(500),
    "partial success": Answer(200, PARTIAL, {"Content-Type": "application/x-protobuf"}),
}


@pytest.fixture
def run(tmp_path):
    script = tmp_path / "application.py"
    script.write_text(APPLICATION)

    def run(endpoint):
        """The application's own figures, and how long it took to end after its last line."""
        env = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "TOCSIN_"))},
            **{f"OTEL_{signal}_EXPORTER": "otlp" for signal in ("TRACES", "METRICS", "LOGS")},
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "OTEL_BLRP_SCHEDULE_DELAY": "50",
            "OTEL_METRIC_EXPORT_INTERVAL": "200",
            "TOCSIN_STORE": str(tmp_path / "tocsin.db"),
        }
        command = [Path(sys.executable).parent / "opentelemetry-instrument", sys.executable, script]
        process = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True)
        ended = time.time()
        figures = json.loads(process.stdout.splitlines()[-1])
        return figures, ended - figures["at"]

    return run


def assert_not_slowed(figures, exit_seconds):
    assert figures["statuses"] == [200, 500]
    assert figures["took"][REQUESTS // 2] < MEDIAN_ANSWER
    assert figures["took"][-1] < SLOWEST_ANSWER
    assert exit_seconds < EXIT


@pytest.mark.parametrize("answer", ILL.values(), ids=ILL)
def test_whatever_it_answers(run, answer):
    with OtlpServer(answer=lambda _: answer) as collector:
        assert_not_slowed(*run(collector.url))
        assert {path for path, _ in collector.requests} == {"/v1/traces", "/v1/metrics", "/v1/logs"}


def test_one_that_never_answers(run):
    with OtlpServer(answer=Hang()) as collector:
        assert_not_slowed(*run(collector.url))
        collector.answer.over.set()


def test_a_real_one_that_is_out_of_memory(collector, run, wait_until):
    # The limit less the spike is where it begins to refuse: at 1 MiB, that is always.
    agent = collector("agent", "agent.yaml", "exporters/file.yaml", COLLECTOR_MEMORY_MIB="65")
    span = otlp.request([otlp.span(secrets.token_hex(16))])
    wait_until(lambda: otlp.post(agent.http, span) == 503, what="the limiter's first look")
    accepted, refused = agent.says(ACCEPTED), agent.says(REFUSED)
    assert_not_slowed(*run(agent.http))
    assert agent.says(ACCEPTED) == accepted
    assert agent.says(REFUSED) > refused

"""Beside distributions that bring a distro and a configurator of their own: the stock one's tests are all others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("opentelemetry.proto")

ROOT = Path(__file__).parents[2]
INSTRUMENTATIONS = ("opentelemetry-instrumentation-flask", "opentelemetry-instrumentation-logging")
APP = """
from flask import Flask

app = Flask(__name__)


@app.get("/health")
def health():
    return "ok"


@app.get("/fail")
def fail():
    raise LookupError("nothing here")
"""


@pytest.fixture(scope="session", params=["splunk-opentelemetry", "elastic-opentelemetry"])
def vendor(request, tmp_path_factory):
    """The bin folder of an environment with the vendor's distribution and Tocsin."""
    folder = tmp_path_factory.mktemp(request.param)
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    packages = [f"{ROOT}[engine]", request.param, "flask", *INSTRUMENTATIONS]
    installed = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *packages],
        check=False,
        capture_output=True,
        text=True,
    )
    if installed.returncode:
        pytest.skip(f"{request.param} cannot be installed here: {installed.stderr.strip()[-300:]}")
    return folder / "bin"


@pytest.mark.timeout(300)
def test_the_fingerprint_is_exported_and_the_issue_stored(vendor, workplace, listener, e2e):
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    workplace.write("app.py", APP)
    port = e2e.free_port()
    process = workplace.start(
        vendor / "opentelemetry-instrument",
        *("flask", "--app", "app", "run", "--port", port),
        PATH=f"{vendor}{os.pathsep}{os.environ['PATH']}",
        OTEL_TRACES_EXPORTER="otlp",
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
        OTEL_EXPORTER_OTLP_ENDPOINT=listener.url,
        OTEL_BSP_SCHEDULE_DELAY=100,
    )
    e2e.wait_until(e2e.answers(port), what="flask answers")
    assert e2e.request(port, "/fail")[0] == 500
    (issue,) = e2e.wait_until(workplace.issues, what="the issue")

    def exported():
        return [
            {pair.key: pair.value.string_value for pair in span.attributes}.get("tocsin.error.fingerprint")
            for path, _, body in list(listener.received)
            if path == "/v1/traces"
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
            if span.name == "GET /fail"
        ]

    assert e2e.wait_until(exported, what="the span") == [issue.fingerprint]
    assert (issue.title, issue.count) == ("LookupError: nothing here", 1)
    (line,) = process.said()
    assert "service shop" in line

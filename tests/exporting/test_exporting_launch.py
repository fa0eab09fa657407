import os
import subprocess
import sys
from pathlib import Path

import pytest

LAUNCHER = str(Path(sys.executable).with_name("opentelemetry-instrument"))
PROGRAM = """
import logging
from opentelemetry import trace
for _ in range(3):
    with trace.get_tracer("t").start_as_current_span("s"):
        pass
    trace.get_tracer_provider().force_flush()
"""


@pytest.fixture
def launch(tmp_path):
    def launch(**environ):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "TOCSIN_"))}
        return subprocess.run(
            [LAUNCHER, sys.executable, "-c", PROGRAM],
            env=kept | {"TOCSIN_STORE": str(tmp_path / "tocsin.db"), **environ},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stderr.splitlines()

    return launch


def test_one_variable_says_where_everything_goes(launch, sink):
    (banner,) = launch(TOCSIN_OTLP_ENDPOINT=sink.url)
    assert f"telemetry → otlp {sink.url}" in banner
    assert set(sink.paths) >= {"/v1/traces", "/v1/metrics"}


def test_so_does_the_file(launch, sink, tmp_path):
    (tmp_path / "tocsin.yml").write_text(f"otlp_endpoint: {sink.url}\n")
    launch()
    assert "/v1/traces" in sink.paths


def test_the_standard_variable_is_stronger(launch, sink, nobody):
    launch(TOCSIN_OTLP_ENDPOINT=f"http://localhost:{nobody}", OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
    assert "/v1/traces" in sink.paths


@pytest.mark.parametrize(("protocol", "module"), [("grpc", "grpc.exporter"), ("http/protobuf", "http.trace_exporter")])
def test_nothing_listens_there_is_one_line(launch, nobody, protocol, module):
    pytest.importorskip(f"opentelemetry.exporter.otlp.proto.{module}")
    _banner, line = launch(TOCSIN_OTLP_ENDPOINT=f"http://localhost:{nobody}", OTEL_EXPORTER_OTLP_PROTOCOL=protocol)
    assert line.startswith(f"tocsin: nothing listens at localhost:{nobody}")

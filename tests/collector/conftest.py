"""Collectors that run what collector-config/ holds, and backends that they send to."""

import time

import pytest

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="reading OTLP needs opentelemetry-proto")

import otelcol
from processes import Processes

PATIENCE = 30.0


@pytest.fixture(scope="session")
def binary():
    return otelcol.find() or pytest.skip(
        "no OpenTelemetry Collector: run `make collector`, put otelcol-contrib on the PATH, or set OTELCOL_BIN"
    )


@pytest.fixture
def collector(binary, tmp_path):
    """Start Collectors: ``collector("agent", "agent.yaml", "exporters/file.yaml", GATEWAY_ENDPOINT=…)``."""
    with Processes(tmp_path) as processes:

        def start(name, *files, **env):
            return otelcol.Collector(binary, processes, name, files, env).start()

        yield start


@pytest.fixture
def wait_until():
    def wait_until(condition, *, what, patience=PATIENCE):
        """The condition's first true value; polls, because the other side is another process."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if found := condition():
                return found
            time.sleep(0.05)
        pytest.fail(f"not within {patience:g} s: {what}")

    return wait_until

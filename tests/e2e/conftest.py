"""A real application in real processes: launched, driven over HTTP, watched over OTLP and webhooks."""

import contextlib
import gzip
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tocsin.store import Store

PATIENCE = 30.0


def wait_until(condition, *, what, patience=PATIENCE):
    """The condition's first true value; polls, because the other side is another process."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail(f"not within {patience:g} s: {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Listener:
    """An HTTP server on loopback that keeps what it is sent."""

    def __init__(self):
        self.received = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                listener.received.append((self.path, dict(self.headers), body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def json(self):
        return [json.loads(body) for _, _, body in self.received]

    def alerts(self):
        """Every alert of every notification received, as (status, name, labels)."""
        return [
            (alert["status"], alert["labels"]["alertname"], alert["labels"])
            for notification in self.json()
            for alert in notification["alerts"]
        ]


@pytest.fixture
def listener():
    server = Listener()
    yield server
    server.close()


class Process:
    """A process of the application, with everything that it wrote."""

    def __init__(self, command, *, env, cwd, log):
        self.log = log
        with log.open("wb") as output:
            self._popen = subprocess.Popen(
                command, env=env, cwd=cwd, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.pid = self._popen.pid

    def output(self):
        return self.log.read_text(errors="replace")

    def said(self):
        """What Tocsin wrote to stderr."""
        return [line for line in self.output().splitlines() if line.startswith("tocsin: ")]

    def wait(self, timeout=PATIENCE):
        return self._popen.wait(timeout)

    def running(self):
        return self._popen.poll() is None

    def send(self, number):
        self._popen.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Ask the process to end, as an operator would; its exit code."""
        if self.running():
            self.send(number)
        try:
            return self.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)


class Workplace:
    """A folder with a store, and the processes that share it."""

    def __init__(self, folder):
        self.folder = folder
        self.store_path = folder / "tocsin.db"
        self.processes = []
        self.env = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "TOCSIN_"))},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(folder),
            "PYTHONUNBUFFERED": "1",
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "OTEL_SERVICE_NAME": "shop",
            "TOCSIN_STORE": str(self.store_path),
            "TOCSIN_FLUSH_INTERVAL": "100ms",
            "TOCSIN_METRIC_INTERVAL": "500ms",
            "TOCSIN_EVALUATION_INTERVAL": "500ms",
            "TOCSIN_GROUP_WAIT": "0s",
            "TOCSIN_GROUP_INTERVAL": "1s",
        }

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, *command, **env):
        process = Process(
            [str(part) for part in command],
            env=self.env | {key: str(value) for key, value in env.items()},
            cwd=self.folder,
            log=self.folder / f"{len(self.processes)}.log",
        )
        self.processes.append(process)
        return process

    def store(self):
        return Store(self.store_path)

    def issues(self):
        return self.store().issues.recent() if self.store_path.exists() else []

    def close(self):
        for process in reversed(self.processes):
            process.stop(signal.SIGKILL)


@pytest.fixture
def workplace(tmp_path) -> Iterator[Workplace]:
    place = Workplace(tmp_path)
    yield place
    place.close()


def request(port, path, *, method="GET"):
    """Status and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def answers(port, path="/health"):
    def ask():
        with contextlib.suppress(OSError, http.client.HTTPException):
            return request(port, path)[0] == 200

    return ask


@pytest.fixture(scope="session")
def e2e():
    """The helpers above, for tests that cannot import a conftest."""

    class Helpers:
        request = staticmethod(request)
        answers = staticmethod(answers)
        wait_until = staticmethod(wait_until)
        free_port = staticmethod(free_port)
        Listener = Listener
        Workplace = Workplace

    return Helpers

"""Flask under its development server, and what ends a server."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

pytest.importorskip("flask")
pytest.importorskip("opentelemetry.instrumentation.flask")
pytest.importorskip("opentelemetry.instrumentation.logging")

import flask
from opentelemetry.instrumentation.version import __version__ as instrumentation_version

from tocsin.store import Store


@pytest.mark.parametrize("orderly", [SystemExit, KeyboardInterrupt])
def test_what_ends_the_server_is_no_failure(host, serve_flask, orderly):
    def build(app):
        @app.get("/")
        def view():
            raise orderly

    call = serve_flask(host, build)
    with pytest.raises(orderly):
        call()
    assert host.issues() == []


def test_the_class_is_given_back(start):
    before = dict(vars(flask.app.Flask))
    host = start()
    assert dict(vars(flask.app.Flask)) != before
    host.capture.unhook()
    assert dict(vars(flask.app.Flask)) == before


DEBUGGED = """
from flask import Flask

app = Flask(__name__)


@app.get("/fail")
def view():
    raise LookupError("out of stock")


@app.get("/stream")
def stream():
    def chunks():
        yield "a"
        raise LookupError("half-way")
    return chunks()


@app.get("/abort")
def abort():
    return "sorry", 500


if __name__ == "__main__":
    app.run(port=PORT, debug=DEBUG, use_reloader=DEBUG)
"""

#: Older launchers leave the interpreters that a process starts alone: the reloader's child is one.
INHERITED = tuple(map(int, re.findall(r"\d+", instrumentation_version)[:2])) >= (0, 66)


@pytest.mark.parametrize(
    "debug",
    [
        pytest.param(True, marks=pytest.mark.skipif(not INHERITED, reason="newer launchers instrument children")),
        False,
    ],
)
def test_the_development_server_with_debugger_and_reloader(tmp_path, debug):
    port = free_port()
    script = tmp_path / "serve.py"
    script.write_text(DEBUGGED.replace("PORT", str(port)).replace("DEBUG", str(debug)))
    store = Store(tmp_path / "tocsin.db")
    environment = os.environ | {
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_SERVICE_NAME": "shop",
        "TOCSIN_STORE": str(store.path),
        "TOCSIN_FLUSH_INTERVAL": "50ms",
        "TOCSIN_EVALUATE": "false",
    }
    command = [str(Path(sys.executable).parent / "opentelemetry-instrument"), sys.executable, str(script)]
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for path in ("/fail", "/stream", "/abort"):
            fetch(f"http://127.0.0.1:{port}{path}")
        found = wait_for(lambda: len(store.issues.recent()) >= 3 and store.issues.recent(), server)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
    assert sorted((issue.title, issue.count, issue.handled) for issue in store.issues.recent()) == [
        ("500 at /abort", 1, False),
        ("LookupError: half-way", 1, False),
        ("LookupError: out of stock", 1, False),
    ], found


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url):
    """Whatever is answered, once the server is up."""
    deadline = time.monotonic() + 40
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return response.read()
        except HTTPError as error:
            return error.read()
        except OSError as error:
            if isinstance(error, ConnectionResetError) or time.monotonic() > deadline:
                return None
            time.sleep(0.05)
        except Exception:  # noqa: BLE001  what is cut off half-way
            return None


def wait_for(condition, server):
    deadline = time.monotonic() + 20
    while not (found := condition()):
        assert server.poll() is None
        if time.monotonic() > deadline:
            return found
        time.sleep(0.05)
    return found

import logging
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tocsin.doctor.signals import check_signals
from tocsin.exporting.destinations import launched


@pytest.fixture
def backend():
    """Takes traces, refuses metrics, and knows no logs."""
    paths = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            paths.append((self.path, self.headers.get("Authorization")))
            self.send_response({"/v1/traces": 200, "/v1/metrics": 401}.get(self.path, 404))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()
        thread.join()


def test_each_signal_is_sent_and_the_answer_told(backend):
    url, paths = backend
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=key",
    }
    before = dict(os.environ)
    traces, metrics, logs = check_signals(launched(environ))
    assert (traces.name, traces.status) == ("test traces", "ok")
    assert traces.found.startswith(f"{url} has taken it after ")
    assert (metrics.status, logs.status) == ("broken", "broken")
    assert "401" in metrics.found
    assert "404" in logs.found
    assert paths == [(f"/v1/{signal}", "key") for signal in ("traces", "metrics", "logs")]
    assert dict(os.environ) == before
    assert logging.getLogger("opentelemetry").propagate


def test_nothing_is_sent_to_an_endpoint_that_is_down_or_that_speaks_no_otlp():
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_LOGS_EXPORTER": "console"}
    assert list(check_signals(launched(environ))) == []

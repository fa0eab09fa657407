from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from tocsin.notify import Notification, NotifiedAlert

BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
ENDED = datetime(2026, 3, 1, 12, 5, tzinfo=timezone.utc)


def _alert(status="firing", **labels):
    return NotifiedAlert(
        status=status,
        labels={"alertname": "HighLatency", "severity": "critical", **labels},
        annotations={"summary": "95 % of requests take > 2 s", "value": "2.31 s"},
        starts_at=BEGAN,
        fingerprint="0123456789abcdef",
        **({"ends_at": ENDED} if status == "resolved" else {}),
    )


def _notification(*alerts):
    alerts = alerts or (_alert(),)
    return Notification(
        receiver="team",
        status="firing" if any(alert.status == "firing" for alert in alerts) else "resolved",
        alerts=alerts,
        group_labels={"alertname": "HighLatency"},
        common_labels={"alertname": "HighLatency", "severity": "critical"},
        common_annotations={},
        external_url="https://tocsin.example/",
        group_key='{}:{alertname="HighLatency"}',
    )


@pytest.fixture
def make_alert():
    return _alert


@pytest.fixture
def make_notification():
    return _notification


@pytest.fixture
def server(monkeypatch):
    """An HTTP server on loopback: set `status`, `headers`, `body`, `hang` or `reset`; look at `requests`."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    state = SimpleNamespace(status=200, headers={}, body=b"ok", hang=False, reset=False, requests=[])
    released = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.requests.append(SimpleNamespace(path=self.path, headers=self.headers, body=body))
            if state.hang:
                released.wait(10)
            if state.hang or state.reset:
                self.close_connection = True
                return
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.url = f"http://127.0.0.1:{listening.server_port}/services/T0SECRET/B0SECRET"
        yield state
        released.set()
        listening.shutdown()
        thread.join()

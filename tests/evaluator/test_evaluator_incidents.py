"""What receivers keep open elsewhere follows the alert, whichever process evaluates."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tocsin.alerting.life import acknowledged

RULES = """
groups:
- name: shop
  rules:
  - {alert: Busy, expr: sum(orders) > 5, labels: {severity: critical}}
"""


@pytest.fixture
def provider():
    """Slack and PagerDuty in one: its address, and the last part of the path and the body of what it took."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            taken.append((self.path.rpartition("/")[2], body))
            answer = b'{"ok": true, "channel": "C1", "ts": "17.1"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_message_and_an_incident_follow_the_alert_though_evaluators_change(scene, provider):
    url, taken = provider
    slack = {"app_token": "x", "app_url": f"{url}/chat.postMessage", "channel": "#a"}
    notify = {"default": {"slack": slack, "pagerduty": {"routing_key": "0" * 32, "url": f"{url}/enqueue"}}}
    settings = {"rules": (scene.write("rules.yml", RULES),), "notify": notify, "alert_file": None}
    first, second = scene.candidate(**settings), scene.candidate(**settings)
    shop = scene.process("shop")
    orders = shop.meter.create_gauge("orders")

    def until(candidate, value, words):
        for _ in range(12):
            orders.set(value)
            shop.collect()
            scene.step(candidate)
        assert scene.told() == []
        assert sorted(body.get("event_action", path) for path, body in taken) == words
        taken.clear()

    until(first, 9, ["chat.postMessage", "trigger"])
    [alert] = scene.store().alerts.current()
    scene.store().standings.put(acknowledged(alert, at=scene.clock.now, actor="me"))
    first.leave(timeout=10)
    until(second, 9, ["acknowledge"])
    until(second, 1, ["chat.update", "resolve"])

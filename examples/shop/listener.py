"""A webhook receiver on loopback, which keeps what it is told."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification, in Alertmanager's webhook format, and when it came."""

    at: float
    notification: dict[str, Any]


@dataclass(slots=True)
class Listener:
    """Listens as long as a ``with`` block."""

    deliveries: list[Delivery] = field(default_factory=list)
    server: ThreadingHTTPServer = field(init=False)

    def __enter__(self) -> "Listener":  # noqa: PYI034  Self is newer than the oldest Python here
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.deliveries))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/alerts"

    def alerts(self) -> Iterator[tuple[Delivery, dict[str, Any]]]:
        """Every alert of every delivery, in the order in which they came."""
        for delivery in list(self.deliveries):
            for alert in delivery.notification["alerts"]:
                yield delivery, alert


def _handler(deliveries: list[Delivery]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            deliveries.append(Delivery(time.time(), json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the demonstration shows what was delivered."""

    return Handler

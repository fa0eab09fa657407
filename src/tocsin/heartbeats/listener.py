"""Signs of life by HTTP, for what runs no Python: requests to `/heartbeat/NAME`, and `/start` or `/fail` below it."""

import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from tocsin.heartbeats.sign import sign
from tocsin.store import Beat, Store, StoreError

#: Seconds for one request; they are answered one after the other.
TIMEOUT = 2.0
PREFIX = "/heartbeat/"
_STATUSES = {"": "ok", "ok": "ok", "start": "started", "fail": "failed"}
_TERMS = {"every", "grace", "severity", "note"}


class Listener:
    """Answers 200 once the sign is in the store. Who can reach the address can give signs: it asks for no password.

    Raises:
        OSError: the address cannot be listened on.
    """

    def __init__(self, address: tuple[str, int], store: Store) -> None:
        self._server = HTTPServer(address, _handler(store))
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="tocsin-heartbeats", daemon=True)

    def start(self) -> None:
        """Answer requests in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def address(text: str) -> tuple[str, int]:
    """From `HOST:PORT`, `:PORT` or `[::1]:PORT`.

    Raises:
        ValueError: it is none of these.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{text!r} is no address, write one like 127.0.0.1:9095")
    return host.strip("[]"), int(port)


def requested(target: str, *, at: float) -> Beat | None:
    """The sign that a request for that path and query gives; None where it is no such path.

    Raises:
        ValueError: a part of it cannot be used.
    """
    parts = urlsplit(target)
    if not parts.path.startswith(PREFIX):
        return None
    name, _, status = parts.path.removeprefix(PREFIX).partition("/")
    if status not in _STATUSES:
        raise ValueError(f"/{status} is not known, use /start, /fail, or nothing")
    given = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if unknown := given.keys() - _TERMS:
        raise ValueError(f"{', '.join(sorted(unknown))}: not known, known are {', '.join(sorted(_TERMS))}")
    return sign(
        unquote(name),
        at=at,
        status=_STATUSES[status],
        every=given.get("every"),
        grace=given.get("grace"),
        severity=given.get("severity", ""),
        note=given.get("note", ""),
    )


def _handler(store: Store) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = TIMEOUT
        server_version, sys_version = "tocsin", ""

        def do_GET(self) -> None:
            status, said = _answer(store, self.path)
            body = f"{said}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_POST = do_HEAD = do_GET  # noqa: N815  the names are the library's

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's
            """Nothing: a sign of life is no news."""

    return Handler


def _answer(store: Store, target: str) -> tuple[HTTPStatus, str]:
    try:
        beat = requested(target, at=time.time())
        if beat is None:
            return HTTPStatus.NOT_FOUND, f"ask for {PREFIX}NAME"
        refused = store.heartbeats.record([beat])
    except ValueError as error:
        return HTTPStatus.BAD_REQUEST, str(error)
    except StoreError:
        return HTTPStatus.SERVICE_UNAVAILABLE, "the store cannot be written"
    return (HTTPStatus.INSUFFICIENT_STORAGE, "there are too many heartbeats") if refused else (HTTPStatus.OK, "ok")

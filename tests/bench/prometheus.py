"""The real Prometheus beside Tocsin: the samples of one head in the other's."""

import json
import os
import socket
import struct
import subprocess
import tempfile
import time
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode

from tocsin.promql import evaluate, parse

#: Series that are written at a time.
TOGETHER = 2000


def binary():
    """The installed server; None where there is none."""
    folder = Path(os.environ.get("TOCSIN_ORACLES", Path(__file__).parents[2] / ".oracles"))
    found = folder / "bin" / "prometheus"
    return found if found.exists() else None


class Prometheus:
    """A server of its own on a free port. `series` are written to it as a remote writer does, so that they are in the
    part of its database that its rules look at too.
    """

    def __init__(self, binary, series):
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        (folder / "prometheus.yml").write_text("global: {}")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        options = (
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-remote-write-receiver",
        )
        self._process = subprocess.Popen([binary, *options], stderr=subprocess.DEVNULL)
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._wait()
        series = iter(series)
        while together := list(islice(series, TOGETHER)):
            self._write(together)

    def query(self, text, at):
        """Milliseconds of evaluation, as the server measured it itself, and the number of series found."""
        answer = json.loads(
            self._ask("GET", f"/api/v1/query?{urlencode({'query': text, 'time': at, 'stats': 'true'})}")
        )
        return answer["data"]["stats"]["timings"]["evalTotalTime"] * 1000, len(answer["data"]["result"])

    def close(self):
        self._connection.close()
        self._process.terminate()
        self._process.wait(30)
        self._folder.cleanup()

    def _write(self, series):
        headers = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"}
        self._ask("POST", "/api/v1/write", snappy(b"".join(field(1, time_series(one)) for one in series)), headers)

    def _wait(self):
        deadline = time.monotonic() + 30
        while True:
            try:
                return self._ask("GET", "/-/ready")
            except (OSError, ConnectionError):
                self._connection.close()
                assert self._process.poll() is None, "prometheus did not start"
                assert time.monotonic() < deadline, "prometheus is not ready"
                time.sleep(0.05)

    def _ask(self, method, path, body=None, headers=None):
        self._connection.request(method, path, body, headers or {})
        response = self._connection.getresponse()
        answer = response.read()
        if response.status == 503:
            raise ConnectionError(answer)
        assert response.status < 300, f"{method} {path[:200]}: {response.status} {answer[:500]}"
        return answer


def everything(head, until):
    """All series of a head."""
    return evaluate(parse('{__name__=~".+"}[10y]'), head, until).series


def time_series(series):
    """Protobuf's `prometheus.TimeSeries`: labels, and samples of a double and milliseconds."""
    labels = (field(1, field(1, name.encode()) + field(2, value.encode())) for name, value in series.labels)
    samples = (
        field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(at_ms)) for at_ms, value in series.samples
    )
    return b"".join((*labels, *samples))


def field(number, content):
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(number):
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def snappy(content):
    """Snappy's format without compression: literals only."""
    chunks = (content[start : start + 60_000] for start in range(0, len(content), 60_000))
    return varint(len(content)) + b"".join(b"\xf4" + struct.pack("<H", len(chunk) - 1) + chunk for chunk in chunks)

"""The real Alertmanager, as a process that tests and measurements talk to."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

PATIENCE = 20.0
HOUR = 3600.0
#: Where Debian's build looks for its templates once it is installed; ours is only unpacked.
TEMPLATES = "/usr/share/prometheus/alertmanager"


class Alertmanager:
    """Runs while the block lasts; `fire`, `resolve`, `silence` and `unsilence` go through its API."""

    def __init__(self, oracles, configuration, folder):
        self._oracles = oracles
        self._configuration = configuration
        self._folder = folder
        self._port = _free_port()
        self._silences = {}

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self):
        file = self._folder / "alertmanager.yml"
        file.write_text(self._configuration)
        address = f"127.0.0.1:{self._port}"
        command = [self._binary(), "--config.file", file, "--storage.path", self._folder / "data"]
        command += ["--web.listen-address", address, "--cluster.listen-address=", "--log.level=error"]
        with (self._folder / "log").open("w") as log:
            self.process = subprocess.Popen(list(map(str, command)), stderr=log, cwd=self._folder)
        deadline = time.monotonic() + PATIENCE
        while not self._is_ready():
            assert self.process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def post_alerts(self, alerts):
        self.request("POST", "alerts", alerts)

    def fire(self, labels, now, age=0.0):
        self.post_alerts([{"labels": labels, "startsAt": rfc3339(now - age), "endsAt": rfc3339(now + HOUR)}])

    def resolve(self, labels, now):
        self.post_alerts([{"labels": labels, "startsAt": rfc3339(now - HOUR), "endsAt": rfc3339(now)}])

    def silence(self, name, matchers, now, begin, end):
        times = {"startsAt": rfc3339(now + begin), "endsAt": rfc3339(now + end)}
        answer = self.request("POST", "silences", {"matchers": matchers, "createdBy": "me", "comment": "x", **times})
        self._silences[name] = answer["silenceID"]

    def unsilence(self, name, now):
        self.request("DELETE", f"silence/{self._silences[name]}")

    def request(self, method, path, body=None):
        """An answer of the API, decoded."""
        request = urllib.request.Request(
            f"{self.url}/api/v2/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def _binary(self):
        """A copy that looks for its templates in the folder in which it runs, under a name of the same length."""
        here = "./" * ((len(TEMPLATES) - len(name := "templates")) // 2) + name
        here += "/" * (len(TEMPLATES) - len(here))
        copy = self._folder / "alertmanager"
        content = (self._oracles / "bin" / "prometheus-alertmanager").read_bytes()
        copy.write_bytes(content.replace(TEMPLATES.encode(), here.encode()))
        copy.chmod(0o700)
        (self._folder / "templates").symlink_to(self._oracles.absolute() / f"root{TEMPLATES}")
        return copy

    def _is_ready(self):
        try:
            return bool(self.request("GET", "status"))
        except urllib.error.URLError:
            return False


def rfc3339(at):
    return datetime.fromtimestamp(at, tz=timezone.utc).isoformat(timespec="microseconds")


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]

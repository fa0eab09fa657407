"""A real Prometheus that takes OTLP and remote write, as the backend of the Collector's two files for it."""

import http.client
import json
import os
import shutil
import subprocess
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from otelcol import ROOT
from processes import Process, Processes, free_port

RECEIVER = "web.enable-otlp-receiver"
CONFIG = """\
global: {{evaluation_interval: 1s}}
rule_files: [{rules}]
"""


def find() -> str | None:
    """PROMETHEUS_BIN, what `.ci/prometheus` built, or the one on the PATH if it takes OTLP: Debian's does not."""
    if named := os.environ.get("PROMETHEUS_BIN"):
        return named
    candidates = (shutil.which(ROOT / ".collector" / "prometheus"), shutil.which("prometheus"))
    return next((path for path in candidates if path and _takes_otlp(path)), None)


def _takes_otlp(binary: str) -> bool:
    return RECEIVER in subprocess.run([binary, "--help"], capture_output=True, text=True, check=False).stdout


@dataclass(slots=True)
class Prometheus:
    """Evaluates a rule file, every second; what it writes is in the folder of `processes`, under its name."""

    binary: str
    processes: Processes
    rule_file: Path | None = None
    name: str = "prometheus"
    port: int = field(default_factory=free_port)
    process: Process = field(init=False)

    @property
    def by_otlp(self) -> dict[str, str]:
        """What exporters/prometheus.yaml reads."""
        return {"PROMETHEUS_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}/api/v1/otlp"}

    @property
    def by_remote_write(self) -> dict[str, str]:
        """What exporters/prometheus-remote-write.yaml reads."""
        return {"PROMETHEUS_REMOTE_WRITE_ENDPOINT": f"http://127.0.0.1:{self.port}/api/v1/write"}

    def start(self) -> "Prometheus":
        """Return when it is ready."""
        folder = self.processes.folder
        config = folder / f"{self.name}.yml"
        config.write_text(CONFIG.format(rules=self.rule_file or ""))
        options = (
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / self.name}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--{RECEIVER}",
            "--web.enable-remote-write-receiver",
        )
        self.process = self.processes.start(self.name, [self.binary, *options])
        self.process.wait_until(self._ready, what="readiness")
        return self

    def series(self, selector: str) -> set[tuple[tuple[str, str], ...]]:
        """The labels of all that it has, each sorted by name."""
        return {tuple(sorted(labels.items())) for labels in self.ask("series", {"match[]": selector})}

    def evaluate(self, rule_file: Path) -> None:
        """Another file from now on."""
        self.process.stop()
        self.rule_file = rule_file
        self.start()

    def rules(self) -> list[dict]:
        """What it says of each, with its alerts."""
        return [rule for group in self.ask("rules", {})["groups"] for rule in group["rules"]]

    def ask(self, what: str, parameters: dict[str, str]):
        """The `data` of its HTTP API's answer."""
        status, body = self._get(f"/api/v1/{what}?{urlencode(parameters)}")
        assert status == 200, body
        return json.loads(body)["data"]

    def _ready(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self._get("/-/ready")[0] == 200
        return False

    def _get(self, path: str) -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()

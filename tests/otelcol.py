"""A real OpenTelemetry Collector, running what collector-config/ holds."""

import http.client
import os
import re
import shutil
import sys
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "collector-config"
NAMES = ("otelcol-tocsin", "otelcol-contrib", "otelcol")

sys.path.append(str(ROOT / "examples" / "shop"))

from processes import Process, Processes, free_port  # noqa: E402  found by the line above


def find() -> str | None:
    """OTELCOL_BIN, what `make collector` built, or the first of the usual names on the PATH."""
    built = ROOT / ".collector" / NAMES[0]
    named = os.environ.get("OTELCOL_BIN") or (str(built) if built.exists() else None)
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def arguments(*files: str | Path) -> list[str]:
    """``--config`` for each, in order; names are of collector-config/."""
    return [f"--config={CONFIG / file}" for file in files]


@dataclass(slots=True)
class Collector:
    """Listens on ports of its own, and keeps them, its queue and its file over restarts."""

    binary: str
    processes: Processes
    name: str
    files: tuple[str | Path, ...]
    env: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in _PORTS})
    process: Process = field(init=False)
    starts: int = 0

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.ports['http']}"

    @property
    def grpc(self) -> str:
        return f"http://127.0.0.1:{self.ports['grpc']}"

    @property
    def file(self) -> Path:
        """Where exporters/file.yaml writes."""
        return self.processes.folder / f"{self.name}.jsonl"

    def start(self) -> "Collector":
        """Return when it says that it is healthy."""
        self.starts += 1
        self.process = self.processes.start(
            f"{self.name}-{self.starts}", [self.binary, *arguments(*self.files)], env=self._environment()
        )
        self.process.wait_until(self._healthy, what="health")
        return self

    def kill(self) -> None:
        """As ``kill -9`` does."""
        self.process.popen.kill()
        self.process.popen.wait()

    def stop(self) -> None:
        self.process.stop()

    def says(self, metric: str) -> float:
        """The sum of all series of one of its own metrics, whose name begins so."""
        values = re.findall(rf"^{metric}\S* (\S+)$", self._get("metrics", "/metrics").decode(), re.MULTILINE)
        return sum(map(float, values))

    def _healthy(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return b"Server available" in self._get("health", "/")
        return False

    def _get(self, port: str, path: str) -> bytes:
        with closing(http.client.HTTPConnection("127.0.0.1", self.ports[port], timeout=5)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read()

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "COLLECTOR_GRPC": f"127.0.0.1:{self.ports['grpc']}",
            "COLLECTOR_HTTP": f"127.0.0.1:{self.ports['http']}",
            "COLLECTOR_HEALTH": f"127.0.0.1:{self.ports['health']}",
            "COLLECTOR_METRICS_HOST": "127.0.0.1",
            "COLLECTOR_METRICS_PORT": str(self.ports["metrics"]),
            "COLLECTOR_STORAGE": str(self.processes.folder / f"{self.name}-queue"),
            "COLLECTOR_FILE": str(self.file),
            **self.env,
        }


_PORTS = ("grpc", "http", "health", "metrics")

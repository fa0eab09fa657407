"""The whole shop on one machine and on loopback, with everything that it writes in one folder."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import requests

import faults
from processes import Process, Processes, free_port
from signatures import PAYMENTS, STOREFRONT, WORKER, Request

HERE = Path(__file__).parent
PYTHON_M = (sys.executable, "-m")
ANSWER_SECONDS = 30

CELERY = ("celery", "--app", "worker.app", "worker", "--pool", "prefork", "--concurrency", "2", "--loglevel", "INFO")
GUNICORN = ("gunicorn", "--no-control-socket")
INIT_DB = ("flask", "--app", "storefront.app", "init-db")


@dataclass(frozen=True, slots=True)
class Shop:
    url: str
    board: Path
    worker: Process
    payments: Process
    storefront: Process

    def turn(self, switch: str, *, on: bool) -> None:
        faults.turn(switch, on=on, board=self.board)

    def send(self, request: Request, *, headers: Mapping[str, str] | None = None) -> requests.Response:
        url = self.url + request.path
        return requests.request(
            request.method, url, json=request.json, data=request.text, headers=headers, timeout=ANSWER_SECONDS
        )


def open_shop(
    processes: Processes,
    *,
    launchers: Mapping[str, Sequence[str]] = MappingProxyType({}),
    environment: Mapping[str, str] | None = None,
) -> Shop:
    """Return when every service is ready.

    ``launchers`` are put before the commands of the services that they name: ``opentelemetry-instrument``, say, from
    the PATH or by an absolute path. ``environment`` adds to this process's own. A service finds its name in
    ``OTEL_SERVICE_NAME``.
    """
    port, payments_port = free_port(), free_port()
    settings = {**_settings(processes.folder, payments_port=payments_port), **(environment or {})}

    def start(name: str, *module: str) -> Process:
        env = settings | {"OTEL_SERVICE_NAME": name}
        return processes.start(name, [*launchers.get(name, ()), *PYTHON_M, *module], cwd=HERE, env=env)

    subprocess.run([*PYTHON_M, *INIT_DB], cwd=HERE, env=settings, check=True)
    worker = start(WORKER, *CELERY)
    payments = start(PAYMENTS, *GUNICORN, "--bind", f"127.0.0.1:{payments_port}", "payments.app:app")
    storefront = start(STOREFRONT, *GUNICORN, "--bind", f"127.0.0.1:{port}", "--workers", "2", "storefront.app:app")
    worker.wait_for_log(" ready.")
    payments.wait_for_port(payments_port)
    storefront.wait_for_port(port)
    return Shop(f"http://127.0.0.1:{port}", _board(processes.folder), worker, payments, storefront)


def _settings(folder: Path, *, payments_port: int) -> dict[str, str]:
    return os.environ | {
        "NO_PROXY": "127.0.0.1",
        "SHOP_BROKER": str(folder / "broker"),
        "SHOP_DATABASE": str(folder / "shop.db"),
        "SHOP_FAULTS": str(_board(folder)),
        "SHOP_PAYMENTS_URL": f"http://127.0.0.1:{payments_port}",
    }


def _board(folder: Path) -> Path:
    return folder / "faults.json"

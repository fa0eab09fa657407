"""Processes that live as long as a ``with`` block.

    with Processes(folder) as processes:
        web = processes.start("web", ["gunicorn", "--bind", f"127.0.0.1:{port}", "shop:app"])
        web.wait_for_port(port)

Each is the leader of a process group of its own, so that Ctrl-C at the terminal reaches only the parent, which then
stops its children in reverse order. Nothing survives the block, however it is left: a group that has not ended
``STOP_SECONDS`` after SIGTERM, or at a second Ctrl-C, is killed.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.05
START_SECONDS = 60
STOP_SECONDS = 15


@dataclass(slots=True)
class Process:
    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    """All that it printed, to stdout and stderr."""
    stopped: bool = False

    def wait_for_port(self, port: int) -> None:
        self.wait_until(lambda: _answers(port), what=f"port {port} to answer")

    def wait_for_log(self, text: str) -> None:
        self.wait_until(lambda: text in self.printed(), what=f"{text!r} in its log")

    def wait_until(self, condition: Callable[[], bool], *, what: str, seconds: float = START_SECONDS) -> None:
        """Return as soon as the condition holds.

        Raises:
            RuntimeError: the process ended instead, or the time is over; with the end of the log.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise self._failure(f"waited {seconds:g} s for {what}")
            with suppress(subprocess.TimeoutExpired):
                raise self._failure(f"ended with {self.popen.wait(POLL_SECONDS)}, before {what}")

    def printed(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        """Let it finish, then kill what is left of its group. Once is enough, twice does no harm."""
        if self.stopped:
            return
        try:
            self.popen.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(STOP_SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()
            self.stopped = True

    def _failure(self, happened: str) -> RuntimeError:
        return RuntimeError(f"{self.name}: {happened}. The end of {self.log}:\n{self.printed()[-2000:]}")


class Processes(ExitStack):
    """Logs go to ``folder/NAME.log``."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)

    def start(
        self, name: str, command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Process:
        """``cwd`` and ``env`` are those of ``subprocess.Popen``."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process = Process(name, popen, log)
        self.callback(process.stop)
        return process


def free_port() -> int:
    """A loopback port that nobody holds at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False

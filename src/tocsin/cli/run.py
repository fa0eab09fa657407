"""`tocsin run`: the application as a child, and the evaluation of its rules beside it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import click

from tocsin.cli.options import load_settings, store_option
from tocsin.config import variable
from tocsin.exporting.environment import completion
from tocsin.exporting.launch import installed_protocols
from tocsin.launcher import LAUNCHER, find_launcher
from tocsin.notices import notices
from tocsin.store import Store

NOT_FOUND = 127
KILLED = 128

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
#: What Ctrl-C and Ctrl-\ send, to every process in the foreground of the terminal.
_FROM_TERMINAL = {signal.SIGINT, signal.SIGQUIT}


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="[--] CMD...")
@click.option(
    "--heartbeat-address",
    metavar="HOST:PORT",
    help="Take signs of life there: a request to /heartbeat/NAME, ?every=1d&grace=1h; /start and /fail behind it.",
)
@store_option
def run(*, command: tuple[str, ...], heartbeat_address: str | None, store: Path | None) -> None:
    """Run CMD with OpenTelemetry in it, and evaluate its rules here instead of in one of its processes.

    The signals TERM, INT, HUP, QUIT, USR1 and USR2 go on to CMD. Leaves with the exit code of CMD, with 128 + the
    number of the signal that ended it, or with 127 where CMD is not found. After CMD has ended, rules are evaluated a
    last time and what is to be sent is sent, within the exit timeout.
    """
    argv = _instrumented(command)
    settings = load_settings(store)
    if find_spec("numpy") is None:
        notices.say("rules are not evaluated: pip install 'tocsin[engine]'")
    from tocsin.evaluator.standalone import standalone  # noqa: PLC0415  other commands start faster without

    # For the metrics that are measured here; the launcher would do the same for CMD.
    os.environ.update(completion(os.environ, endpoint=settings.config.otlp_endpoint, protocols=installed_protocols()))
    child = Child(argv, environ={**os.environ, variable("store"): str(settings.config.store)})
    for number in _FORWARDED:
        signal.signal(number, child.forward)
    with _heartbeats(heartbeat_address, settings.config.store), standalone(settings):
        code = child.run()
    sys.exit(code)


@contextmanager
def _heartbeats(address: str | None, store: Path) -> Iterator[None]:
    """Signs of life are taken while the block lasts, where an address says so."""
    from tocsin.heartbeats import listener  # noqa: PLC0415  only those need it who ask for it

    if address is None:
        yield
        return
    try:
        taking = listener.Listener(listener.address(address), Store(store))
    except (OSError, ValueError, OverflowError) as error:
        raise click.BadParameter(f"{address}: {error}", param_hint="--heartbeat-address") from error
    taking.start()
    try:
        yield
    finally:
        taking.stop()


class Child:
    """A process that gets the signals of this one."""

    def __init__(self, argv: list[str], *, environ: dict[str, str]) -> None:
        self._argv = argv
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def run(self) -> int:
        """Start it, wait for its end; the exit code as a shell gives it."""
        self._process = subprocess.Popen(self._argv, env=self._environ)  # noqa: S603  what the user asked for
        for number in self._early:
            self._process.send_signal(number)
        code = self._process.wait()
        return KILLED - code if code < 0 else code

    def forward(self, number: int, _frame: FrameType | None) -> None:
        """Pass a signal on, unless the child has it already; one that comes before the child waits for it."""
        if number in _FROM_TERMINAL and _in_foreground():
            return
        if self._process is None:
            self._early.append(number)
        else:
            self._process.send_signal(number)


def _in_foreground() -> bool:
    """Whether this process, and with it the child, is in the foreground of a terminal."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _instrumented(command: tuple[str, ...]) -> list[str]:
    """The command under the launcher. Leaves with 127 where either is not found."""
    if Path(command[0]).name == LAUNCHER:
        return [_executable(command[0]), *command[1:]]
    _executable(command[0])
    return [str(find_launcher() or _executable(LAUNCHER)), *command]


def _executable(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        click.echo(f"tocsin: {name}: command not found", err=True)
        sys.exit(NOT_FOUND)
    return path

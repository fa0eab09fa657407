import os
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

pytest.importorskip("click")
pytest.importorskip("numpy")

INSTRUMENTED = "from opentelemetry import trace; print(type(trace.get_tracer_provider()).__name__)"
HOLDER = """
import fcntl, os, sys
with open(os.environ["TOCSIN_STORE"] + "-evaluator", "rb") as file:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        print(int(file.read()) == os.getppid())
"""
#: Says that it is ready, counts every interruption, and leaves with 40 + their number when it is told to end.
PATIENT = """
import os, signal, sys
reader, writer = os.pipe()
os.set_blocking(writer, False)
signal.set_wakeup_fd(writer)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: None)
print("ready", flush=True)
interrupts = 0
while os.read(reader, 1)[0] == signal.SIGINT:
    interrupts += 1
    print("interrupted", flush=True)
sys.exit(40 + interrupts)
"""
#: Gets a terminal as its controlling one, as a shell's job has it, and becomes the command.
IN_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
TOCSIN = (sys.executable, "-c", "from tocsin.cli import main; main()")


@pytest.fixture
def environ(tmp_path):
    silent = {f"OTEL_{name}_EXPORTER": "none" for name in ("TRACES", "METRICS", "LOGS")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **silent, "PATH": path, "TOCSIN_STORE": str(tmp_path / "tocsin.db")}


def run(environ, *command, arguments=()):
    whole = [*TOCSIN, "run", *arguments, "--", *command]
    return subprocess.run(whole, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def started(environ):
    """Start a command under `tocsin run`, wait until it is ready; it is gone after the test."""
    processes = []

    def started(*command):
        process = subprocess.Popen([*TOCSIN, "run", *command], env=environ, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield started
    for process in processes:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.parametrize("code", [0, 7])
def test_it_leaves_with_the_exit_code_of_the_command(environ, code):
    assert run(environ, sys.executable, "-c", f"raise SystemExit({code})").returncode == code


def test_the_command_is_instrumented_once(environ):
    assert run(environ, sys.executable, "-c", INSTRUMENTED).stdout == "TracerProvider\n"
    answer = run(environ, "opentelemetry-instrument", sys.executable, "-c", INSTRUMENTED)
    assert answer.stdout == "TracerProvider\n"
    assert answer.stderr.count(" · service ") == 1


def test_it_holds_the_lock_before_the_command_begins(environ):
    assert run(environ, sys.executable, "-c", HOLDER).stdout == "True\n"


def test_the_command_has_the_same_store(environ, tmp_path):
    show = "import os; print(os.environ['TOCSIN_STORE'])"
    other = str(tmp_path / "other.db")
    assert run(environ, sys.executable, "-c", show, arguments=("--store", other)).stdout == f"{other}\n"


def test_options_after_the_command_are_its_own(environ):
    show = "import sys; print(sys.argv[1:])"
    assert run(environ, sys.executable, "-c", show, "--store", "--json").stdout == "['--store', '--json']\n"


def test_a_command_that_is_not_found(environ):
    answer = run(environ, "no-such-command")
    assert (answer.returncode, answer.stderr) == (127, "tocsin: no-such-command: command not found\n")


def test_no_command_is_wrong_usage(environ):
    assert run(environ).returncode == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_that_ends_the_command(started, number):
    process = started(sys.executable, "-c", "import signal; print('ready', flush=True); signal.pause()")
    process.send_signal(number)
    assert process.wait(timeout=60) == 128 + number


def test_the_command_decides_what_a_signal_means(started):
    process = started(sys.executable, "-c", PATIENT)
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "interrupted\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 41


def test_ctrl_c_reaches_the_command_once(environ):
    """The terminal interrupts both processes: to pass it on as well would be the second Ctrl-C that means `now`."""
    master, slave = os.openpty()
    command = [sys.executable, "-c", IN_TERMINAL, *TOCSIN, "run", sys.executable, "-c", PATIENT]
    process = subprocess.Popen(command, env=environ, stdin=slave, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        os.write(master, termios.tcgetattr(slave)[6][termios.VINTR])
        assert process.stdout.readline() == "interrupted\n"
        process.terminate()
        assert process.stdout.readline() == ""
        assert process.wait(timeout=60) == 41
    finally:
        process.kill()
        process.communicate(timeout=60)
        os.close(master)
        os.close(slave)

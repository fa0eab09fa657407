"""What Tocsin costs, beside what it is added to: ratios from one interleaved run.

Every mode is a process of its own; all are alive at once and are asked for one block of requests at a time in shuffled
order, so that a drift of the machine's speed meets all of them. Quote ratios, not microseconds.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
MODES = ("bare Flask", "OpenTelemetry", "OpenTelemetry + Tocsin", "sentry-sdk")
BLOCKS = {"/ok": 100, "/fail": 40}


class Sink(BaseHTTPRequestHandler):
    """Takes whatever is exported, and forgets it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.headers.get("Content-Length")
        if body is None:
            self.close_connection = True
        else:
            self.rfile.read(int(body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def command_of(mode, port, folder):
    """The command line and the environment of a mode."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "TOCSIN_", "SENTRY_"))}
    plain = [sys.executable, str(HERE / "subject.py")]
    if mode == "bare Flask":
        return plain, env
    if mode == "sentry-sdk":
        return [*plain, "--sentry", f"http://key@127.0.0.1:{port}/1"], env
    env |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SERVICE_NAME": "bench",
        "TOCSIN_STORE": str(folder / "tocsin.db"),
    }
    if mode == "OpenTelemetry":
        env["PYTHONPATH"] = str(HERE / "without")
    return [str(BIN / "opentelemetry-instrument"), *plain], env


class Subject:
    """A running mode."""

    def __init__(self, mode, port, folder):
        command, env = command_of(mode, port, folder)
        self._process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout.readline() == "ready\n", f"{mode} did not start"

    def ask(self, path, requests):
        self._process.stdin.write(f"{path} {requests}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait(30)


def measure_requests(subjects, rounds):
    """Blocks of every mode and path: {(mode, path): [(wall, cpu), …]}, one entry a round."""
    found = {(mode, path): [] for mode in subjects for path in BLOCKS}
    for number in range(-1, rounds):  # the first round warms up
        for mode, path in random.sample(sorted(found), len(found)):
            answer = subjects[mode].ask(path, BLOCKS[path])
            if number >= 0:
                found[mode, path].append(answer)
    return found


def measure_starts(port, folder, rounds):
    """CPU milliseconds from start to end of a process that serves nothing, by mode."""
    found = {mode: [] for mode in MODES}
    for _ in range(rounds):
        for mode in random.sample(MODES, len(MODES)):
            command, env = command_of(mode, port, folder)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            found[mode].append((after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000)
    return {mode: statistics.median(values) for mode, values in found.items()}


def ratio(found, mode, base, path):
    """The median over rounds of the ratio within a round."""
    pairs = zip(found[mode, path], found[base, path], strict=True)
    return statistics.median(mine[0] / other[0] for mine, other in pairs)


def report(found, starts, memory):
    print(f"{'':24}{'OK request':>22}{'failing request':>24}{'start, CPU':>13}{'memory, USS':>13}")
    print(f"{'':24}{'µs':>8}{'× bare':>7}{'× OTel':>7}{'µs':>10}{'× bare':>7}{'× OTel':>7}{'ms':>13}{'MB':>13}")
    for mode in MODES:
        row = f"{mode:24}"
        for path, width in (("/ok", 8), ("/fail", 10)):
            wall = statistics.median(answer[0] for answer in found[mode, path])
            row += (
                f"{wall:{width}.0f}{ratio(found, mode, MODES[0], path):7.2f}{ratio(found, mode, MODES[1], path):7.2f}"
            )
        print(f"{row}{starts[mode]:13.0f}{memory[mode]:13.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25, help="blocks of each mode and path (25)")
    rounds = parser.parse_args().rounds
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), server.server_address[1]
        subjects = {mode: Subject(mode, port, folder) for mode in MODES}
        found = measure_requests(subjects, rounds)
        memory = {mode: subject.ask("memory", 0) for mode, subject in subjects.items()}
        for subject in subjects.values():
            subject.close()
        starts = measure_starts(port, folder, max(3, rounds // 5))
    server.shutdown()
    report(found, starts, memory)
    seconds = time.monotonic() - begun
    print(f"{rounds} rounds of {BLOCKS['/ok']} OK and {BLOCKS['/fail']} failing requests in {seconds:.0f} s;")
    print("ratios are medians over rounds; the failing request raises through 12 frames and the application logs it.")


main()

"""What Tocsin costs, beside what it is added to: ratios from one interleaved run.

Every mode is a process of its own; all are alive at once and are asked for one block of requests at a time in shuffled
order, so that a drift of the machine's speed meets all of them. Quote ratios, not microseconds. Times are CPU times of
the whole process, threads that export included. The application's processes write; another one evaluates.
"""

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pieces

from tocsin.store import Store

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
BARE, OTEL, TOCSIN, SENTRY = MODES = ("bare Flask", "OpenTelemetry", "OpenTelemetry + Tocsin", "sentry-sdk")
BLOCKS = {"/ok": 100, "/fail": 40}
#: Failures of a round of the storm.
STORM, STORM_ROUNDS = 10_000, 10


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


def command_of(mode, port, folder, store):
    """The command line and the environment of a mode."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "TOCSIN_", "SENTRY_"))}
    plain = [sys.executable, str(HERE / "subject.py"), str(folder)]
    if mode == BARE:
        return plain, env
    if mode == SENTRY:
        return [*plain, "--sentry", f"http://key@127.0.0.1:{port}/1"], env
    env |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SERVICE_NAME": "bench",
        "TOCSIN_STORE": str(folder / f"{store}.db"),
    }
    if mode == OTEL:
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE / "without"), env.get("PYTHONPATH")]))
    return [str(BIN / "opentelemetry-instrument"), *plain], env


class Subject:
    """A running mode."""

    def __init__(self, mode, port, folder, store="tocsin"):
        command, env = command_of(mode, port, folder, store)
        self._process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._said = []
        threading.Thread(target=lambda: self._said.extend(self._process.stderr), daemon=True).start()
        #: CPU milliseconds until it could have served.
        self.start = self._answer()

    def ask(self, command, count):
        self._process.stdin.write(f"{command} {count}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self):
        return json.loads(self._process.stdout.readline())

    def close(self):
        """Seconds that the exit takes, and what of it was said on stderr."""
        said, begun = len(self._said), time.monotonic()
        self._process.stdin.close()
        self._process.wait(60)
        return time.monotonic() - begun, self._said[said:]


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
    """CPU milliseconds until a process is ready, by mode."""
    found = {mode: [] for mode in MODES}
    for _ in range(rounds):
        for mode in random.sample(MODES, len(MODES)):
            subject = Subject(mode, port, folder)
            found[mode].append(subject.start)
            subject.close()
    return {mode: statistics.median(values) for mode, values in found.items()}


def measure_storm(port, folder):
    """Blocks of failures by mode, and by how many megabytes each process has grown."""
    subjects = {mode: Subject(mode, port, folder, "storm") for mode in (OTEL, TOCSIN)}
    for subject in subjects.values():
        subject.ask("storm", STORM // 10)
    before = {mode: subject.ask("memory", 0) for mode, subject in subjects.items()}
    found = {(mode, "storm"): [] for mode in subjects}
    for _ in range(STORM_ROUNDS):
        for mode in random.sample(sorted(subjects), len(subjects)):
            found[mode, "storm"].append(subjects[mode].ask("storm", STORM))
    grown = {mode: subject.ask("memory", 0) - before[mode] for mode, subject in subjects.items()}
    for subject in subjects.values():
        subject.close()
    return found, grown


def measure_exits(folder):
    """Seconds that an exit takes with nobody at the endpoint, and what is said of it, by mode."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    found = {}
    for mode in (OTEL, TOCSIN):
        subject = Subject(mode, port, folder)
        subject.ask("/fail", 3)
        found[mode] = subject.close()
    return found


def ratio(found, mode, base, path):
    """The median over rounds of the ratio within a round."""
    pairs = zip(found[mode, path], found[base, path], strict=True)
    return statistics.median(mine[1] / other[1] for mine, other in pairs)


def median(found, mode, path):
    return statistics.median(cpu for _, cpu in found[mode, path])


def report(found, starts, memory):
    print(f"{'':24}{'OK request':>22}{'failing request':>24}{'start':>8}{'memory, USS':>13}")
    print(f"{'':24}{'µs':>8}{'× bare':>7}{'× OTel':>7}{'µs':>10}{'× bare':>7}{'× OTel':>7}{'ms':>8}{'MB':>13}")
    for mode in MODES:
        row = f"{mode:24}"
        for path, width in (("/ok", 8), ("/fail", 10)):
            cpu = median(found, mode, path)
            row += f"{cpu:{width}.0f}{ratio(found, mode, BARE, path):7.2f}{ratio(found, mode, OTEL, path):7.2f}"
        print(f"{row}{starts[mode]:8.0f}{memory[mode]:13.1f}")
    added = {mode: median(found, mode, "/fail") - median(found, base, "/fail") for mode, base in ADDED}
    print(f"a failing request costs {added[TOCSIN]:+.0f} µs with Tocsin, {added[SENTRY]:+.0f} µs with sentry-sdk")


#: What a mode is added to.
ADDED = ((TOCSIN, OTEL), (SENTRY, BARE))


def report_storm(found, grown, folder):
    store = Store(folder / "storm.db")
    issues = store.issues.recent(limit=10_000)
    kept = sum(len(store.issues.occurrences(issue.id)) for issue in issues)
    store.close()
    counted = sum(issue.count for issue in issues)
    failures = STORM * STORM_ROUNDS + STORM // 10
    speed = 1 / ratio(found, TOCSIN, OTEL, "storm")
    print(
        f"storm of {failures:,} failures: {speed:.2f} × the throughput of OpenTelemetry alone, {grown[TOCSIN]:+.1f} MB "
        f"instead of {grown[OTEL]:+.1f} MB; {counted:,} counted in {len(issues):,} issues, {kept:,} kept"
    )


def report_exits(exits):
    for mode, (seconds, said) in exits.items():
        print(f"exit with every endpoint dead, {mode}: {seconds:.1f} s, {len(said)} lines said")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25, help="blocks of each mode and path (25)")
    rounds = parser.parse_args().rounds
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), server.server_address[1]
        evaluating = [Store(folder / f"{name}.db") for name in ("tocsin", "storm")]
        for store in evaluating:
            store.lock.acquire()
        subjects = {mode: Subject(mode, port, folder) for mode in MODES}
        found = measure_requests(subjects, rounds)
        memory = {mode: subject.ask("memory", 0) for mode, subject in subjects.items()}
        for subject in subjects.values():
            subject.close()
        report(found, measure_starts(port, folder, max(3, rounds // 3)), memory)
        report_storm(*measure_storm(port, folder), folder)
        report_exits(measure_exits(folder))
    server.shutdown()
    pieces.report()
    seconds = time.monotonic() - begun
    print(f"{rounds} rounds of {BLOCKS['/ok']} OK and {BLOCKS['/fail']} failing requests, all in {seconds:.0f} s;")
    print("ratios are medians over rounds; the failing request raises through 12 frames and the application logs it.")


main()

"""The application behaves the same whatever of ours is broken, and a line on stderr says so."""

import os
import socket
import subprocess
import sys
import time

import pytest

pytest.importorskip("flask")
pytest.importorskip("opentelemetry.instrumentation.flask")

SCRIPT = """
import sys
from flask import Flask

app = Flask(__name__)


@app.get("/ok")
def ok():
    return "fine"


@app.get("/fail")
def fail():
    raise RuntimeError("on purpose")


client = app.test_client()
for path in ("/ok", "/fail", "/missing", "/ok"):
    response = client.get(path)
    print(path, response.status_code, len(response.data))
sys.exit(7)
"""

SAME = "/ok 200 4\n/fail 500 265\n/missing 404 207\n/ok 200 4\n"


@pytest.fixture
def run(workplace):
    workplace.write("script.py", SCRIPT)

    def run(**env):
        process = subprocess.run(
            ["opentelemetry-instrument", sys.executable, "script.py"],
            env=workplace.env | env,
            cwd=workplace.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        process.said = "\n".join(line for line in process.stderr.splitlines() if line.startswith("tocsin: "))
        return process

    return run


def test_the_application_alone_is_the_yardstick(run):
    plain = run(TOCSIN_ENABLED="false")
    assert (plain.stdout, plain.returncode) == (SAME, 7)
    assert plain.said == "tocsin: off, because of TOCSIN_ENABLED"


def test_with_tocsin_it_behaves_the_same(run, workplace):
    process = run()
    assert (process.stdout, process.returncode) == (SAME, 7)
    assert process.said.count("\n") == 0
    assert [(issue.title, issue.count) for issue in workplace.issues()] == [("RuntimeError: on purpose", 1)]


def test_store_unwritable(run, workplace):
    workplace.write("file", "")
    process = run(TOCSIN_STORE="file/tocsin.db")
    assert (process.stdout, process.returncode) == (SAME, 7)
    assert "nothing is saved and nobody is alerted: store file/tocsin.db" in process.said


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="needs root on Linux to make a full disk")
def test_disk_full(run, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        process = run(TOCSIN_STORE=str(disk / "tocsin.db"))
    finally:
        subprocess.run(["umount", disk], check=True)
    assert (process.stdout, process.returncode) == (SAME, 7)
    assert "nothing is saved and nobody is alerted: store" in process.said


def test_rule_file_broken(run, workplace):
    workplace.write("rules.yml", "groups: [{name: a, rules: [{alert: A, expr: 'sum('}]}]")
    process = run(TOCSIN_RULES="rules.yml")
    assert (process.stdout, process.returncode) == (SAME, 7)


def test_a_broken_rule_file_is_said_with_its_line_while_the_application_serves(workplace, e2e):
    workplace.write("rules.yml", "groups: [{name: a, rules: [{alert: A, expr: 'sum('}]}]")
    workplace.write("script.py", SCRIPT.partition("client =")[0])
    port = e2e.free_port()
    process = workplace.start(
        "opentelemetry-instrument", *("flask", "--app", "script", "run", "--port", port), TOCSIN_RULES="rules.yml"
    )
    e2e.wait_until(e2e.answers(port, "/ok"), what="flask answers")
    said = e2e.wait_until(lambda: [line for line in process.said() if "rules.yml" in line], what="the line")
    assert len(said) == 1
    assert "rules of rules.yml are off: rules.yml:1:" in said[0]
    assert e2e.request(port, "/fail")[0] == 500


def test_settings_unusable(run):
    process = run(TOCSIN_FLUSH_INTERVAL="soon", TOCSIN_STOER="x")
    assert (process.stdout, process.returncode) == (SAME, 7)
    assert "flush_interval = 'soon' (TOCSIN_FLUSH_INTERVAL): must be a duration such as" in process.said
    assert "did you mean TOCSIN_STORE?" in process.said


@pytest.mark.parametrize(("answers", "said"), [(False, "nothing listens at"), (True, "not sent within 2 s at exit")])
def test_endpoint_dead_or_mute_delays_the_exit_by_two_seconds_at_most(run, answers, said):
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    with socket.socket() as endpoint:
        endpoint.bind(("127.0.0.1", 0))
        if answers:  # takes connections, and says nothing
            endpoint.listen(64)
        dead = {
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_LOGS_EXPORTER": "otlp",
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{endpoint.getsockname()[1]}",
        }
        begun = time.monotonic()
        alone = run()
        without = time.monotonic() - begun
        begun = time.monotonic()
        process = run(**dead)
        with_dead = time.monotonic() - begun
    assert (process.stdout, process.returncode) == (alone.stdout, alone.returncode) == (SAME, 7)
    # Generous, because the machine may be slow: stock OpenTelemetry takes 13 s here.
    assert with_dead - without < 6
    assert said in process.said


def test_disabled_sdk(run):
    process = run(OTEL_SDK_DISABLED="true")
    assert (process.stdout, process.returncode) == (SAME, 7)
    assert process.said == "tocsin: off, because OTEL_SDK_DISABLED is true"

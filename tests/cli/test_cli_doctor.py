import pytest


@pytest.fixture(autouse=True)
def silent(monkeypatch):
    for name in ("TRACES", "METRICS", "LOGS"):
        monkeypatch.setenv(f"OTEL_{name}_EXPORTER", "none")


def test_warnings_alone_are_fine(invoke, document):
    answer = invoke("doctor")
    assert answer.exit_code == 0
    assert "only `tocsin alerts` shows alerts" in answer.stdout
    assert {check["status"] for check in document("doctor")["checks"]} <= {"ok", "warning"}


def test_one_line_a_check(invoke, document):
    header, *lines = invoke("doctor").stdout.splitlines()
    assert header.split() == ["STATUS", "WHAT", "FOUND", "FIX"]
    checks = document("doctor")["checks"]
    assert [line.split()[0] for line in lines] == [check["status"] for check in checks]
    assert list(checks[0]) == ["name", "status", "found", "fix"]


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_something_broken_is_1(invoke, monkeypatch, arguments):
    monkeypatch.setenv("OTEL_TRACE_EXPORTER", "console")
    answer = invoke("doctor", *arguments)
    assert answer.exit_code == 1
    assert "did you mean OTEL_TRACES_EXPORTER?" in answer.stdout


def test_it_only_looks(invoke, tmp_path):
    before = set(tmp_path.iterdir())
    answer = invoke("doctor")
    assert "tocsin.db is not there yet; the application will make it" in answer.stdout
    assert set(tmp_path.iterdir()) == before

import time

import pytest


def test_a_sign_of_life_and_what_is_known_of_it(invoke, document, store):
    [given] = document("heartbeat", "etl", "--every", "1d", "--grace", "30m", "--severity", "critical")["heartbeats"]
    assert (given["every"], given["grace"], given["severity"], given["status"]) == (86_400.0, 1800.0, "critical", "ok")
    assert given["due_at"] > time.time() + 88_000
    invoke("heartbeat", "etl", "--fail", "--note", "disk full")
    lines = invoke("heartbeat").stdout.splitlines()
    assert lines[0].split() == ["STATUS", "NAME", "LAST", "OK", "DUE", "UNTIL", "SEVERITY", "DETAILS"]
    assert lines[1].startswith("failed  etl")
    assert lines[1].endswith("critical  disk full")
    invoke("heartbeat", "etl", "--start")
    assert document("heartbeat")["heartbeats"][0]["status"] == "started"
    assert document("heartbeat")["heartbeats"][0]["every"] == 86_400.0


def test_it_is_forgotten(invoke, store):
    invoke("heartbeat", "etl")
    assert invoke("heartbeat", "etl", "--forget").stdout == "etl is forgotten\n"
    answer = invoke("heartbeat", "etl", "--forget")
    assert (answer.exit_code, answer.stderr) == (
        1,
        "Error: there is no heartbeat 'etl': `tocsin heartbeat` lists them\n",
    )
    assert invoke("heartbeat").stdout == "no heartbeats\n"


def test_a_duration_that_is_none(invoke):
    answer = invoke("heartbeat", "etl", "--every", "daily")
    assert answer.exit_code == 2
    assert "every is 'daily', write a duration such as" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["etl", "--start", "--fail"], "--start and --fail contradict each other: give one of --start, --fail, --ok"),
        (["etl", "--fail", "--ok"], "--fail and --ok contradict each other"),
        (["etl", "--forget", "--ok"], "--ok and --forget contradict each other"),
        (["etl", "--forget", "--every", "1d"], "--forget and --every contradict each other"),
        (["--fail"], "--fail needs the NAME of a job, such as `tocsin heartbeat nightly-etl --fail`"),
        (["--every", "1d"], "--every needs the NAME of a job"),
    ],
)
def test_what_contradicts_itself_is_refused_and_changes_nothing(invoke, document, arguments, said):
    invoke("heartbeat", "etl", "--every", "2d")
    before = document("heartbeat")
    answer = invoke("heartbeat", *arguments)
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert document("heartbeat") == before

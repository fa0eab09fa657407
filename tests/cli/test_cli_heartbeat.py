import time


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

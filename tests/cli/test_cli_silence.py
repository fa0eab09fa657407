"""Silences from the command line, compared with what the real amtool reads and writes."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tocsin.store import HeldAlert

ORACLES = os.environ.get("TOCSIN_ORACLES")
HOUR = 3600.0


@pytest.fixture
def amtool(tmp_path):
    """Runs the real amtool against the real Alertmanager."""
    if not ORACLES:
        pytest.skip("TOCSIN_ORACLES names no folder with amtool and prometheus-alertmanager in its bin/")
    from alertmanager import Alertmanager

    folder = tmp_path / "alertmanager"
    folder.mkdir()
    with Alertmanager(Path(ORACLES), '{"route": {"receiver": "a"}, "receivers": [{"name": "a"}]}', folder) as real:

        def amtool(*args, given=""):
            command = [Path(ORACLES) / "bin" / "amtool", f"--alertmanager.url={real.url}", *args]
            ran = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=20)
            assert ran.returncode == 0, ran.stderr
            return ran.stdout

        yield amtool


@pytest.fixture
def add(invoke):
    """Add a silence; its id."""

    def add(*args):
        answer = invoke("silence", "add", "-c", "known", *args)
        assert answer.exit_code == 0, answer.output
        return answer.stdout.strip()

    return add


def test_what_is_added_is_listed(add, invoke, store):
    silence_id = add("HighLatency", 'env=~"prod|test"', "--author", "me", "--duration", "2h")
    (silence,) = store.silences.all()
    assert (silence.id, silence.created_by, silence.comment) == (silence_id, "me", "known")
    assert silence.ends_at - silence.starts_at == 2 * HOUR
    assert abs(silence.starts_at - time.time()) < 60
    header, row = invoke("silence").stdout.splitlines()
    assert header.split() == ["ID", "STATE", "MATCHERS", "SINCE", "UNTIL", "BY", "COMMENT"]
    assert row.startswith(f'{silence_id}  active  alertname="HighLatency" env=~"prod|test"')


def test_a_silence_may_begin_later(add, invoke):
    add("job=api", "--start", "2100-01-01T00:00:00Z", "--end", "2100-01-02T00:00:00Z")
    assert 'pending  job="api"  2100-01-01T00:00:00Z  2100-01-02T00:00:00Z' in invoke("silence", "list").stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("-c", "x"), "a silence needs at least one matcher"),
        (("-c", "x", "a=~.*"), "at least one matcher of a silence has to be one that an empty value does not match"),
        (("-c", "x", "a=~("), "invalid regular expression"),
        (("-c", "x", "a=b", "--end", "2001-01-01"), "2001-01-01T00:00:00Z is not after the start"),
        (("a=b",), "Missing option '--comment'"),
    ],
)
def test_senseless_silences_are_refused(invoke, args, said):
    answer = invoke("silence", "add", *args)
    assert answer.exit_code == 2
    assert said in " ".join(answer.stderr.split())


def test_silences_are_found(add, invoke):
    api, web = add("job=api", "-d", "1h"), add("job=web", "--author", "other", "-d", "3h")
    found = {
        ("job=api",): [api],
        ("job=~a.*",): [api],
        ("job!=api",): [web],
        ("env=x",): [],
        ("--created-by", "other"): [web],
        ("--id", api): [api],
        ("--within", "2h"): [api],
        ("--expired",): [],
        (): [api, web],
    }
    for args, ids in found.items():
        assert invoke("silence", "list", "-q", *args).stdout.splitlines() == ids


def test_a_silence_that_is_expired_is_over(add, invoke, document):
    silence_id = add("job=api")
    answer = invoke("silence", "expire", silence_id, "other")
    assert (answer.exit_code, answer.stdout, answer.stderr) == (
        1,
        f"{silence_id}\n",
        "other: there is no such silence\n",
    )
    assert invoke("silence", "list").stdout == "no silences\n"
    (shown,) = document("silence", "list", "--expired")
    assert (shown["id"], shown["status"]) == (silence_id, {"state": "expired"})
    again = invoke("silence", "expire", silence_id)
    assert (again.exit_code, again.stderr) == (1, f"{silence_id}: is over already\n")


def test_what_was_written_is_read_and_read_again(add, document, invoke, tmp_path, store):
    silence_id = add("job=api", 'env!="test"')
    file = tmp_path / "silences.json"
    file.write_text(json.dumps(document("silence", "list")))
    before = store.silences.all()
    assert invoke("silence", "import", str(file)).stdout == f"{silence_id}\n"
    assert [(each.id, each.matchers) for each in store.silences.all()] == [(each.id, each.matchers) for each in before]
    assert invoke("silence", "import", "--force", str(file)).stdout.strip() not in {"", silence_id}
    assert len(store.silences.all()) == 2


def test_what_is_over_is_not_imported(add, document, invoke, tmp_path):
    invoke("silence", "expire", add("job=api"))
    file = tmp_path / "silences.json"
    file.write_text(json.dumps(document("silence", "list", "--expired")))
    answer = invoke("silence", "import", str(file))
    assert (answer.exit_code, answer.stdout, answer.stderr) == (0, "", "1 that are over were left out\n")


@pytest.mark.parametrize("text", ["", "{}", "[{}]", "[7]"])
def test_what_is_no_list_of_silences_is_refused(invoke, tmp_path, text):
    file = tmp_path / "silences.json"
    file.write_text(text)
    answer = invoke("silence", "import", str(file))
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert f"{file}: is no list of Alertmanager's silences" in answer.stderr


def test_amtool_reads_what_we_write_and_we_read_what_it_writes(amtool, add, document, invoke, store, tmp_path):
    add("HighLatency", 'env=~"prod.*"', "team!=web", "path!~/x.*")
    amtool("silence", "import", given=json.dumps(document("silence", "list")))
    amtool("silence", "add", "-c", "theirs", "-a", "them", "Down", "job=api")
    theirs = amtool("silence", "query", "-o", "json")
    file = tmp_path / "theirs.json"
    file.write_text(theirs)
    invoke("silence", "import", str(file))
    found = {frozenset(each.matchers): each for each in store.silences.all()}
    assert len(found) == 2
    imported = next(each for each in found.values() if each.comment == "theirs")
    assert (imported.created_by, len(json.loads(theirs))) == ("them", 2)
    assert {each["id"] for each in json.loads(theirs)} <= {each.id for each in store.silences.all()}


def test_alerts_say_why_they_are_not_told(alerts, invoke, document, store):
    held = [
        HeldAlert("f1", "{}:{}", "team", "inhibited", ("f3",)),
        HeldAlert("f1", "{}:{}", "team", "muted", ("night",)),
        HeldAlert("f1", "{}:{}", "team", "silenced", ("5a",)),
    ]
    store.alerts.hold(held)
    header, firing, _ = invoke("alerts").stdout.splitlines()
    assert header.endswith("HELD")
    assert firing.endswith("inhibited by Over; muted by night for team; silenced by 5a")
    shown = document("alerts")["alerts"][0]["held"]
    assert shown[0] == {"group_key": "{}:{}", "receiver": "team", "reason": "inhibited", "by": ["f3"]}
    store.alerts.hold([], released=held)
    assert "HELD" not in invoke("alerts").stdout

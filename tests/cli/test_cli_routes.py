"""The routing tree from the command line, compared with the real amtool."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ORACLES = os.environ.get("TOCSIN_ORACLES")
TREE = """
route:
  receiver: all
  group_by: [alertname]
  routes:
  - matchers: ['severity=~"critical|page"', team!=db]
    receiver: pager
    continue: true
    mute_time_intervals: [night]
  - match: {team: db}
    receiver: db
    routes:
    - match_re: {env: "test.*"}
      receiver: nobody
      group_by: [...]
    - matchers: ['{"ü.x"="y"}']
      receiver: pager
receivers:
- name: all
  webhook_configs: [{url: "https://hook.example/secret"}]
- name: pager
- name: db
- name: nobody
time_intervals:
- {name: night, time_intervals: [{times: [{start_time: "22:00", end_time: "24:00"}]}]}
"""
LABELS = (
    [],
    ["severity=critical"],
    ["severity=critical", "team=db"],
    ["team=db"],
    ["team=db", "env=testing"],
    ["team=db", 'env="prod"', "ü.x=y"],
    ["severity=page", "team=x"],
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "alertmanager.yml"
    path.write_text(TREE)
    return str(path)


@pytest.fixture
def run(invoke):
    def run(*args):
        return invoke("config", "routes", *args, on_store=False)

    return run


def amtool(*args):
    if not ORACLES:
        pytest.skip("TOCSIN_ORACLES names no folder with amtool in its bin/")
    command = [Path(ORACLES) / "bin" / "amtool", "config", "routes", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)


def test_the_tree_is_the_one_that_amtool_shows(run, file):
    theirs = [line for line in amtool("show", f"--config.file={file}").stdout.splitlines() if line]
    ours = [
        line.partition(" (")[0].replace("  muted: night", "")
        for line in run("show", "--config.file", file).stdout.splitlines()
    ]
    assert ours == theirs


@pytest.mark.parametrize("labels", LABELS, ids=" ".join)
def test_an_alert_goes_where_amtool_says(run, file, labels):
    theirs = amtool("test", f"--config.file={file}", *labels)
    ours = run("test", "--config.file", file, *labels)
    assert (ours.stdout, ours.exit_code) == (theirs.stdout, theirs.returncode)


@pytest.mark.parametrize("expected", ["pager", "pager,db", "all"])
def test_what_is_expected_is_verified_as_by_amtool(run, file, expected):
    args = [f"--verify.receivers={expected}", "severity=critical"]
    theirs = amtool("test", f"--config.file={file}", *args)
    ours = run("test", "--config.file", file, *args)
    assert (ours.exit_code == 0) == (theirs.returncode == 0)


def test_what_muted_routes_and_receivers_do_is_shown(run, file):
    shown = run("--config.file", file).stdout
    assert "default-route  receiver: all (webhook)" in shown
    assert "continue: true  muted: night  receiver: pager (tells nobody)" in shown
    assert "hook.example" not in shown


def test_the_tree_as_json(run, file):
    root = json.loads(run("show", "--config.file", file, "--json").stdout)
    assert (root["receiver"], root["group_by"], root["integrations"]) == ("all", ["alertname"], ["webhook"])
    pager, db = root["routes"]
    assert (pager["continue"], pager["mute_time_intervals"]) == (True, ["night"])
    assert pager["matchers"] == ['severity=~"critical|page"', 'team!="db"']
    assert db["routes"][0]["group_by"] == ["..."]
    told = json.loads(run("test", "--config.file", file, "--json", "team=db").stdout)
    assert told == {"receivers": ["db"], "routes": ['{}/{team="db"}']}


@pytest.mark.parametrize("label", ["severity", "a!=b", "a=~b", "a=b,c=d"])
def test_what_is_no_label_is_refused(run, file, label):
    answer = run("test", "--config.file", file, label)
    assert answer.exit_code == 2
    assert "write" in answer.stderr


def test_a_file_that_cannot_be_used_is_said(run, tmp_path):
    missing = run("show", "--config.file", str(tmp_path / "none.yml"))
    assert (missing.exit_code, "No such file" in missing.stderr) == (1, True)
    broken = tmp_path / "broken.yml"
    broken.write_text("route: {receiver: nobody}")
    assert "'nobody' is not among the receivers" in run("show", "--config.file", str(broken)).stderr


def test_the_simple_way_is_compiled(run, monkeypatch):
    monkeypatch.setenv("TOCSIN_NOTIFY", "{oncall: {slack: https://hooks.example/x, severity: critical}}")
    monkeypatch.setenv("TOCSIN_WEBHOOK_URL", "https://hook.example/y")
    assert run().stdout.splitlines() == [
        "Routing tree:",
        ".",
        "└── default-route  receiver: default (webhook)",
        '    ├── {severity=~"critical"}  receiver: oncall (slack)',
        '    │   └── {issue!=""}  receiver: oncall-issues (slack)',
        '    └── {issue!=""}  receiver: issues (webhook)',
    ]
    written = run("show", "--yaml").stdout
    assert "receiver: oncall" in written
    assert "example" not in written


def test_what_is_printed_is_what_alertmanager_reads(run, monkeypatch, tmp_path):
    oncall = "{telegram: {chat_id: 7, bot_token_file: /run/t}, severity: critical}"
    notify = f"{{oncall: {oncall}, default: {{slack: {{api_url_file: /run/s}}}}}}"
    monkeypatch.setenv("TOCSIN_NOTIFY", notify)
    path = tmp_path / "printed.yml"
    path.write_text(run("show", "--yaml").stdout)
    for labels in ([], ["severity=critical"], ["severity=critical", "issue=7"]):
        assert amtool("test", f"--config.file={path}", *labels).stdout == run("test", *labels).stdout


def test_a_file_is_not_printed_again(run, file):
    answer = run("show", "--yaml", "--config.file", file)
    assert (answer.exit_code, "is an alertmanager.yml already" in answer.stderr) == (2, True)


def test_what_is_wrong_with_notify_is_said_and_the_others_are_told(run, monkeypatch):
    monkeypatch.setenv("TOCSIN_NOTIFY", "{oncall: {slak: https://hooks.example/x}}")
    monkeypatch.setenv("TOCSIN_WEBHOOK_URL", "https://hook.example/y")
    answer = run()
    assert "receiver: default (webhook)" in answer.stdout
    assert "notify is not used: notify.oncall.slak: is not known here" in answer.stderr


def test_what_only_tocsin_can_say_of_a_receiver_is_shown(invoke, document, tmp_path):
    (tmp_path / "tocsin.yml").write_text(
        "notify:\n"
        "  oncall: {console: true, severity: critical, escalate_after: 15m, escalate_to: default, max_per_hour: 4}\n"
    )
    shown = invoke("config", "routes", on_store=False).stdout
    assert "receiver: oncall (console)  after 15m: default  at most 4 an hour" in shown
    [route] = [
        each
        for each in document("config", "routes", "show", on_store=False)["routes"]
        if each["matchers"][0] != 'issue!=""'
    ]
    assert (route["escalate_after"], route["escalate_to"], route["max_per_hour"]) == (900.0, "default", 4)

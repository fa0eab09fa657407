import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest


@pytest.fixture
def run(invoke):
    return lambda *arguments: invoke("notify", *arguments, on_store=False)


@pytest.fixture
def hook(monkeypatch):
    """An address that takes notifications, answers with `status` and keeps them in `told`."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            listening.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(listening.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.told, listening.status = [], 200
        listening.url = f"http://127.0.0.1:{listening.server_port}/T0SECRET"
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


@pytest.fixture
def routing(hook, tmp_path, monkeypatch):
    path = tmp_path / "alertmanager.yml"
    path.write_text(f"""
route: {{receiver: team}}
receivers:
- name: team
  webhook_configs: [{{url: "{hook.url}"}}]
- name: nobody
- name: oncall
  webhook_configs: [{{url: "{hook.url}"}}]
  slack_configs: [{{api_url: "http://127.0.0.1:1/T0SECRET"}}]
""")
    monkeypatch.setenv("TOCSIN_ALERTMANAGER", str(path))


def test_a_test_alert_is_really_sent_and_each_step_reported(run, hook, routing):
    result = run("test", "team")
    assert result.exit_code == 0
    port = hook.server_port
    assert result.stdout == (
        "team[0] (webhook), firing:\n"
        "  ✓ resolved: 127.0.0.1 → 127.0.0.1\n"
        f"  ✓ connected: to 127.0.0.1 port {port}\n"
        "  ✓ answered: 200\n"
        "  ✓ delivered\n"
    )
    [told] = hook.told
    assert (told["receiver"], told["status"], told["alerts"][0]["labels"]["severity"]) == ("team", "firing", "critical")
    assert "nothing is wrong" in told["alerts"][0]["annotations"]["summary"]


def test_a_test_alert_can_end(run, hook, routing):
    assert run("test", "team", "--resolve", "--severity", "info").exit_code == 0
    assert [told["status"] for told in hook.told] == ["firing", "resolved"]
    assert len({told["groupKey"] for told in hook.told}) == 1
    assert hook.told[0]["alerts"][0]["labels"]["severity"] == "info"


def test_what_fails_is_said_and_is_the_exit_code(run, hook, routing):
    hook.status = 404
    result = run("test", "oncall")
    assert result.exit_code == 1
    assert "  ✓ answered: 404\n  ✗ 127.0.0.1 answered 404 (Tocsin would not try again)\n" in result.stdout
    assert "✗ 127.0.0.1 cannot be reached: Connection refused (Tocsin would try again)" in result.stdout
    assert "T0SECRET" not in result.stdout + result.stderr


def test_as_json(run, hook, routing):
    document = json.loads(run("test", "oncall", "--json").stdout)
    assert document["receiver"] == "oncall"
    by_kind = {each["kind"]: each for each in document["tried"]}
    assert by_kind["webhook"]["error"] is None
    assert by_kind["webhook"]["steps"][-1] == {"name": "answered", "outcome": "200"}
    assert "refused" in by_kind["slack"]["error"]


@pytest.mark.parametrize("name", ["nobody", "somebody"])
def test_a_receiver_that_is_none_is_named_with_those_there_are(name, run, routing):
    result = run("test", name)
    assert result.exit_code == 1
    assert f"there is no receiver {name!r} that is told of anything: there are team, oncall" in result.stderr


def test_without_receivers(run):
    assert "there is none" in run("test", "default").stderr
    assert run("preview").stdout.startswith("no receiver: set TOCSIN_WEBHOOK_URL, ")
    assert json.loads(run("preview", "--json").stdout) == {"previews": []}


def test_private_targets_can_be_denied(run, hook, routing, monkeypatch):
    monkeypatch.setenv("TOCSIN_PRIVATE_TARGETS", "deny")
    result = run("test", "team")
    assert result.exit_code == 1
    assert "not public" in result.stdout
    assert hook.told == []


def test_a_preview_sends_nothing(run, hook, routing):
    result = run("preview", "oncall", "--severity", "emergency")
    assert result.exit_code == 0
    assert "oncall[0] (slack):\n" in result.stdout
    assert "oncall[1] (webhook):\n" in result.stdout
    assert "🚨 This is a test of the receiver oncall" in result.stdout
    assert "T0SECRET" not in result.stdout + result.stderr
    assert hook.told == []


def test_a_preview_of_every_receiver(run, routing):
    assert [line for line in run("preview").stdout.splitlines() if line.endswith("):")] == [
        "team[0] (webhook):",
        "oncall[0] (slack):",
        "oncall[1] (webhook):",
    ]


def test_a_preview_of_the_end_as_json(run, routing):
    document = json.loads(run("preview", "team", "--resolved", "--json").stdout)
    [shown] = document["previews"]
    assert (shown["integration"], shown["kind"]) == ("team[0]", "webhook")
    assert json.loads(shown["text"])["status"] == "resolved"

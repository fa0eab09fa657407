from tocsin.config import table


def settings(document, *args, **options):
    return {setting["name"]: setting for setting in document("config", *args, **options)["settings"]}


def test_every_setting_with_its_value_and_source(document, invoke, monkeypatch, tmp_path):
    (tmp_path / "tocsin.yml").write_text("flush_interval: 500ms\nrules: [a.yml, b/*.yml]\n")
    monkeypatch.setenv("TOCSIN_GROUP_WAIT", "90s")
    shown = settings(document, "show")
    assert list(shown) == [setting.name for setting in table()]
    assert (shown["flush_interval"]["value"], shown["flush_interval"]["source"]) == (0.5, "tocsin.yml")
    assert (shown["group_wait"]["value"], shown["group_wait"]["source"]) == (90.0, "TOCSIN_GROUP_WAIT")
    assert (shown["mask"]["value"], shown["mask"]["source"]) == (True, "default")
    assert shown["store"]["source"] == "argument store"
    lines = [line.split() for line in invoke("config", "show").stdout.splitlines()]
    assert ["flush_interval", "0.5s", "tocsin.yml"] in lines
    assert ["group_wait", "90s", "TOCSIN_GROUP_WAIT"] in lines
    assert ["repeat_interval", "4h", "default"] in lines
    assert ["rules", "a.yml,", "b/*.yml", "tocsin.yml"] in lines


def test_a_secret_is_set_or_not_set_and_no_more(document, invoke, monkeypatch):
    monkeypatch.setenv("TOCSIN_WEBHOOK_URL", "https://user:hunter2@hook.example/hunter2")
    shown = settings(document, "show")
    assert (shown["webhook_url"]["value"], shown["webhook_url"]["source"]) == ("set", "TOCSIN_WEBHOOK_URL")
    assert shown["slack_webhook_url"]["value"] == "not set"
    assert "hunter2" not in invoke("config", "show").output


def test_what_of_notify_the_environment_says_otherwise_is_shown(document, invoke, monkeypatch, tmp_path):
    (tmp_path / "tocsin.yml").write_text("notify: {default: {webhook: 'http://file.example/'}}\n")
    assert settings(document, "show")["notify"]["source"] == "tocsin.yml"
    monkeypatch.setenv("TOCSIN_WEBHOOK_URL", "http://env.example/")
    source = "tocsin.yml; default.webhook: TOCSIN_WEBHOOK_URL instead"
    assert settings(document, "show")["notify"]["source"] == source
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    assert "told by webhook (TOCSIN_WEBHOOK_URL)" in invoke("doctor", "--no-send").stdout


def test_what_cannot_be_used_is_said(document, invoke, monkeypatch):
    monkeypatch.setenv("TOCSIN_GROUP_WAIT", "soon")
    (problem,) = document("config", "show")["problems"]
    assert problem == {
        "key": "group_wait",
        "value": "soon",
        "source": "TOCSIN_GROUP_WAIT",
        "fix": "must be a duration such as 500ms, 15s, 5m, 1h",
    }
    answer = invoke("config", "show")
    assert "setting not used: group_wait = 'soon'" in answer.stderr


def test_the_reference_names_every_setting_and_no_place_of_this_machine(invoke, monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    text, *_ = invoke("config", "docs", on_store=False).stdout.split("\n\n##")
    lines = text.splitlines()
    assert len(lines) == len(table()) + 2
    assert {line.count("|") for line in lines} == {6}
    assert any("`TOCSIN_SLACK_WEBHOOK_URL` or `TOCSIN_SLACK_WEBHOOK_URL_FILE`" in line for line in lines)
    assert any("| `~/.local/state/tocsin/tocsin.db` |" in line for line in lines)
    assert str(tmp_path) not in "\n".join(lines)


def test_the_reference_has_the_keys_inside_of_settings(document, invoke):
    text = invoke("config", "docs", on_store=False).stdout
    assert "## `thresholds.<name>`\n\n| Key | Allowed | What it does |\n|---|---|---|\n| `metric` |" in text
    rows = [line for line in text.partition("\n## ")[2].splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {4}
    found = {(key["inside"], key["name"]): key for key in document("config", "docs", on_store=False)["keys"]}
    assert found["slo.<name>", "objective"]["allowed"] == "a percentage below 100%, such as 99.9%"
    assert found["notify.<name>", "slack"]["allowed"] == "its api_url, or a mapping"
    assert "auth_token_file" in found["notify.<name>", "twilio"]["allowed"]
    assert found["receiver_terms.<receiver>", "escalate_to"]["doc"] == "Who is told then."
    assert ("maintenance.<name>", "time_intervals") in found


def test_the_reference_as_json(document):
    reference = settings(document, "docs", on_store=False)
    assert reference["repeat_interval"]["default"] == "4h"
    assert reference["packs"]["default"].startswith("issues, application, ")
    assert reference["threshold_cpu_warning"]["default"] == "70%"
    assert reference["threshold_database_latency_p95_warning"]["default"] == "0.5s"
    assert reference["threshold_load_warning"]["default"] == "2"

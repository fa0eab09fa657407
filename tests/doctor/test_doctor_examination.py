import importlib

import pytest

from tocsin.config import load
from tocsin.doctor import examine
from tocsin.doctor.launcher import check_launcher
from tocsin.doctor.settings import check_settings
from tocsin.doctor.versions import check_versions

GOOD = """
groups:
- name: shop
  rules:
  - {alert: NoOrders, expr: absent(orders)}
"""
BAD = """
groups:
- name: shop
  rules:
  - {alert: NoOrders, expr: absent(orders}
  - {alert: Slow, expr: up == 0, for: 5 minutes}
"""
ROUTES = """
route: {receiver: team}
receivers: [{name: team, webhook_configs: [{url: "http://127.0.0.1/"}]}]
"""


@pytest.fixture
def checks(tmp_path, monkeypatch):
    """Examine an environment in which nothing is exported; the checks by name."""
    monkeypatch.chdir(tmp_path)

    def checks(**environ):
        silent = {f"OTEL_{name}_EXPORTER": "none" for name in ("TRACES", "METRICS", "LOGS")}
        environ = {**silent, "TOCSIN_STORE": str(tmp_path / "tocsin.db"), **environ}
        found = {}
        for check in examine(load(environ=environ), environ=environ):
            found.setdefault(check.name, []).append(check)
        return found

    return checks


def test_an_ordinary_environment_has_nothing_broken(checks):
    found = checks(TOCSIN_ALERT_CONSOLE="true")
    assert [check for same in found.values() for check in same if check.status == "broken"] == []
    assert {"python", "opentelemetry", "instrumentations", "store", "evaluator", "engine", "packs"} <= found.keys()
    assert found["alerting"][0].found == "told by console (TOCSIN_ALERT_CONSOLE)"
    assert "issues: " in found["packs"][0].found


def test_every_line_that_is_not_ok_says_what_to_do(checks):
    found = checks(TOCSIN_EVALUATE="off", TOCSIN_RULES="no/*.yml", OTEL_TRACE_EXPORTER="console", TOCSIN_ENABLED="off")
    assert [check for same in found.values() for check in same if check.status != "ok" and not check.fix] == []


def test_misspelt_names_of_both_kinds(checks):
    fixes = [check.fix for check in checks(OTEL_TRACE_EXPORTER="console", TOCSIN_PACK="host")["settings"]]
    assert fixes == [
        "TOCSIN_PACK is not a setting; did you mean TOCSIN_PACKS?",
        "OTEL_TRACE_EXPORTER is not a variable of OpenTelemetry; did you mean OTEL_TRACES_EXPORTER?",
    ]


def test_an_endpoint_that_no_exporter_can_use(checks):
    (check,) = checks(OTEL_EXPORTER_OTLP_ENDPOINT="htp://collector")["settings"]
    assert (check.status, check.fix) == (
        "broken",
        "OTEL_EXPORTER_OTLP_ENDPOINT must start with http:// or https://",
    )


@pytest.mark.parametrize(("name", "value"), [("OTEL_SDK_DISABLED", "True"), ("TOCSIN_ENABLED", "off")])
def test_switches_that_are_off(checks, name, value):
    warning, *_ = checks(**{name: value})["settings"]
    assert (warning.status, name in warning.fix) == ("warning", True)


def test_rule_files(checks, tmp_path):
    pytest.importorskip("numpy")
    (tmp_path / "good.yml").write_text(GOOD)
    (tmp_path / "bad.yml").write_text(BAD)
    found = checks(TOCSIN_RULES="good.yml,bad.yml,none/*.yml")["rules"]
    assert [check.status for check in found] == ["ok", "broken", "broken", "broken"]
    assert found[0].found == "good.yml: 1 rule"
    assert found[1].found.startswith("bad.yml:5: ")
    assert found[2].found.startswith("bad.yml:6: ")
    assert found[3].found == "no file matches none/*.yml"


def test_a_rule_file_that_is_no_text(checks, tmp_path):
    pytest.importorskip("numpy")
    (tmp_path / "bad.yml").write_bytes(b"\xff\xfe\xfa")
    (check,) = checks(TOCSIN_RULES="bad.yml")["rules"]
    assert check.status == "broken"


def test_a_routing_file(checks, tmp_path):
    path = tmp_path / "alertmanager.yml"
    assert checks(TOCSIN_ALERTMANAGER=str(path))["alerting"][0].found == f"{path}: No such file or directory"
    path.write_text(ROUTES)
    assert checks(TOCSIN_ALERTMANAGER=str(path))["alerting"][0].found == f"told by webhook ({path})"
    path.write_text(ROUTES.replace("receiver: team", "receiver: nobody"))
    (check,) = checks(TOCSIN_ALERTMANAGER=str(path))["alerting"]
    assert (check.status, f"{path}:2: " in check.found, "'nobody'" in check.found) == ("broken", True, True)


def test_problems_of_notify_are_lines_of_their_own(checks):
    found = checks(TOCSIN_NOTIFY="{a: {slak: x, severity: critcal}, default: {webhook: nonsense}}")["alerting"]
    assert [(check.status, check.found.partition(": ")[0], check.fix) for check in found] == [
        ("broken", f"notify.{key}", "correct TOCSIN_NOTIFY") for key in ("a.slak", "a.severity", "default.webhook.url")
    ]


def test_alerts_that_nobody_is_told_of(checks):
    (check,) = checks()["alerting"]
    assert (check.status, "TOCSIN_SLACK_WEBHOOK_URL" in check.fix) == ("warning", True)


def test_without_the_engine_the_rest_is_still_checked(checks, monkeypatch):
    real = importlib.import_module

    def without_numpy(name, *args):
        if name == "numpy":
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr("tocsin.doctor.engine.import_module", without_numpy)
    found = checks(TOCSIN_RULES="no/*.yml")
    assert (found["engine"][0].status, found["engine"][0].fix) == ("broken", "pip install 'tocsin[engine]'")
    assert "rules" not in found
    assert "alerting" in found
    assert checks(TOCSIN_EVALUATE="off")["engine"][0].status == "warning"


def test_a_launcher_that_is_not_on_the_path(tmp_path):
    launcher, *_ = check_launcher({"PATH": str(tmp_path)})
    assert (launcher.status, "opentelemetry-instrument by its path" in launcher.fix) == ("warning", True)


def test_a_launcher_without_a_distro(monkeypatch):
    monkeypatch.setattr("tocsin.doctor.launcher.entry_points", lambda *, group: [])
    assert {check.name: check.fix for check in check_launcher({})} | {"launcher": ""} == {
        "launcher": "",
        "distro": "pip install opentelemetry-distro",
        "plugin": "pip install --force-reinstall tocsin",
    }


def test_a_requirement_that_is_not_met(monkeypatch):
    monkeypatch.setattr("tocsin.doctor.versions.requires", lambda _: ["PyYAML>=99", "nothing-like-it>=1; extra == 'x'"])
    *_, check = check_versions()
    assert (check.status, check.fix) == ("broken", "pip install 'PyYAML>=99'")


def test_where_settings_come_from():
    environ = {"TOCSIN_MASK": "on"}
    (check,) = check_settings(load(environ=environ), environ)
    assert (check.status, check.found) == ("ok", "set: TOCSIN_MASK")

import os
import subprocess
from pathlib import Path

import pytest
import yaml

#: Read before the tests forget the environment.
ORACLES = os.environ.get("TOCSIN_ORACLES")

SETTINGS = """
threshold_cpu_warning: 65
packs: [host, patterns]
thresholds:
  Queue: {metric: queue_depth, above: 100}
slo:
  checkout:
    objective: 99.9%
    total: {metric: requests_total}
    bad: {metric: requests_total, where: {status: {matches: 5..}}}
"""


@pytest.fixture
def exported(invoke):
    def exported():
        answer = invoke("rules", "export")
        assert answer.exit_code == 0, answer.output
        return answer.stdout

    return exported


def test_packs_thresholds_and_objectives_are_one_rule_file(exported):
    Path("tocsin.yml").write_text(SETTINGS)
    groups = {group["name"]: group["rules"] for group in yaml.safe_load(exported())["groups"]}
    assert {"tocsin.signals.host", "tocsin.host", "tocsin.patterns"} < groups.keys()
    assert {"tocsin.thresholds.Queue", "tocsin.slo.checkout"} < groups.keys()
    assert "tocsin.issues" not in groups
    assert groups["tocsin.host"][0]["expr"] == "host:system_cpu_utilization:ratio_rate5m > 0.65"


def test_windows_that_only_prometheus_has_are_exported(exported):
    Path("tocsin.yml").write_text(SETTINGS)
    assert "slo:error_ratio:rate30d" in exported()


def test_nothing_is_exported_where_a_setting_cannot_be_used(invoke):
    Path("tocsin.yml").write_text("thresholds: {A: {metric: x}, B: {metric: y, above: z}}")
    answer = invoke("rules", "export")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "thresholds.A: needs one of above" in answer.stderr
    assert "thresholds.B.above = 'z': must be a number" in answer.stderr


def test_a_threshold_that_does_not_exist_is_none(invoke, monkeypatch):
    monkeypatch.setenv("TOCSIN_THRESHOLD_CPU_WARNNG", "65")
    answer = invoke("rules", "export")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "did you mean TOCSIN_THRESHOLD_CPU_WARNING?" in answer.stderr


def test_promtool_accepts_everything(exported, tmp_path):
    if not ORACLES:
        pytest.skip("TOCSIN_ORACLES names no folder with promtool in its bin/")
    Path("tocsin.yml").write_text(SETTINGS.replace("[host, patterns]", "issues,application,outgoing,database,host"))
    file = tmp_path / "all.yml"
    file.write_text(exported())
    command = [Path(ORACLES) / "bin" / "promtool", "check", "rules", "--lint-fatal", file]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr

"""The real Collector's verdict on each combination of files."""

import os
import re
import subprocess

import otelcol
import pytest

CONFIG = otelcol.CONFIG
EXPORTERS = sorted(str(file.relative_to(CONFIG)) for file in (CONFIG / "exporters").glob("*.yaml"))
COMMAND = re.compile(r"--config=([\w./-]+)")


def named_by(file):
    """The combinations that a file's commands show: each line with `--config`."""
    found = {tuple(COMMAND.findall(line)) for line in file.read_text().splitlines()}
    return {tuple(file.removeprefix("collector-config/") for file in files) for files in found if files}


NAMED = sorted({files for file in (CONFIG / "README.md", *CONFIG.rglob("*.yaml")) for files in named_by(file)})


@pytest.fixture
def validate(binary, tmp_path):
    # An address for whatever wants one: what is wrong must be the file.
    wanted = {name for file in CONFIG.rglob("*.yaml") for name in re.findall(r"env:(\w+_ENDPOINT)}", file.read_text())}
    env = {**os.environ, **dict.fromkeys(wanted, "http://127.0.0.1:4317"), "COLLECTOR_STORAGE": str(tmp_path)}

    def validate(*files, **more):
        command = [binary, "validate", *otelcol.arguments(*files)]
        return subprocess.run(command, env=env | more, capture_output=True, text=True, timeout=60, check=False)

    return validate


@pytest.mark.parametrize("files", NAMED, ids=" ".join)
def test_what_the_readme_shows_is_valid(validate, files):
    result = validate(*files)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_every_backend_is_valid_behind_agent_and_gateway(validate, exporter):
    for base in ("agent.yaml", "gateway.yaml"):
        assert validate(base, exporter).returncode == 0


@pytest.mark.parametrize("base", ["agent.yaml", "gateway.yaml"])
def test_all_of_them_compose(validate, base):
    result = validate(base, "tenants.yaml", "errors-only.yaml", *EXPORTERS)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_missing_address_is_refused_and_named(validate):
    result = validate("agent.yaml", "exporters/otlp.yaml", OTLP_ENDPOINT="")
    assert result.returncode != 0
    assert "otlp_http/otlp" in result.stderr


def test_this_collector_has_every_component_of_the_manifest(binary):
    """As it says itself; the manifest's modules need not have the version that a contrib distribution has."""
    result = subprocess.run([binary, "components"], capture_output=True, text=True, timeout=60, check=True)
    modules = re.findall(r"gomod: (\S+)", (CONFIG / "builder.yaml").read_text())
    assert [module for module in modules if "/confmap/" not in module and module not in result.stdout] == []

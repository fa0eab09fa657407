"""What collector-config/ holds, read as files: no Collector needed."""

import re
from pathlib import Path

import pytest
import yaml

CONFIG = Path(__file__).parents[2] / "collector-config"
FILES = sorted(file for file in CONFIG.rglob("*.yaml") if file.name != "builder.yaml")
EXPORTERS = sorted((CONFIG / "exporters").glob("*.yaml"))
MANIFEST = yaml.safe_load((CONFIG / "builder.yaml").read_text())
README = (CONFIG / "README.md").read_text()
KINDS = ("receivers", "processors", "connectors", "exporters", "extensions")
#: Components that their modules are not named after.
MODULES = {"otlp_grpc": "otlp"}
SECRET = re.compile(r"auth|key|dsn|token|secret|password", re.IGNORECASE)


def load(file):
    return yaml.safe_load(file.read_text())


def used():
    """Kind and type of every component of every file: ``("exporters", "otlphttp")``."""
    return {
        (kind, MODULES.get(kind_of := name.partition("/")[0], kind_of.replace("_", "")))
        for file in FILES
        for kind in KINDS
        for name in load(file).get(kind) or {}
    }


def built():
    """The same, of the manifest: a module is named after its component, with or without the kind."""
    return {
        (kind, re.search(rf"/(\w+?)(?:{kind[:-1]})? v", item["gomod"])[1]) for kind in KINDS for item in MANIFEST[kind]
    }


def test_the_manifest_has_what_the_configurations_use_and_nothing_else():
    assert built() == used()


def test_every_version_of_the_manifest_is_pinned():
    modules = [item["gomod"] for kind in (*KINDS, "providers") for item in MANIFEST[kind]]
    assert [module for module in modules if not re.fullmatch(r"\S+ v\d+\.\d+\.\d+", module)] == []


def test_every_component_that_is_defined_is_in_a_pipeline():
    for file in FILES:
        config = load(file)
        pipelines = config["service"]["pipelines"].values()
        wired = {name for pipeline in pipelines for part in pipeline.values() for name in part}
        wired |= set(config["service"].get("extensions", ()))
        defined = {name for kind in KINDS for name in config.get(kind) or {}}
        assert defined <= wired, file.name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_credentials_come_from_the_environment_only(file):
    for name, exporter in (load(file).get("exporters") or {}).items():
        headers = (exporter or {}).get("headers", {})
        secret = {key: value for key, value in headers.items() if SECRET.search(key)}
        assert [value for value in secret.values() if "${env:" not in value] == [], name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_file_says_which_variables_it_reads(file):
    text = file.read_text()
    comment = "".join(line for line in text.splitlines(keepends=True) if line.lstrip().startswith("#"))
    read = set(re.findall(r"\$\{env:(\w+)", text))
    assert {name for name in read if name not in comment + README} == set()


@pytest.mark.parametrize("file", EXPORTERS, ids=lambda file: file.stem)
def test_a_backend_plugs_in_behind_forward_out_and_replaces_nothing(file):
    """No list of agent.yaml or gateway.yaml is written over, so that any number of these files compose."""
    config = load(file)
    taken = {name for base in ("agent.yaml", "gateway.yaml") for name in load(CONFIG / base)["service"]["pipelines"]}
    assert config["service"].keys() == {"pipelines"}
    assert config["service"]["pipelines"].keys().isdisjoint(taken)
    assert any(pipeline["receivers"] == ["forward/out"] for pipeline in config["service"]["pipelines"].values())


def test_no_two_backends_have_the_same_names():
    for kind in ("exporters", "pipelines"):
        names = [name for file in EXPORTERS for name in (load(file)["service"] | load(file))[kind]]
        assert len(names) == len(set(names))


def test_every_queue_is_on_disk_and_every_retry_without_end():
    for file in FILES:
        for name, exporter in (load(file).get("exporters") or {}).items():
            if name.startswith("otlp"):
                assert exporter["sending_queue"]["storage"] == "file_storage", (file.name, name)
                assert exporter["retry_on_failure"]["max_elapsed_time"] == "0s", (file.name, name)


def test_the_memory_limiter_is_first_wherever_telemetry_comes_in():
    for base in ("agent.yaml", "gateway.yaml"):
        for pipeline in load(CONFIG / base)["service"]["pipelines"].values():
            if "otlp" in pipeline["receivers"]:
                assert pipeline["processors"][0] == "memory_limiter"


def test_the_readme_tells_of_every_file():
    assert [file.name for file in FILES if file.name not in README] == []

"""`tocsin.yml` and `alertmanager.yml` that change while their rules are evaluated."""

import json
import os

import pytest

from tocsin.notify.sample import sample

SETTINGS = """packs: none
alert_file: {folder}/told.jsonl
group_wait: 0s
thresholds:
  Slow: {{metric: queue, above: 5, for: 45s}}
"""
ROUTING = """route: {{receiver: team, group_wait: 0s, group_by: [alertname], repeat_interval: {repeat}}}
receivers:
  - name: team
    slack_configs: [{{api_url: "http://127.0.0.1:9/x", channel: "#a", text: '{{{{ template "say" . }}}}'}}]
templates: ["*.tmpl"]
"""


@pytest.fixture
def settings(scene):
    return SETTINGS.format(folder=scene.folder)


@pytest.fixture
def queue(scene):
    """A queue of ten, which somebody measures."""
    web = scene.process()
    gauge = web.meter.create_gauge("queue")

    def step(*candidates, times=1):
        for _ in range(times):
            scene.clock.advance(15)
            gauge.set(10.0)  # older SDKs forget it with each collection
            web.collect()
            for candidate in candidates:
                candidate.step()

    return step


def test_thresholds_change_without_losing_what_was_pending(scene, settings, queue):
    candidate = scene.following(settings)
    queue(candidate, times=2)
    assert scene.states() == {"Slow": "pending"}
    scene.write("tocsin.yml", settings.replace("above: 5", "above: 6") + "  New: {metric: queue, above: 1}\n")
    queue(candidate)
    assert scene.states() == {"Slow": "pending", "New": "firing"}
    queue(candidate)
    assert scene.states() == {"Slow": "firing", "New": "firing"}
    scene.write("tocsin.yml", settings.replace("above: 5", "above: 60"))
    queue(candidate)
    assert scene.states() == {"Slow": "inactive", "New": "inactive"}


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ("  Wrong: {metric: queue, above: [}\n", "/tocsin.yml (file): cannot be read: line 6"),
        ("  Wrong: {metric: queue}\n", "/tocsin.yml:6: thresholds.Wrong: needs one of above"),
        ("slo:\n  a: {objective: 100%}\n", "/tocsin.yml:7: slo.a.objective = '100%': must be a percentage below 100%"),
        ("group_interval: soon\n", "/tocsin.yml:6: group_interval = 'soon'"),
        ("notify:\n  default:\n    slak: x\n", "/tocsin.yml:8: notify.default.slak"),
        ("nonsense: 1\n", "/tocsin.yml:6: nonsense"),
    ],
)
def test_a_broken_file_leaves_everything_as_it_was_and_is_said_once_with_its_line(
    scene, settings, queue, said, broken, line
):
    candidate = scene.following(settings)
    queue(candidate, times=4)
    assert scene.states() == {"Slow": "firing"}
    said()
    scene.write("tocsin.yml", settings.replace("above: 5", "above: 60") + broken)
    queue(candidate, times=3)
    assert scene.states() == {"Slow": "firing"}
    (text,) = said()
    assert text.startswith("tocsin: settings stay as they were: ")
    assert line in text
    scene.write("tocsin.yml", settings.replace("above: 5", "above: 60"))
    queue(candidate)
    assert scene.states() == {"Slow": "inactive"}


def test_nobody_is_told_again_because_the_settings_changed(scene, settings, queue):
    candidate = scene.following(settings)
    queue(candidate, times=4)
    assert scene.told() == [("firing", "Slow")]
    scene.write("tocsin.yml", f"trace_url: 'http://traces/{{trace_id}}'\n{settings}")
    queue(candidate, times=30)
    assert scene.told() == [("firing", "Slow")]


def test_receivers_packs_and_rule_files_follow(scene, settings, queue):
    rules = scene.write("own.yml", "groups: [{name: own, rules: [{alert: Own, expr: vector(1)}]}]")
    candidate = scene.following(settings)
    queue(candidate)
    other = scene.folder / "other.jsonl"
    changed = settings.replace("packs: none", "packs: host").replace("told.jsonl", "other.jsonl")
    scene.write("tocsin.yml", f"rules: {rules}\nthreshold_cpu_warning: 65\n{changed}")
    queue(candidate, times=2)
    groups = {each.evaluator.group.name: each.evaluator.group for each in candidate._evaluator._groups.scheduled}
    assert {"own", "tocsin.host", "tocsin.thresholds.Slow"} <= groups.keys()
    assert any(rule.query.endswith("> 0.65") for rule in groups["tocsin.host"].rules)
    scene.wait_until(other.exists)
    assert json.loads(other.read_text().splitlines()[0])["alerts"][0]["labels"]["alertname"] == "Own"


def test_what_only_the_application_reads_counts_after_a_restart(scene, settings, queue, said):
    candidate = scene.following(settings)
    queue(candidate)
    said()
    scene.write("tocsin.yml", f"mask: false\n{settings}")
    queue(candidate, times=2)
    assert said() == ["tocsin: a change of mask counts after a restart"]


def test_a_successor_reads_what_is_there_now(scene, settings, queue):
    first, second = scene.following(settings), scene.following(settings)
    queue(first, second, times=2)
    scene.write("tocsin.yml", settings.replace("Slow:", "Slower:"))
    first.leave(timeout=1)
    queue(second, times=2)
    assert scene.states()["Slower"] == "pending"


@pytest.fixture
def routed(scene, settings, queue):
    """A candidate with an alertmanager.yml."""
    scene.write("say.tmpl", '{{ define "say" }}first{{ end }}')
    path = scene.write("alertmanager.yml", ROUTING.format(repeat="10m"))
    return scene.following(f"alertmanager: {path}\n{settings.replace(', for: 45s', '')}")


def message(candidate):
    (integration,) = candidate._evaluator._alerting.receiver("team").integrations
    return integration.settings["templates"].render(
        integration.settings["text"], sample(receiver="team", severity="warning", now=0.0)
    )


def test_routing_and_its_templates_follow_and_timers_stay(scene, routed, queue, said):
    queue(routed, times=3)
    timers, told = routed._evaluator._timers, routed._evaluator._told
    assert timers
    assert told
    dispatcher = routed._evaluator._dispatcher
    os.utime(scene.folder / "alertmanager.yml", (1, 1))
    queue(routed)
    assert routed._evaluator._dispatcher is dispatcher
    scene.write("say.tmpl", '{{ define "say" }}second{{ end }}')
    assert message(routed) == "first"
    queue(routed)
    assert message(routed) == "second"
    scene.write("alertmanager.yml", ROUTING.format(repeat="7m"))
    queue(routed)
    assert routed._evaluator._alerting.route.repeat_interval == 420
    assert routed._evaluator._timers == timers
    assert routed._evaluator._told == told


@pytest.mark.parametrize(
    ("name", "text", "said_of_it"),
    [
        ("alertmanager.yml", "route:\n  receiver: nobody\nreceivers: []\n", "alertmanager.yml:2: "),
        ("say.tmpl", "\n{{ define", "say.tmpl:2"),
    ],
)
def test_broken_routing_leaves_everything_as_it_was(scene, routed, queue, said, name, text, said_of_it):
    queue(routed)
    before = routed._evaluator._alerting
    said()
    scene.write(name, text)
    queue(routed, times=2)
    assert routed._evaluator._alerting is before
    (line,) = [line for line in said() if "routing" in line]
    assert line.startswith("tocsin: routing of alerts stays as it was: ")
    assert said_of_it in line

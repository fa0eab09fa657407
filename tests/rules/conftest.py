import os
import re
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest
import yaml

import tocsin.rules
from tocsin.promql import evaluate, parse
from tocsin.promql.notation import parse_series
from tocsin.rules import AlertingRule, AlertState, GroupEvaluator, load_pack, with_signals
from tocsin.series import Head

PACKS = Path(tocsin.rules.__file__).parent / "packs"


@pytest.fixture(scope="session")
def promtool():
    """Runs the real promtool; its exit status and everything it printed."""
    folder = os.environ.get("TOCSIN_ORACLES")
    if not folder:
        pytest.skip("TOCSIN_ORACLES names no folder with promtool in its bin/")

    def run(*arguments):
        command = [Path(folder) / "bin" / "promtool", *map(str, arguments)]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        return finished.returncode, finished.stdout + finished.stderr

    return run


class Sink:
    def __init__(self, head):
        self.head = head

    def append(self, labels, at, value):
        self.head.append(labels, round(at * 1000), value)

    def mark_stale(self, labels, at):
        self.head.stale(labels, round(at * 1000))


class Simulation:
    """A pack evaluated over series in promtool's notation, both every `step` seconds, as promtool does it."""

    def __init__(self, groups, series, *, at, step=15):
        self.head, self.at = Head(), at
        self._evaluators = [
            GroupEvaluator(group, query=lambda expr, at: evaluate(expr, self.head, at), sink=Sink(self.head))
            for group in groups
        ]
        values = dict(parse_series(f"{selector} {notation}") for selector, notation in series.items())
        for now in range(0, at + 1, step):
            index = now // step
            known = ((labels, each[index]) for labels, each in values.items() if index < len(each))
            self.head.append_many((labels, now * 1000, value) for labels, value in known if value is not None)
            for evaluator in self._evaluators:
                evaluator.evaluate(now)
        assert [status.last_error for status in self._statuses() if status.last_error] == []

    def _statuses(self):
        return [status for evaluator in self._evaluators for status in evaluator.statuses]

    def select(self, name):
        """The present samples of all series whose name matches."""
        return evaluate(parse(f'{{__name__=~"{name}"}}'), self.head, self.at).samples

    @property
    def firing(self):
        alerts = [alert for status in self._statuses() for alert in status.alerts.values()]
        return [alert for alert in alerts if alert.state is AlertState.FIRING]


@lru_cache(maxsize=1024)
def fired(pack, series, at, step, thresholds):
    """Once for us, once for promtool to compare with: the same simulation."""
    groups = [group for name in with_signals([pack]) for group in load_pack(name, dict(thresholds)).groups]
    return Simulation(groups, dict(series), at=at, step=step).firing


@pytest.fixture
def simulate():
    """Run a shipped pack, with the one that it looks at, over series; what fires."""

    def simulate(pack, series, *, at, step=15, thresholds=None):
        return list(fired(pack, tuple(series.items()), at, step, tuple((thresholds or {}).items())))

    return simulate


@pytest.fixture
def simulate_groups():
    """Run any groups over series; the simulation has `head` and `firing`."""
    return Simulation


#: Names of the stable conventions for HTTP, and those before them.
OLD_NAMES = {
    "http_server_request_duration_seconds": "http_server_duration_milliseconds",
    "http_client_request_duration_seconds": "http_client_duration_milliseconds",
    "http_response_status_code": "http_status_code",
    "http_route": "http_target",
    "server_address": "net_peer_name",
}
STABLE_HTTP = re.compile(r"http_(server|client)_request_duration_seconds")


@pytest.fixture
def under():
    """The series of an application that `OTEL_SEMCONV_STABILITY_OPT_IN` has report under other conventions."""

    def under(opt_in, series):
        old = dict(older(*each) for each in series.items())
        return series | old if opt_in == "http/dup" else old

    return under


def older(selector, values):
    """A series for HTTP as it was before the stable conventions, which know seconds and types of errors."""
    if not STABLE_HTTP.match(selector):
        return selector, values
    for new, old in OLD_NAMES.items():
        selector = selector.replace(new, old)
    if "client" in selector:
        selector = re.sub(r'error_type="[^"]*",?', "", selector)
    selector = re.sub(r'le="([\d.]+)"', lambda found: f'le="{1000 * float(found[1]):g}"', selector)
    return selector, re.sub(r"(?<![x\d.])\d+(\.\d+)?", milliseconds, values) if "_sum" in selector else values


def milliseconds(seconds):
    return f"{1000 * float(seconds[0]):g}"


@pytest.fixture
def promtool_agrees(promtool, simulate, tmp_path):
    """The real promtool fires what a simulation of each case fires, word for word."""

    def agrees(cases, *, step=15):
        for pack in sorted({case.pack for case in cases}):
            tests = [
                promtool_test(case, simulate(pack, case.series, at=case.at, step=step), step)
                for case in cases
                if case.pack == pack
            ]
            names = with_signals([pack])
            content = {
                "rule_files": [f"{PACKS}/{name}.yml" for name in names],
                "evaluation_interval": f"{step}s",
                "group_eval_order": [group.name for name in names for group in load_pack(name).groups],
                "tests": tests,
            }
            file = tmp_path / f"{pack}.test.yml"
            file.write_text(yaml.safe_dump(content))
            status, output = promtool("test", "rules", file)
            assert status == 0, output

    return agrees


def promtool_test(case, found, step):
    rules = [rule for group in load_pack(case.pack).groups for rule in group.rules]
    return {
        "name": case.title,
        "interval": f"{step}s",
        "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
        "alert_rule_test": [
            {
                "eval_time": f"{case.at}s",
                "alertname": name,
                "exp_alerts": [
                    {"exp_labels": labels, "exp_annotations": dict(alert.annotations)}
                    for alert in found
                    for labels in [dict(alert.labels)]
                    if labels.pop("alertname") == name
                ],
            }
            for name in sorted({rule.name for rule in rules if isinstance(rule, AlertingRule)})
        ],
    }

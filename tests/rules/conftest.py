import os
import subprocess
from pathlib import Path

import pytest
import yaml

import tocsin.rules
from tocsin.promql import evaluate, parse
from tocsin.promql.notation import parse_series
from tocsin.rules import AlertingRule, AlertState, GroupEvaluator, load_pack, pack_names, with_signals
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


@pytest.fixture
def simulate():
    """Run a shipped pack, with the one that it looks at, over series; what fires."""

    def simulate(pack, series, *, at, step=15, thresholds=None):
        groups = [group for name in with_signals([pack]) for group in load_pack(name, thresholds).groups]
        return Simulation(groups, series, at=at, step=step).firing

    return simulate


@pytest.fixture
def simulate_groups():
    """Run any groups over series; the simulation has `head` and `firing`."""
    return Simulation


@pytest.fixture
def promtool_agrees(promtool, simulate, tmp_path):
    """The real promtool fires what a simulation of each case fires, word for word."""

    def agrees(cases, *, step=15):
        tests = [promtool_test(case, simulate(case.pack, case.series, at=case.at, step=step), step) for case in cases]
        groups = [group.name for name in with_signals(pack_names()) for group in load_pack(name).groups]
        content = {
            "rule_files": [f"{PACKS}/*.yml"],
            "evaluation_interval": f"{step}s",
            "group_eval_order": groups,
            "tests": tests,
        }
        file = tmp_path / "packs.test.yml"
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

"""Compares what was expected of the faults with what was found. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from signatures import Alert, Fault, Issue


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the summary; ``found`` is empty where something is missing, ``expected`` where it is extra."""

    fault: str
    expected: str
    found: str

    @property
    def ok(self) -> bool:
        return self.expected == self.found


def judge_issues(triggers: Mapping[str, int], faults: Iterable[Fault], issues: Iterable[Any]) -> list[Finding]:
    """One finding an expected issue, and one for each that nobody expected. ``triggers``: fault → how often."""
    left = {_seen(issue): issue for issue in issues}
    findings = []
    for fault in faults:
        for expected in fault.issues:
            text = _expected(expected, triggers[fault.name])
            findings.append(Finding(fault.name, text, text if left.pop(text, None) else ""))
    return findings + [Finding("", "", text) for text in left]


def judge_alerts(faults: Iterable[Fault], told: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """One finding an expected alert, told once as firing; and one for each that nobody expected.

    A new issue is one alert: of a service with three expected issues, three are expected.
    """
    issues = Counter(issue.service for fault in faults for issue in fault.issues)
    expected = {alert for fault in faults for alert in fault.alerts}
    wanted = {_text(alert, issues[alert.service] if alert.name == "NewIssue" else 1) for alert in expected}
    fired = Counter(
        Alert(alert["labels"]["alertname"], service_of(alert)) for alert in told if alert["status"] == "firing"
    )
    found = {_text(alert, count) for alert, count in fired.items()}
    return [
        Finding("", text if text in wanted else "", text if text in found else "") for text in sorted(wanted | found)
    ]


def service_of(alert: Mapping[str, Any]) -> str:
    """Rules about requests name the service as Prometheus does, rules about issues as OpenTelemetry does."""
    return str(alert["labels"].get("service_name") or alert["labels"].get("job", ""))


def _text(alert: Alert, times: int) -> str:
    return f"{alert.name} of {alert.service}" + (f", {times} times" if times > 1 else "")


def _expected(issue: Issue, triggers: int) -> str:
    count = issue.occurrences * triggers
    return _line(issue.service, issue.exception_type, issue.culprit, issue.category, handled=issue.handled, count=count)


def _seen(issue: Any) -> str:
    culprit = issue.culprit.replace(" in ", ".")
    return _line(issue.service, issue.error_type, culprit, issue.category, handled=issue.handled, count=issue.count)


def _line(service: str, type_name: str, culprit: str, category: str, *, handled: bool, count: int) -> str:
    return f"{service}: {type_name} in {culprit}, {category}{', handled' if handled else ''}, {count} times"

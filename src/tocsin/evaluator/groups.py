"""All rule groups over one series head."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tocsin.alerting.fingerprint import fingerprint
from tocsin.config import Config
from tocsin.evaluator.rule_files import rule_groups
from tocsin.promql import evaluate
from tocsin.promql.ast import Expr
from tocsin.promql.values import Value
from tocsin.rules import ActiveAlert, AlertState, Group, GroupEvaluator, RuleStatus
from tocsin.rules.rule import rule_key
from tocsin.series import Head
from tocsin.series.labels import Labels
from tocsin.series.labels import from_mapping as labels_of
from tocsin.store import Alert


class HeadSink:
    """Where rules write their series."""

    def __init__(self, head: Head) -> None:
        self._head = head

    def append(self, labels: Labels, at: float, value: float) -> None:
        """Write a sample."""
        self._head.append(labels, round(at * 1000), value)

    def mark_stale(self, labels: Labels, at: float) -> None:
        """End a series."""
        self._head.stale(labels, round(at * 1000))


@dataclass(slots=True)
class Scheduled:
    """A group, and when it is due."""

    key: str
    evaluator: GroupEvaluator
    interval: float
    due: float = 0.0


class Groups:
    """Evaluates each group at its own interval; `restored` are the alerts that an earlier evaluator left."""

    def __init__(self, config: Config, head: Head, *, restored: Iterable[Alert]) -> None:
        self._head = head
        left = _by_rule(restored)
        self._scheduled = [self._schedule(config, group, left) for group in rule_groups(config)]

    def evaluate(self, now: float) -> Iterator[Alert]:
        """Evaluate what is due; then all alerts of all rules."""
        for group in self._scheduled:
            if now >= group.due:
                group.evaluator.evaluate(now)
                group.due = now + group.interval
            for status in group.evaluator.statuses:
                yield from _rows(group.key, status)

    def _schedule(self, config: Config, group: Group, left: Mapping[str, Mapping[str, list[ActiveAlert]]]) -> Scheduled:
        key = f"{group.source};{group.name}"
        evaluator = GroupEvaluator(
            group,
            query=self._query,
            sink=HeadSink(self._head),
            external_url=config.external_url,
            alerts=left.get(key),
        )
        return Scheduled(key, evaluator, group.interval or config.evaluation_interval)

    def _query(self, expr: Expr, at: float) -> Value:
        return evaluate(expr, self._head, at)


def _by_rule(alerts: Iterable[Alert]) -> dict[str, dict[str, list[ActiveAlert]]]:
    found: dict[str, dict[str, list[ActiveAlert]]] = defaultdict(lambda: defaultdict(list))
    for alert in alerts:
        found[alert.group][alert.rule].append(
            ActiveAlert(
                labels=labels_of(alert.labels),
                annotations=alert.annotations,
                value=alert.value,
                state=AlertState(alert.state),
                active_at=alert.active_at,
                fired_at=alert.fired_at,
                resolved_at=alert.resolved_at,
                keep_firing_since=alert.keep_firing_since,
            )
        )
    return found


def _rows(group: str, status: RuleStatus) -> Iterator[Alert]:
    for labels, alert in status.alerts.items():
        yield Alert(
            group=group,
            rule=rule_key(status.rule),
            fingerprint=fingerprint(labels),
            labels=dict(labels),
            annotations=alert.annotations,
            state=alert.state.value,
            value=alert.value,
            active_at=alert.active_at,
            fired_at=alert.fired_at,
            resolved_at=alert.resolved_at,
            keep_firing_since=alert.keep_firing_since,
        )

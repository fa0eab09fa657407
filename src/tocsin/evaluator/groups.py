"""All rule groups over one series head."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tocsin.alerting.fingerprint import fingerprint
from tocsin.config import Config
from tocsin.evaluator.courtesy import Courtesy
from tocsin.evaluator.own_files import OwnFiles
from tocsin.evaluator.rule_files import evaluable, fixed_groups
from tocsin.masking import masker_of
from tocsin.notices import notices
from tocsin.promql import Deadline, evaluate
from tocsin.promql.ast import Expr
from tocsin.promql.values import Value
from tocsin.rules import ActiveAlert, AlertState, Group, GroupEvaluator, Health, RuleStatus, resume
from tocsin.rules.head_sink import HeadSink
from tocsin.rules.rule import rule_key
from tocsin.series import Head
from tocsin.series.labels import from_mapping as labels_of
from tocsin.store import Alert

#: A query of a rule that runs longer is cut off: the rule fails, those after it are evaluated.
QUERY_SECONDS = 5.0


@dataclass(slots=True)
class Scheduled:
    """A group, and when it is due."""

    key: str
    evaluator: GroupEvaluator
    interval: float
    due: float = 0.0

    def advance(self, now: float) -> None:
        """A late evaluation does not shift the rhythm."""
        following = self.due + self.interval
        self.due = following if following > now else now + self.interval


class Groups:
    """Evaluates each group at its own interval. A rule that fails is said once; its status tells why.

    `restored` are the alerts that an earlier evaluator left at `stopped_at`; None where there was none.
    """

    def __init__(
        self,
        config: Config,
        head: Head,
        *,
        restored: Iterable[Alert],
        stopped_at: float | None,
        now: float,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._head = head
        self._stopwatch = stopwatch
        self._courtesy = Courtesy()
        self._stopped_at = now if stopped_at is None else stopped_at
        self._started_at = now
        self._config = config
        self._mask = masker_of(config).mask
        self._left = _by_rule(restored)
        self._own_files = OwnFiles(config.rules)
        self._fixed = [self._schedule(group) for group in fixed_groups(config)]
        self._own: dict[str, Scheduled] = {}
        self._reload(now)
        self._left = {}

    @property
    def scheduled(self) -> tuple[Scheduled, ...]:
        """All groups, in the order of their evaluation."""
        return (*self._fixed, *self._own.values())

    def evaluate(self, now: float) -> Iterator[Alert]:
        """Read rule files that changed, evaluate what is due; then all alerts of all rules."""
        self._reload(now)
        for group in self.scheduled:
            if now >= group.due:
                group.evaluator.evaluate(now)
                group.advance(now)
                _say_failures(group)
            for status in group.evaluator.statuses:
                yield from _rows(group.key, status, self._mask)

    def _reload(self, now: float) -> None:
        """Rules that are still there carry on; what the others wrote ends."""
        if not self._own_files.refresh():
            return
        before = self._own
        scheduled = [self._schedule(group) for group in evaluable(self._own_files.files)]
        self._own = {group.key: group for group in scheduled}
        for key, group in self._own.items():
            if key in before:
                group.evaluator.succeed(before[key].evaluator, now)
                group.due = min(before[key].due, now + group.interval)
        for key in before.keys() - self._own.keys():
            before[key].evaluator.end(now)

    def _schedule(self, group: Group) -> Scheduled:
        key = f"{group.source};{group.name}"
        interval = group.interval or self._config.evaluation_interval
        evaluator = GroupEvaluator(
            group,
            query=self._query,
            sink=HeadSink(self._head),
            external_url=self._config.external_url,
            alerts={rule: self._resume(alerts, interval) for rule, alerts in self._left.get(key, {}).items()},
        )
        return Scheduled(key, evaluator, interval)

    def _resume(self, alerts: Iterable[ActiveAlert], interval: float) -> list[ActiveAlert]:
        return resume(alerts, stopped_at=self._stopped_at, at=self._started_at, interval=interval)

    def _query(self, expr: Expr, at: float) -> Value:
        deadline = Deadline.after(QUERY_SECONDS, clock=self._stopwatch, pause=self._courtesy)
        return evaluate(expr, self._head, at, deadline=deadline)


def _say_failures(group: Scheduled) -> None:
    for status in group.evaluator.statuses:
        if status.health is Health.ERROR:
            rule = f"rule {status.rule.name} of {group.key}"
            notices.say(f"{rule} fails: {status.last_error}", once=f"{rule}: {rule_key(status.rule)}")


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


def _rows(group: str, status: RuleStatus, mask: Callable[[str], str]) -> Iterator[Alert]:
    for labels, alert in status.alerts.items():
        yield Alert(
            group=group,
            rule=rule_key(status.rule),
            fingerprint=fingerprint(labels),
            labels=dict(labels),
            annotations={name: mask(text) for name, text in alert.annotations.items()},
            state=alert.state.value,
            value=alert.value,
            active_at=alert.active_at,
            fired_at=alert.fired_at,
            resolved_at=alert.resolved_at,
            keep_firing_since=alert.keep_firing_since,
        )

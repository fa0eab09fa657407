"""All rule groups over one series head."""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from tocsin.alerting.fingerprint import fingerprint
from tocsin.config import Config
from tocsin.evaluator.courtesy import Courtesy
from tocsin.evaluator.damping import damped
from tocsin.evaluator.own_files import OwnFiles
from tocsin.evaluator.recorder import Recorder
from tocsin.evaluator.rule_files import WINDOW, evaluable, fixed_files, retentions
from tocsin.masking import masker_of
from tocsin.notices import notices
from tocsin.promql import Deadline, evaluate
from tocsin.promql.ast import Expr
from tocsin.promql.values import Value
from tocsin.rules import (
    ActiveAlert,
    AlertState,
    Group,
    GroupEvaluator,
    Health,
    RecordingRule,
    RuleStatus,
    reaches,
    resume,
)
from tocsin.rules.rule import rule_key
from tocsin.series.labels import from_mapping as labels_of
from tocsin.store import Alert

#: A query of a rule that runs longer is cut off: the rule fails, those after it are evaluated.
QUERY_SECONDS = 5.0


@dataclass(slots=True)
class Scheduled:
    """A group, and when it is due.

    One that records what is kept for long is `even`: it is evaluated for the multiples of its interval, so that
    windows add up to the whole, whoever evaluates. Those that were missed are made up for, up to `makes_up` seconds.
    """

    key: str
    evaluator: GroupEvaluator
    interval: float
    even: bool = False
    makes_up: float = 0.0
    due: float = 0.0

    def moments(self, now: float) -> list[float]:
        """The times for which to evaluate now. The next are due after them."""
        if now < self.due:
            return []
        if not self.even:
            # A late evaluation does not shift the rhythm.
            following = self.due + self.interval
            self.due = following if following > now else now + self.interval
            return [now]
        last = math.floor(now / self.interval)
        first = max(math.ceil(self.due / self.interval), math.ceil((now - self.makes_up) / self.interval))
        self.due = (last + 1) * self.interval
        return [number * self.interval for number in range(min(first, last), last + 1)]


class Groups:
    """Evaluates each group at its own interval. A rule that fails is said once; its status tells why.

    `restored` are the alerts that an earlier evaluator left at `stopped_at`; None where there was none.
    """

    def __init__(
        self,
        config: Config,
        recorder: Recorder,
        *,
        restored: Iterable[Alert],
        stopped_at: float | None,
        now: float,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._recorder = recorder
        self._stopwatch = stopwatch
        self._courtesy = Courtesy()
        self._stopped_at = now if stopped_at is None else stopped_at
        self._started_at = now
        self._config = config
        self._mask = masker_of(config).mask
        self._left = _by_rule(restored)
        self._own_files = OwnFiles(config.rules)
        self._own_files.refresh()
        self._fixed = fixed_files(config)
        self._groups: dict[str, Scheduled] = {}
        self._load(now)
        self._left = {}

    @property
    def scheduled(self) -> tuple[Scheduled, ...]:
        """All groups, in the order of their evaluation."""
        return tuple(self._groups.values())

    def evaluate(self, now: float) -> Iterator[Alert]:
        """Read rule files that changed, evaluate what is due; then all alerts of all rules."""
        if self._own_files.refresh():
            self._load(now)
        for group in self.scheduled:
            for moment in group.moments(now):
                group.evaluator.evaluate(moment)
                _say_failures(group)
            for status in group.evaluator.statuses:
                yield from _rows(group.key, status, self._mask)

    def configure(self, config: Config, now: float) -> None:
        """Follow changed settings; rules that are still there carry on."""
        self._config = config
        self._own_files.watch(config.rules)
        self._own_files.refresh()
        self._fixed = fixed_files(config)
        self._load(now)

    def _load(self, now: float) -> None:
        """Rules that are still there carry on; what the others wrote ends."""
        groups = evaluable(self._config, (*self._fixed, *self._own_files.files))
        kept = retentions(self._config, groups)
        self._recorder.keep(kept, now)
        before = self._groups
        scheduled = [self._schedule(group, kept) for group in groups]
        self._groups = {group.key: group for group in scheduled}
        for key, group in self._groups.items():
            if key in before:
                group.evaluator.succeed(before[key].evaluator, now)
                group.due = min(before[key].due, now + group.interval)
        for key in before.keys() - self._groups.keys():
            before[key].evaluator.end(now)

    def _schedule(self, group: Group, kept: Collection[str]) -> Scheduled:
        key = f"{group.source};{group.name}"
        interval = group.interval or self._config.evaluation_interval
        evaluator = GroupEvaluator(
            damped(group, self._config.cooldown),
            query=self._query,
            sink=self._recorder,
            external_url=self._config.external_url,
            alerts={rule: self._resume(alerts, interval) for rule, alerts in self._left.get(key, {}).items()},
        )
        names = [rule.record if isinstance(rule, RecordingRule) else "" for rule in group.rules]
        even = all(names) and not set(kept).isdisjoint(names)
        return Scheduled(key, evaluator, interval, even, WINDOW - _nearest(group, kept))

    def _resume(self, alerts: Iterable[ActiveAlert], interval: float) -> list[ActiveAlert]:
        return resume(alerts, stopped_at=self._stopped_at, at=self._started_at, interval=interval)

    def _query(self, expr: Expr, at: float) -> Value:
        deadline = Deadline.after(QUERY_SECONDS, clock=self._stopwatch, pause=self._courtesy)
        return evaluate(expr, self._recorder.head, at, deadline=deadline)


def _nearest(group: Group, kept: Collection[str]) -> float:
    """How far its rules look back at what is there for an hour only."""
    looks = (back for rule in group.rules for name, back in reaches(rule.expr) if name not in kept)
    return max(looks, default=0.0)


def _say_failures(group: Scheduled) -> None:
    for status in group.evaluator.statuses:
        if status.health is Health.ERROR:
            rule = f"rule {status.rule.name} of {group.key}"
            reason = status.last_error.removeprefix(f"rule {status.rule.name} of group {group.evaluator.group.name}: ")
            notices.say(f"{rule} fails: {reason}", once=f"{rule}: {rule_key(status.rule)}")


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

"""Issues as metrics: what rules about new and regressed issues look at."""

import time
from collections.abc import Callable, Iterable

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from tocsin.notices import notices
from tocsin.store import Issue, Store, StoreError

#: Issues seen within this many seconds have series, the most recent ones first, no more than `SERIES`.
RECENT = 3600.0
SERIES = 500


def observe_issues(meter: Meter, store: Store, *, active: Callable[[], bool]) -> None:
    """Register the `tocsin.issue.*` instruments; they report only while `active`, so that one process speaks."""

    def gauge(name: str, description: str, value: Callable[[Issue], float | None]) -> None:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            pairs = [(issue, value(issue)) for issue in _recent(store)] if active() else []
            return [Observation(at, _labels(issue)) for issue, at in pairs if at is not None]

        meter.create_observable_gauge(f"tocsin.issue.{name}", [observe], unit="s", description=description)

    gauge("first_seen.timestamp", "When the issue was first seen.", lambda issue: issue.first_seen)
    gauge("last_seen.timestamp", "When the issue was last seen.", lambda issue: issue.last_seen)
    gauge("regressed.timestamp", "When the issue came back after it was resolved.", lambda issue: issue.regressed_at)


def _recent(store: Store) -> list[Issue]:
    try:
        return store.issues.recent(seen_since=time.time() - RECENT, limit=SERIES)
    except StoreError as error:
        notices.say(f"issues are not alerted on: {error}", once="issue metrics")
        return []


def _labels(issue: Issue) -> dict[str, str]:
    return {
        "service.name": issue.service,
        "issue": str(issue.id),
        "error.type": issue.error_type,
        "category": issue.category,
        "severity": issue.severity,
        "title": issue.title,
        "culprit": issue.culprit,
    }

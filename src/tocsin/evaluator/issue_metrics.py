"""Issues as metrics: what rules about new and regressed issues look at."""

from collections.abc import Callable, Iterable

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from tocsin.store import Issue, Store

#: Issues seen within this many seconds have series, those that began or came back last first, no more than `SERIES`.
RECENT = 3600.0
SERIES = 500
#: What people made of an issue: it is no news any more. Muted ones have no series but their own.
DECIDED = frozenset({"acknowledged", "resolved"})


class IssueMetrics:
    """Reports the issues that were last read, so that whoever collects metrics waits for no disk."""

    def __init__(self) -> None:
        self._issues: list[Issue] = []
        self._muted: list[str] = []

    def read(self, store: Store, *, now: float) -> None:
        """Look at the issues in the store. Raises `StoreError`."""
        self._issues = store.issues.newest(seen_since=now - RECENT, limit=SERIES)
        self._muted = store.issues.muted(seen_since=now - RECENT)

    def observe(self, meter: Meter, *, active: Callable[[], bool]) -> None:
        """Register the `tocsin.issue.*` instruments; they report only while `active`, so that one process speaks."""

        def gauge(name: str, description: str, value: Callable[[Issue], float | None]) -> None:
            def observe(_options: CallbackOptions) -> Iterable[Observation]:
                pairs = [(issue, value(issue)) for issue in self._issues] if active() else []
                return [Observation(at, _labels(issue)) for issue, at in pairs if at is not None]

            meter.create_observable_gauge(f"tocsin.issue.{name}", [observe], unit="s", description=description)

        gauge("first_seen.timestamp", "When the issue was first seen; until somebody decides about it.", _new_since)
        gauge("last_seen.timestamp", "When the issue was last seen.", lambda issue: issue.last_seen)
        gauge("regressed.timestamp", "When the issue came back after it was resolved; as long.", _back_since)

        def observe_muted(_options: CallbackOptions) -> Iterable[Observation]:
            muted = self._muted[:SERIES] if active() else []
            return [Observation(1, {"tocsin.error.fingerprint": fingerprint}) for fingerprint in muted]

        meter.create_observable_gauge(
            "tocsin.issue.muted", [observe_muted], description="Muted issues, by fingerprint."
        )


def _new_since(issue: Issue) -> float | None:
    return None if issue.status in {*DECIDED, "regressed"} else issue.first_seen


def _back_since(issue: Issue) -> float | None:
    return None if issue.status in DECIDED else issue.regressed_at


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

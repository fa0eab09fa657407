"""The values that go into the store and come out of it. Times are unix seconds."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct, field

#: From the least to the worst; an issue's rises with what is seen of it.
SEVERITIES = ("info", "warning", "error", "critical")


class StoreError(Exception):
    """The store cannot be opened, read or written; the message names the file and the fix."""


class Occurrence(Struct, frozen=True, kw_only=True):
    """One failure with its context, already masked."""

    at: float
    message: str
    stacktrace: str = ""
    handled: bool = False
    release: str = ""
    trace_id: str = ""
    span_id: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    #: Plain data, part by part, see `tocsin.capture.details`: request, user, breadcrumbs, exceptions, ….
    details: Mapping[str, Any] = field(default_factory=dict)


class Sighting(Struct, frozen=True, kw_only=True):
    """`count` occurrences of one fingerprint that a process saw, with the few of them that were sampled."""

    service: str
    fingerprint: str
    title: str
    culprit: str
    error_type: str
    category: str
    severity: str
    handled: bool
    release: str
    count: int
    first_at: float
    last_at: float
    #: What earlier algorithms made of it: an issue that is known by one of these is this one.
    aliases: tuple[str, ...] = ()
    samples: tuple[Occurrence, ...] = ()
    #: When occurrences happened that seemed handled, and may be kept as such, and escaped.
    escaped: tuple[float, ...] = ()
    #: Who was hit, as far as the process knew; pseudonyms, the store keeps them as they are.
    users: frozenset[str] = frozenset()


class Issue(Struct, frozen=True, kw_only=True):
    """All occurrences of one root cause in one service."""

    id: int
    service: str
    fingerprint: str
    title: str
    culprit: str
    error_type: str
    category: str
    severity: str
    handled: bool
    status: str
    count: int
    first_seen: float
    last_seen: float
    first_release: str
    last_release: str
    resolved_at: float | None = None
    regressed_at: float | None = None
    #: When the status began, and how many occurrences were counted then.
    status_since: float = 0.0
    status_count: int = 0
    #: What ends the status, see `tocsin.errors.Standing`.
    until_at: float | None = None
    until_count: int | None = None
    within: float | None = None
    until_release: str = ""
    assignee: str = ""
    #: The issue that this one is part of now.
    merged_into: int | None = None
    users: int = 0


class IssueEvent(Struct, frozen=True, kw_only=True):
    """A step in the life of an issue: who did what, nobody where it went by itself."""

    at: float
    actor: str
    action: str
    detail: str = ""


class MetricBatch(Struct, frozen=True):
    """One collection of one process' metrics, as OTLP/JSON."""

    id: int
    payload: bytes


class Alert(Struct, frozen=True, kw_only=True):
    """One alert of one rule: pending, firing, or resolved (`inactive` with `resolved_at`)."""

    group: str
    rule: str
    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    state: str
    value: float
    active_at: float
    fired_at: float | None = None
    resolved_at: float | None = None
    keep_firing_since: float | None = None


class AlertTransition(Struct, frozen=True, kw_only=True):
    """One step in the life of an alert, for the history."""

    at: float
    group: str
    rule: str
    fingerprint: str
    labels: Mapping[str, str]
    state: str
    value: float


class LoggedNotification(Struct, frozen=True, kw_only=True):
    """What a receiver was last told about a group of alerts: the key to never telling it twice."""

    group_key: str
    receiver: str
    integration: int
    at: float
    firing: tuple[str, ...]
    resolved: tuple[str, ...]
    #: When each of those that fire was told first since it fires.
    since: Mapping[str, float] = field(default_factory=dict)
    #: Those of them of which it was told that somebody acknowledged them.
    acknowledged: tuple[str, ...] = ()


class OutboxEntry(Struct, frozen=True, kw_only=True):
    """A notification on its way: decided, durable, and delivered at least once.

    It is `pending` until it is `sent`, `parked` because it cannot be, `suppressed` because there were too many within
    an hour, or `left out` because its receiver has no use for it. `sent_at` of a suppressed one is when that was told.
    """

    key: str
    receiver: str
    integration: int
    group_key: str
    payload: bytes
    created_at: float
    state: str = "pending"
    attempts: int = 0
    next_attempt_at: float = 0.0
    last_error: str = ""
    sent_at: float | None = None


class SilenceMatcher(NamedTuple):
    """One condition of a silence, as Alertmanager's API has it."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True


class Silence(Struct, frozen=True, kw_only=True):
    """While it is active, nobody is told of alerts that all of its matchers match; `id` is a UUID."""

    id: str
    matchers: tuple[SilenceMatcher, ...]
    starts_at: float
    ends_at: float
    created_by: str
    comment: str
    updated_at: float
    annotations: Mapping[str, str] = field(default_factory=dict)


class AlertStanding(Struct, frozen=True, kw_only=True):
    """What somebody decided about one firing of an alert, the one that began at `fired_at`; see `tocsin.alerting.life`.

    `status` is `acknowledged`, until `until_at` where that is not None, or `resolved`.
    """

    fingerprint: str
    fired_at: float
    status: str
    at: float
    actor: str
    note: str = ""
    until_at: float | None = None


class AlertEvent(Struct, frozen=True, kw_only=True):
    """What was done about alerts: who did what, nobody where it went by itself.

    `subject` is the fingerprint of an alert, the id of a silence, or the key of a notification.
    """

    at: float
    actor: str
    action: str
    subject: str
    labels: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""


class Beat(Struct, frozen=True, kw_only=True):
    """A sign of life: `status` is `ok`, `started` or `failed`; `every` and `grace` are seconds, None leaves them."""

    name: str
    at: float
    status: str = "ok"
    every: float | None = None
    grace: float | None = None
    severity: str = ""
    note: str = ""


class Heartbeat(Struct, frozen=True, kw_only=True):
    """Something that gives a sign of life every `every` seconds, and is missed `grace` seconds later."""

    name: str
    every: float
    grace: float
    severity: str
    status: str
    #: When the first sign came, and the last one of each kind.
    created_at: float
    ok_at: float | None = None
    started_at: float | None = None
    failed_at: float | None = None
    note: str = ""
    #: How long the last run took that was said to begin and to end well, in seconds.
    duration: float | None = None

    @property
    def due_at(self) -> float:
        """From when on it is missed: what has begun has to end within `grace`."""
        if self.status == "started":
            return (self.started_at or self.created_at) + self.grace
        return max(self.ok_at or self.created_at, self.failed_at or 0.0) + self.every + self.grace


class HeldAlert(NamedTuple):
    """An alert that fires and that a receiver is not told of: `inhibited`, `silenced`, `muted` or in `maintenance`.

    `by` are the fingerprints of other alerts, the ids of silences, or the names of time intervals or of maintenance.
    """

    fingerprint: str
    group_key: str
    receiver: str
    reason: str
    by: tuple[str, ...]

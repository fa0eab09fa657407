"""The life of an issue: what its status is after it was seen once more."""

from typing import Literal, Protocol, TypeAlias

IssueStatus: TypeAlias = Literal["new", "ongoing", "resolved", "regressed", "muted"]

#: Seconds that an issue stays `new`, or `regressed`, before it is merely `ongoing`.
RECENT = 7 * 86_400.0


class KnownIssue(Protocol):
    """What the verdict needs to know of an issue."""

    @property
    def status(self) -> str: ...
    @property
    def first_seen(self) -> float: ...
    @property
    def resolved_at(self) -> float | None: ...
    @property
    def regressed_at(self) -> float | None: ...
    @property
    def last_release(self) -> str: ...


class NewSighting(Protocol):
    """What the verdict needs to know of its occurrences."""

    @property
    def last_at(self) -> float: ...
    @property
    def release(self) -> str: ...


def status_after(issue: KnownIssue, sighting: NewSighting) -> IssueStatus:
    """The status of a known issue after a sighting. An unknown status counts as `ongoing`."""
    since = {"resolved": issue.resolved_at, "regressed": issue.regressed_at}.get(issue.status)
    return next_status(
        issue.status,
        since=issue.first_seen if since is None else since,
        seen_at=sighting.last_at,
        release=sighting.release,
        last_release=issue.last_release,
    )


def next_status(status: str, *, since: float, seen_at: float, release: str = "", last_release: str = "") -> IssueStatus:
    """The status after one more sighting; only people resolve and mute, and only people undo the latter.

    `since` is when the status began: first seen, regressed or resolved. Times are unix seconds.
    """
    if status == "muted":
        return "muted"
    if status == "resolved":
        again = is_regression(resolved_at=since, seen_at=seen_at, release=release, last_release=last_release)
        return "regressed" if again else "resolved"
    if status in {"new", "regressed"} and seen_at - since <= RECENT:
        return "new" if status == "new" else "regressed"
    return "ongoing"


def is_regression(*, resolved_at: float, seen_at: float, release: str = "", last_release: str = "") -> bool:
    """Whether a sighting says that a resolved issue is back.

    It is if the sighting is later than the resolution, or from another release than the one last seen before it
    (then clocks disagree). An earlier sighting that only arrives late is not.
    """
    is_other_release = bool(release and last_release and release != last_release)
    return seen_at > resolved_at or is_other_release

"""The life of an issue: how it stands after it was seen once more, and after somebody decided about it."""

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from tocsin.errors.release import is_later

IssueStatus: TypeAlias = Literal["new", "ongoing", "acknowledged", "resolved", "regressed", "muted"]

#: Seconds that an issue stays `new`, or `regressed`, before it is merely `ongoing`.
RECENT = 7 * 86_400.0


class Standing(Struct, frozen=True, kw_only=True):
    """A status that somebody gave an issue, and what ends it.

    A muted issue is heard of again at the time `until_at`; or after `until_count` more occurrences, as many `within`
    seconds if that is set; or in a release such as `>=2.0` or `>1.9`. A resolved one is back in such a release.
    """

    status: IssueStatus
    until_at: float | None = None
    until_count: int | None = None
    within: float | None = None
    until_release: str = ""


class KnownIssue(Protocol):
    """What the verdict needs to know of an issue: its standing, since when, and what was counted then."""

    @property
    def status(self) -> str: ...
    @property
    def status_since(self) -> float: ...
    @property
    def status_count(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def last_release(self) -> str: ...
    @property
    def until_at(self) -> float | None: ...
    @property
    def until_count(self) -> int | None: ...
    @property
    def within(self) -> float | None: ...
    @property
    def until_release(self) -> str: ...


class NewSighting(Protocol):
    """What the verdict needs to know of its new occurrences."""

    @property
    def count(self) -> int: ...
    @property
    def last_at(self) -> float: ...
    @property
    def release(self) -> str: ...


class Past(Protocol):
    """What only some verdicts ask for."""

    def occurrences(self, seconds: float) -> int:
        """How often the issue was seen within so many seconds before the sighting."""

    def releases(self) -> Sequence[str]:
        """The releases of the service, in the order in which they were first seen."""


def acknowledged() -> Standing:
    """Somebody works on it: it stays known until it is resolved."""
    return Standing(status="acknowledged")


def reopened() -> Standing:
    """As if nobody had decided anything."""
    return Standing(status="ongoing")


def resolved(*, in_release: str = "", after_release: str | None = None) -> Standing:
    """Fixed: at once, in a release, or in whatever comes after a release. Earlier releases may fail until then."""
    if after_release is not None:
        return Standing(status="resolved", until_release=f">{after_release}")
    return Standing(status="resolved", until_release=f">={in_release}" if in_release else "")


def muted(
    *,
    until: float | None = None,
    count: int | None = None,
    within: float | None = None,
    after_release: str | None = None,
) -> Standing:
    """Not to be heard of until any of these, or until somebody reopens it."""
    release = "" if after_release is None else f">{after_release}"
    return Standing(status="muted", until_at=until, until_count=count, within=within, until_release=release)


def status_after(issue: KnownIssue, sighting: NewSighting, past: Past) -> IssueStatus:
    """The status of a known issue after a sighting. An unknown status counts as `ongoing`.

    People alone resolve, acknowledge and mute; a sighting may end the first and the last of these.
    """
    if issue.status == "muted":
        return "ongoing" if _is_mute_over(issue, sighting, past) else "muted"
    if issue.status == "resolved":
        return "regressed" if is_regression(issue, sighting, past) else "resolved"
    if issue.status == "acknowledged":
        return "acknowledged"
    if issue.status in {"new", "regressed"} and sighting.last_at - issue.status_since <= RECENT:
        return "new" if issue.status == "new" else "regressed"
    return "ongoing"


def is_regression(issue: KnownIssue, sighting: NewSighting, past: Past) -> bool:
    """Whether a sighting says that a resolved issue is back.

    Where the issue was resolved in a release, that is what counts, if the sighting has one. Else a sighting is one if
    it is later than the resolution, or from another release than the one last seen before it (then clocks disagree);
    an earlier one that only arrives late is not.
    """
    if issue.until_release and sighting.release:
        return _is_reached(issue.until_release, sighting.release, past)
    is_other_release = bool(sighting.release and issue.last_release and sighting.release != issue.last_release)
    return sighting.last_at > issue.status_since or is_other_release


def _is_mute_over(issue: KnownIssue, sighting: NewSighting, past: Past) -> bool:
    if issue.until_at is not None and sighting.last_at >= issue.until_at:
        return True
    if issue.until_release and sighting.release and _is_reached(issue.until_release, sighting.release, past):
        return True
    return issue.until_count is not None and _counted(issue, past) + sighting.count >= issue.until_count


def _counted(issue: KnownIssue, past: Past) -> int:
    return past.occurrences(issue.within) if issue.within else issue.count - issue.status_count


def _is_reached(condition: str, release: str, past: Past) -> bool:
    """Whether a release is what a condition such as `>=2.0` or `>1.9` asks for."""
    wanted = condition.lstrip(">=")
    if not wanted or release == wanted:
        return condition != f">{release}"
    return is_later(release, wanted, seen=past.releases())

"""Issues, the fingerprints that lead to them, what is counted of these, and a bounded sample of their occurrences."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from tocsin.store import counts, samples
from tocsin.store.counts import Bucket
from tocsin.store.database import Database, insert
from tocsin.store.merging import merge, unmerge
from tocsin.store.model import SEVERITIES, Issue, IssueEvent, Occurrence, Sighting
from tocsin.store.retention import Retention, clean_up, forget_oldest
from tocsin.store.samples import OCCURRENCES_PER_ISSUE

#: Seconds between two clean-ups of one process.
HOUSEKEEPING = 300.0
#: What a person decides about an issue, see `tocsin.errors.Standing`.
STANDING = ("status", "until_at", "until_count", "within", "until_release")

_USERS = (
    "(SELECT count(DISTINCT user) FROM users JOIN fingerprints ON fingerprints.id = fingerprint_id"
    " WHERE issue_id = issues.id) AS users"
)
_SELECT = f"SELECT issues.*, {_USERS} FROM issues"  # noqa: S608  our text


class Past:
    """What happened to an issue before a sighting, read when it is asked for."""

    def __init__(self, connection: sqlite3.Connection, issue: Issue, sighting: Sighting) -> None:
        self._connection = connection
        self._issue = issue
        self._sighting = sighting

    def occurrences(self, seconds: float) -> int:
        """How often the issue was seen within so many seconds before the sighting, to the minute."""
        until = self._sighting.last_at
        return counts.recent(self._connection, self._issue.id, since=until - seconds, until=until)

    def releases(self) -> Sequence[str]:
        """The releases of the service, in the order in which they were first seen."""
        rows = self._connection.execute(
            "SELECT release FROM releases WHERE service = ? ORDER BY first_seen, release", (self._issue.service,)
        )
        return [release for (release,) in rows]


Verdict = Callable[[Issue, Sighting, Past], str]


class Issues:
    """The issues table and what hangs on it."""

    def __init__(self, database: Database, *, retention: Retention | None = None) -> None:
        self._database = database
        self._retention = retention or Retention()
        self._cleaned_at = 0.0

    def record(self, sightings: Iterable[Sighting], *, status_after: Verdict) -> None:
        """Count each sighting on its issue, in one transaction.

        An unknown fingerprint makes an issue with status `new`; for a known one `status_after` says the next status.
        """
        with self._database.transaction() as connection:
            for sighting in sightings:
                _record(connection, sighting, status_after)
                self._clean_up(connection, sighting.last_at)
            forget_oldest(connection, self._retention.issues)

    def _clean_up(self, connection: sqlite3.Connection, now: float) -> None:
        if now - self._cleaned_at >= HOUSEKEEPING:
            self._cleaned_at = now
            clean_up(connection, self._retention, now=now)

    def recent(self, *, seen_since: float = 0.0, limit: int = 1000) -> list[Issue]:
        """Issues seen at or after `seen_since`, the most recently seen first; those merged into others are left out."""
        return self._select(
            "merged_into IS NULL AND last_seen >= ? ORDER BY last_seen DESC, id DESC LIMIT ?", seen_since, limit
        )

    def newest(self, *, seen_since: float, limit: int) -> list[Issue]:
        """Issues seen at or after `seen_since`, those that began or came back last first; without the muted ones."""
        return self._select(
            "merged_into IS NULL AND status != 'muted' AND last_seen >= ?"
            " ORDER BY max(first_seen, coalesce(regressed_at, 0)) DESC, id DESC LIMIT ?",
            seen_since,
            limit,
        )

    def get(self, issue_id: int) -> Issue | None:
        """The issue with this number."""
        return next(iter(self._select("id = ?", issue_id)), None)

    def find(self, fingerprint: str) -> list[Issue]:
        """The issues that a fingerprint, or a beginning of one, leads to."""
        leading = "SELECT issue_id FROM fingerprints WHERE substr(fingerprint, 1, ?) = ?"
        return self._select(f"id IN ({leading}) ORDER BY id", len(fingerprint), fingerprint)

    def occurrences(self, issue_id: int, *, limit: int = OCCURRENCES_PER_ISSUE) -> list[Occurrence]:
        """The sampled occurrences of an issue, the newest first."""
        with self._database.reading() as connection:
            return samples.newest(connection, issue_id, limit=limit)

    def samples_after(self, sample_id: int, *, limit: int) -> list[tuple[int, Issue, Occurrence]]:
        """The kept samples that came after one, in order, each with its number and its issue."""
        with self._database.reading() as connection:
            found = samples.after(connection, sample_id, limit=limit)
        issues = {issue_id: self.get(issue_id) for _, issue_id, _ in found}
        return [(number, issue, sample) for number, issue_id, sample in found if (issue := issues[issue_id])]

    def user_key(self) -> bytes:
        """What makes pseudonyms of users: the same for all processes that share the file."""
        with self._database.reading() as connection:
            (key,) = connection.execute("SELECT value FROM keys WHERE name = 'users'").fetchone()
            return bytes.fromhex(key)

    def position(self, reader: str) -> int:
        """The last sample that a reader has dealt with; for a new reader, the last one there is."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO sample_readers SELECT ?, coalesce(max(id), 0) FROM occurrences", (reader,)
            )
            row = connection.execute("SELECT position FROM sample_readers WHERE reader = ?", (reader,)).fetchone()
            return int(row[0])

    def advance(self, reader: str, sample_id: int) -> None:
        """Remember that a reader has dealt with everything up to a sample."""
        with self._database.transaction() as connection:
            row = {"reader": reader, "position": sample_id}
            insert(connection, "sample_readers", row, conflict="REPLACE")

    def fingerprints(self, service: str) -> set[str]:
        """Every fingerprint that the store knows of a service."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT fingerprint FROM fingerprints WHERE service = ?", (service,))
            return {fingerprint for (fingerprint,) in rows}

    def muted(self, *, seen_since: float) -> list[str]:
        """The fingerprints of muted issues that were seen at or after `seen_since`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT fingerprints.fingerprint FROM fingerprints JOIN issues ON issues.id = issue_id"
                " WHERE status = 'muted' AND issues.last_seen >= ? ORDER BY 1",
                (seen_since,),
            )
            return [fingerprint for (fingerprint,) in rows]

    def services(self, fingerprint: str) -> list[tuple[str, int]]:
        """The services where a fingerprint was seen, each with its issue."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT service, issue_id FROM fingerprints WHERE fingerprint = ? ORDER BY service", (fingerprint,)
            )
            return [(service, issue_id) for service, issue_id in rows]

    def trend(self, issue_id: int, *, grain: int, since: float) -> list[Bucket]:
        """Occurrences in each minute, hour or day (`grain` 60, 3600 or 86400) from `since` on; empty ones left out."""
        with self._database.reading() as connection:
            return counts.trend(connection, issue_id, grain=grain, since=since)

    def hourly(self, *, since: float) -> Mapping[int, list[Bucket]]:
        """The hourly trend of every issue."""
        with self._database.reading() as connection:
            return counts.hourly(connection, since=since)

    def tags(self, issue_id: int) -> dict[str, dict[str, int]]:
        """What the sampled occurrences had in common: attribute → value → how many of them."""
        with self._database.reading() as connection:
            return counts.tags(connection, issue_id)

    def history(self, issue_id: int) -> list[IssueEvent]:
        """Who did what to the issue, and what it did by itself, in order."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT at, actor, action, detail FROM issue_events WHERE issue_id = ? ORDER BY id", (issue_id,)
            )
            return [IssueEvent(**dict(row)) for row in rows]

    def decide(self, issue_id: int, standing: Mapping[str, object], *, at: float, actor: str, detail: str = "") -> bool:
        """Set how an issue stands, the keys of `STANDING`, and remember who did; False where there is no such issue."""
        resolved_at = at if standing["status"] == "resolved" else None
        columns = dict.fromkeys(STANDING) | {"until_release": ""} | dict(standing)
        assignments = ", ".join(f"{name} = :{name}" for name in columns)
        with self._database.transaction() as connection:
            changed = connection.execute(
                f"UPDATE issues SET {assignments}, status_since = :at, status_count = count,"  # noqa: S608  our names
                " resolved_at = :resolved_at WHERE id = :id",
                columns | {"at": at, "resolved_at": resolved_at, "id": issue_id},
            )
            if changed.rowcount:
                _remember(
                    connection, issue_id, IssueEvent(at=at, actor=actor, action=str(standing["status"]), detail=detail)
                )
            return changed.rowcount == 1

    def assign(self, issue_id: int, assignee: str, *, at: float, actor: str, detail: str = "") -> bool:
        """Say whose an issue is, nobody's where `assignee` is empty; False where there is no such issue."""
        with self._database.transaction() as connection:
            changed = connection.execute("UPDATE issues SET assignee = ? WHERE id = ?", (assignee, issue_id))
            if changed.rowcount:
                action = f"assigned to {assignee}" if assignee else "unassigned"
                _remember(connection, issue_id, IssueEvent(at=at, actor=actor, action=action, detail=detail))
            return changed.rowcount == 1

    def merge(self, issue_ids: Iterable[int], *, into: int, at: float, actor: str, detail: str = "") -> None:
        """Make issues part of another one, with all that was and will be counted of them."""
        with self._database.transaction() as connection:
            for issue_id in issue_ids:
                merge(connection, issue_id, into)
                for subject, action in ((issue_id, f"merged into {into}"), (into, f"merged with {issue_id}")):
                    _remember(connection, subject, IssueEvent(at=at, actor=actor, action=action, detail=detail))

    def unmerge(self, issue_id: int, *, at: float, actor: str, detail: str = "") -> bool:
        """Make an issue one of its own again, with what was counted of it meanwhile; False where it is one."""
        with self._database.transaction() as connection:
            left = unmerge(connection, issue_id)
            if left is None:
                return False
            for subject, action in ((issue_id, f"unmerged from {left}"), (left, f"unmerged from {issue_id}")):
                _remember(connection, subject, IssueEvent(at=at, actor=actor, action=action, detail=detail))
            return True

    def _select(self, condition: str, *values: object) -> list[Issue]:
        with self._database.reading() as connection:
            return [_issue(row) for row in connection.execute(f"{_SELECT} WHERE {condition}", values)]


def _record(connection: sqlite3.Connection, sighting: Sighting, status_after: Verdict) -> None:
    found = _find(connection, sighting) or _adopt(connection, sighting)
    if found is not None:
        samples.escape(connection, found[1].id, sighting.escaped)
    if sighting.count == 0:
        _escalate(connection, found, sighting)
        return
    if found is None:
        issue_id = _create(connection, sighting)
        fingerprint_id = _lead(connection, sighting, issue_id)
    else:
        fingerprint_id, issue = found
        issue_id = issue.id
        _count(connection, issue, sighting, status_after(issue, sighting, Past(connection, issue, sighting)))
        _count_fingerprint(connection, fingerprint_id, sighting)
    counts.count(connection, fingerprint_id, sighting.count, at=sighting.last_at)
    counts.hit(connection, fingerprint_id, sighting.users)
    _see_release(connection, sighting)
    for sample in sighting.samples:
        counts.tag(connection, fingerprint_id, (*sample.attributes.items(), ("release", sample.release)), 1)
    if sighting.samples:
        samples.keep(connection, issue_id, fingerprint_id, sighting.samples)


def _find(connection: sqlite3.Connection, sighting: Sighting) -> tuple[int, Issue] | None:
    row = connection.execute(
        "SELECT issues.*, fingerprints.id AS fingerprint_id FROM fingerprints JOIN issues ON issues.id = issue_id"
        " WHERE fingerprints.service = ? AND fingerprints.fingerprint = ?",
        (sighting.service, sighting.fingerprint),
    ).fetchone()
    if row is None:
        return None
    values = dict(row)
    return values.pop("fingerprint_id"), _issue(values)


def _adopt(connection: sqlite3.Connection, sighting: Sighting) -> tuple[int, Issue] | None:
    """Let a new fingerprint lead to the issue that is known by one of its aliases."""
    for alias in sighting.aliases:
        known = _find(connection, replace(sighting, fingerprint=alias))
        if known is not None:
            return _lead(connection, replace(sighting, count=0), known[1].id), known[1]
    return None


def _create(connection: sqlite3.Connection, sighting: Sighting) -> int:
    row = {
        "service": sighting.service,
        "fingerprint": sighting.fingerprint,
        "title": sighting.title,
        "culprit": sighting.culprit,
        "error_type": sighting.error_type,
        "category": sighting.category,
        "severity": sighting.severity,
        "handled": sighting.handled,
        "status": "new",
        "status_since": sighting.first_at,
        "count": sighting.count,
        "first_seen": sighting.first_at,
        "last_seen": sighting.last_at,
        "first_release": sighting.release,
        "last_release": sighting.release,
    }
    return insert(connection, "issues", row)


def _lead(connection: sqlite3.Connection, sighting: Sighting, issue_id: int) -> int:
    """Let the fingerprint lead to the issue."""
    row = {
        "service": sighting.service,
        "fingerprint": sighting.fingerprint,
        "issue_id": issue_id,
        "origin_id": issue_id,
        "count": sighting.count,
        "first_seen": sighting.first_at,
        "last_seen": sighting.last_at,
    }
    return insert(connection, "fingerprints", row)


def _count(connection: sqlite3.Connection, issue: Issue, sighting: Sighting, status: str) -> None:
    newer = sighting.last_at >= issue.last_seen
    regressed = status == "regressed" and issue.status != "regressed"
    connection.execute(
        "UPDATE issues SET count = count + :count, first_seen = min(first_seen, :first_at),"
        " last_seen = max(last_seen, :last_at), last_release = :release, handled = :handled,"
        " severity = :severity, status = :status, regressed_at = :regressed_at WHERE id = :id",
        {
            "count": sighting.count,
            "first_at": sighting.first_at,
            "last_at": sighting.last_at,
            "release": sighting.release if newer else issue.last_release,
            "handled": issue.handled and sighting.handled,
            "severity": max(issue.severity, sighting.severity, key=SEVERITIES.index),
            "status": status,
            "regressed_at": sighting.first_at if regressed else issue.regressed_at,
            "id": issue.id,
        },
    )
    if status != issue.status:
        _begin(connection, issue, status, at=sighting.first_at)


def _escalate(connection: sqlite3.Connection, found: tuple[int, Issue] | None, sighting: Sighting) -> None:
    """What was counted as handled escaped after all."""
    if found is not None:
        connection.execute("UPDATE issues SET handled = 0, severity = ? WHERE id = ?", (sighting.severity, found[1].id))


def _begin(connection: sqlite3.Connection, issue: Issue, status: str, *, at: float) -> None:
    """A status that came by itself ends what people decided."""
    connection.execute(
        "UPDATE issues SET status_since = ?, status_count = count, until_at = NULL, until_count = NULL, within = NULL,"
        " until_release = '' WHERE id = ?",
        (at, issue.id),
    )
    _remember(connection, issue.id, IssueEvent(at=at, actor="", action=status, detail=f"was {issue.status}"))


def _count_fingerprint(connection: sqlite3.Connection, fingerprint_id: int, sighting: Sighting) -> None:
    connection.execute(
        "UPDATE fingerprints SET count = count + ?, first_seen = min(first_seen, ?), last_seen = max(last_seen, ?)"
        " WHERE id = ?",
        (sighting.count, sighting.first_at, sighting.last_at, fingerprint_id),
    )


def _see_release(connection: sqlite3.Connection, sighting: Sighting) -> None:
    if sighting.release:
        row = {"service": sighting.service, "release": sighting.release, "first_seen": sighting.first_at}
        insert(connection, "releases", row, conflict="IGNORE")


def _remember(connection: sqlite3.Connection, issue_id: int, event: IssueEvent) -> None:
    row = {name: getattr(event, name) for name in event.__struct_fields__}
    insert(connection, "issue_events", row | {"issue_id": issue_id})


def _issue(row: sqlite3.Row | dict[str, object]) -> Issue:
    values = dict(row)
    values["handled"] = bool(values["handled"])
    return Issue(**values)

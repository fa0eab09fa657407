"""Issues, the fingerprints that lead to them, and a bounded sample of their occurrences."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import asdict

from tocsin.store.database import Database, insert
from tocsin.store.model import Issue, Occurrence, Sighting

#: Newest occurrences kept for each issue.
OCCURRENCES_PER_ISSUE = 50
#: Issues kept, those seen last; an application that makes up a new one each time would fill the disk.
ISSUES = 10_000

Verdict = Callable[[Issue, Sighting], str]


class Issues:
    """The issues table and what hangs on it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, sightings: Iterable[Sighting], *, status_after: Verdict) -> None:
        """Count each sighting on its issue, in one transaction.

        An unknown fingerprint makes an issue with status `new`; for a known one `status_after` says the next status.
        """
        with self._database.transaction() as connection:
            for sighting in sightings:
                _record(connection, sighting, status_after)
            _forget_oldest(connection)

    def recent(self, *, seen_since: float = 0.0, limit: int = 1000) -> list[Issue]:
        """Issues seen at or after `seen_since`, the most recently seen first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM issues WHERE last_seen >= ? ORDER BY last_seen DESC, id DESC LIMIT ?",
                (seen_since, limit),
            )
            return [_issue(row) for row in rows]

    def newest(self, *, seen_since: float, limit: int) -> list[Issue]:
        """Issues seen at or after `seen_since`, those that began or came back last first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM issues WHERE last_seen >= ?"
                " ORDER BY max(first_seen, coalesce(regressed_at, 0)) DESC, id DESC LIMIT ?",
                (seen_since, limit),
            )
            return [_issue(row) for row in rows]

    def get(self, issue_id: int) -> Issue | None:
        """The issue with this number."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM issues WHERE id = ?", (issue_id,)).fetchone()
            return _issue(row) if row else None

    def find(self, fingerprint: str) -> list[Issue]:
        """The issues that a fingerprint, or a beginning of one, leads to."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT issues.* FROM issues JOIN fingerprints ON issue_id = id"
                " WHERE substr(fingerprints.fingerprint, 1, ?) = ? ORDER BY id",
                (len(fingerprint), fingerprint),
            )
            return [_issue(row) for row in rows]

    def occurrences(self, issue_id: int, *, limit: int = OCCURRENCES_PER_ISSUE) -> list[Occurrence]:
        """The sampled occurrences of an issue, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM occurrences WHERE issue_id = ? ORDER BY id DESC LIMIT ?", (issue_id, limit)
            )
            return [_occurrence(row) for row in rows]

    def fingerprints(self, service: str) -> set[str]:
        """Every fingerprint that the store knows of a service."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT fingerprint FROM fingerprints WHERE service = ?", (service,))
            return {fingerprint for (fingerprint,) in rows}

    def set_status(self, issue_id: int, status: str, *, at: float) -> bool:
        """Set the status by hand; False where there is no such issue."""
        resolved_at = at if status == "resolved" else None
        with self._database.transaction() as connection:
            changed = connection.execute(
                "UPDATE issues SET status = ?, resolved_at = ? WHERE id = ?", (status, resolved_at, issue_id)
            )
            return changed.rowcount == 1


def _record(connection: sqlite3.Connection, sighting: Sighting, status_after: Verdict) -> None:
    issue = _find(connection, sighting)
    if issue is None:
        issue_id = _create(connection, sighting)
    else:
        issue_id = issue.id
        _count(connection, issue, sighting, status_after(issue, sighting))
    _keep_samples(connection, issue_id, sighting.samples)


def _forget_oldest(connection: sqlite3.Connection) -> None:
    (count,) = connection.execute("SELECT count(*) FROM issues").fetchone()
    if count > ISSUES:
        connection.execute(
            "DELETE FROM issues WHERE id IN (SELECT id FROM issues ORDER BY last_seen, id LIMIT ?)", (count - ISSUES,)
        )


def _find(connection: sqlite3.Connection, sighting: Sighting) -> Issue | None:
    row = connection.execute(
        "SELECT issues.* FROM fingerprints JOIN issues ON issues.id = issue_id"
        " WHERE fingerprints.service = ? AND fingerprints.fingerprint = ?",
        (sighting.service, sighting.fingerprint),
    ).fetchone()
    return _issue(row) if row else None


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
        "count": sighting.count,
        "first_seen": sighting.first_at,
        "last_seen": sighting.last_at,
        "first_release": sighting.release,
        "last_release": sighting.release,
    }
    issue_id = insert(connection, "issues", row)
    alias = {"service": sighting.service, "fingerprint": sighting.fingerprint, "issue_id": issue_id}
    insert(connection, "fingerprints", alias)
    return issue_id


def _count(connection: sqlite3.Connection, issue: Issue, sighting: Sighting, status: str) -> None:
    newer = sighting.last_at >= issue.last_seen
    regressed = status == "regressed" and issue.status != "regressed"
    connection.execute(
        "UPDATE issues SET count = count + :count, first_seen = min(first_seen, :first_at),"
        " last_seen = max(last_seen, :last_at), last_release = :release, handled = :handled, status = :status,"
        " regressed_at = :regressed_at WHERE id = :id",
        {
            "count": sighting.count,
            "first_at": sighting.first_at,
            "last_at": sighting.last_at,
            "release": sighting.release if newer else issue.last_release,
            "handled": issue.handled and sighting.handled,
            "status": status,
            "regressed_at": sighting.first_at if regressed else issue.regressed_at,
            "id": issue.id,
        },
    )


def _keep_samples(connection: sqlite3.Connection, issue_id: int, samples: tuple[Occurrence, ...]) -> None:
    if not samples:
        return
    for sample in samples:
        row = asdict(sample) | {"issue_id": issue_id, "attributes": json.dumps(dict(sample.attributes))}
        insert(connection, "occurrences", row)
    connection.execute(
        "DELETE FROM occurrences WHERE issue_id = ? AND id NOT IN"
        " (SELECT id FROM occurrences WHERE issue_id = ? ORDER BY id DESC LIMIT ?)",
        (issue_id, issue_id, OCCURRENCES_PER_ISSUE),
    )


def _issue(row: sqlite3.Row) -> Issue:
    values = dict(row)
    values["handled"] = bool(values["handled"])
    return Issue(**values)


def _occurrence(row: sqlite3.Row) -> Occurrence:
    values = {name: row[name] for name in Occurrence.__dataclass_fields__}
    return Occurrence(**values | {"handled": bool(row["handled"]), "attributes": json.loads(row["attributes"])})

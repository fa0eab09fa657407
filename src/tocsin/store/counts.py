"""How often, on what, and by whom: what is counted of each fingerprint, bounded however long it goes on."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

MINUTE, HOUR, DAY = 60, 3600, 86_400
#: Length of a bucket → how long it is kept, in seconds.
KEPT: Mapping[int, int] = {MINUTE: 2 * HOUR, HOUR: 15 * DAY, DAY: 400 * DAY}
#: Values of a tag that are told apart; all others are `OTHER`.
VALUES = 20
OTHER = "(other)"
#: Tags of a fingerprint, and characters of a value: what is longer tells occurrences apart, not kinds of them.
KEYS = 30
VALUE_LENGTH = 100
#: Users of a fingerprint that are told apart.
USERS = 1000

_OF_ISSUE = "fingerprint_id IN (SELECT id FROM fingerprints WHERE issue_id = ?)"


class Bucket(NamedTuple):
    """The occurrences within a minute, an hour or a day from `start`."""

    start: int
    occurrences: int


def count(connection: sqlite3.Connection, fingerprint_id: int, occurrences: int, *, at: float) -> None:
    """Add to the minute, the hour and the day."""
    connection.executemany(
        "INSERT INTO counts VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (fingerprint_id, grain, bucket) DO UPDATE SET count = count + ?4",
        ((fingerprint_id, grain, int(at) // grain * grain, occurrences) for grain in KEPT),
    )


def expire(connection: sqlite3.Connection, *, now: float) -> None:
    """Drop the buckets that are too old."""
    connection.executemany(
        "DELETE FROM counts WHERE grain = ? AND bucket < ?", ((grain, now - kept) for grain, kept in KEPT.items())
    )


def trend(connection: sqlite3.Connection, issue_id: int, *, grain: int, since: float) -> list[Bucket]:
    """The buckets of an issue that begin at or after `since`, in order; those without an occurrence are left out."""
    rows = connection.execute(
        f"SELECT bucket, sum(count) FROM counts WHERE {_OF_ISSUE} AND grain = ? AND bucket >= ?"  # noqa: S608  our text
        " GROUP BY bucket ORDER BY bucket",
        (issue_id, grain, since),
    )
    return [Bucket(*row) for row in rows]


def recent(connection: sqlite3.Connection, issue_id: int, *, since: float, until: float) -> int:
    """Occurrences between two times, to the minute, the hour or the day: the finest that is kept for so long."""
    grain = next((grain for grain, kept in KEPT.items() if until - since < kept), DAY)
    return sum(bucket.occurrences for bucket in trend(connection, issue_id, grain=grain, since=since - since % grain))


def hourly(connection: sqlite3.Connection, *, since: float) -> dict[int, list[Bucket]]:
    """The hours of every issue that begin at or after `since`."""
    found: dict[int, list[Bucket]] = {}
    for issue_id, start, total in connection.execute(
        "SELECT issue_id, bucket, sum(counts.count) FROM counts JOIN fingerprints ON fingerprints.id = fingerprint_id"
        " WHERE grain = ? AND bucket >= ? GROUP BY issue_id, bucket ORDER BY bucket",
        (HOUR, since),
    ):
        found.setdefault(issue_id, []).append(Bucket(start, total))
    return found


def tag(connection: sqlite3.Connection, fingerprint_id: int, tags: Iterable[tuple[str, str]], occurrences: int) -> None:
    """Count what occurrences had in common with others; too many keys are left out, too many values are `OTHER`."""
    known: dict[str, set[str]] = {}
    for key, value in connection.execute("SELECT key, value FROM tags WHERE fingerprint_id = ?", (fingerprint_id,)):
        known.setdefault(key, set()).add(value)
    for key, value in tags:
        values = known.setdefault(key, set())
        if not value or len(value) > VALUE_LENGTH or len(known) > KEYS:
            continue
        counted = value if value in values or len(values) < VALUES else OTHER
        values.add(counted)
        connection.execute(
            "INSERT INTO tags VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (fingerprint_id, key, value) DO UPDATE SET count = count + ?4",
            (fingerprint_id, key, counted, occurrences),
        )


def tags(connection: sqlite3.Connection, issue_id: int) -> dict[str, dict[str, int]]:
    """Tag → value → occurrences, the most frequent values first."""
    found: dict[str, dict[str, int]] = {}
    for key, value, total in connection.execute(
        f"SELECT key, value, sum(count) AS total FROM tags WHERE {_OF_ISSUE}"  # noqa: S608  our text
        " GROUP BY key, value ORDER BY key, total DESC, value",
        (issue_id,),
    ):
        found.setdefault(key, {})[value] = total
    return found


def hit(connection: sqlite3.Connection, fingerprint_id: int, users: Iterable[str]) -> None:
    """Remember who was hit, the first `USERS` of them."""
    query = "SELECT count(*) FROM users WHERE fingerprint_id = ?"
    (known,) = connection.execute(query, (fingerprint_id,)).fetchone()
    room = sorted(users)[: max(0, USERS - known)]
    connection.executemany("INSERT OR IGNORE INTO users VALUES (?, ?)", ((fingerprint_id, user) for user in room))

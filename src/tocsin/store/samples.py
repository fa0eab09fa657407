"""Which of an issue's occurrences are kept whole: the first, the latest, and some from all the time in between."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from tocsin.store.database import insert
from tocsin.store.model import Occurrence

#: Occurrences kept of each issue: the first, the latest, and those in between that are furthest apart.
FIRST, LATEST, BETWEEN = 5, 25, 20
OCCURRENCES_PER_ISSUE = FIRST + BETWEEN + LATEST
#: Columns that hold JSON.
_DOCUMENTS = ("attributes", "details")


def keep(connection: sqlite3.Connection, issue_id: int, fingerprint_id: int, samples: Iterable[Occurrence]) -> None:
    """Add samples, and drop those that tell least."""
    for sample in samples:
        row = {name: getattr(sample, name) for name in Occurrence.__struct_fields__}
        row |= {name: json.dumps(dict(row[name])) for name in _DOCUMENTS}
        insert(connection, "occurrences", row | {"issue_id": issue_id, "fingerprint_id": fingerprint_id})
    prune(connection, issue_id)


def escape(connection: sqlite3.Connection, issue_id: int, times: Iterable[float]) -> None:
    """Those that happened at these times, as far as they are kept, were not handled after all."""
    changes = [(issue_id, at) for at in times]
    connection.executemany("UPDATE occurrences SET handled = 0 WHERE issue_id = ? AND at = ?", changes)


def prune(connection: sqlite3.Connection, issue_id: int) -> None:
    """Back to the number that is kept."""
    rows = connection.execute("SELECT id, at FROM occurrences WHERE issue_id = ? ORDER BY at, id", (issue_id,))
    kept: list[tuple[int, float]] = [tuple(row) for row in rows]
    while len(kept) > OCCURRENCES_PER_ISSUE:
        gone, _ = kept.pop(_dispensable([at for _, at in kept]))
        connection.execute("DELETE FROM occurrences WHERE id = ?", (gone,))


def newest(connection: sqlite3.Connection, issue_id: int, *, limit: int) -> list[Occurrence]:
    """The kept occurrences, the newest first."""
    rows = connection.execute(
        "SELECT * FROM occurrences WHERE issue_id = ? ORDER BY at DESC, id DESC LIMIT ?", (issue_id, limit)
    )
    return [_occurrence(row) for row in rows]


def after(connection: sqlite3.Connection, sample_id: int, *, limit: int) -> list[tuple[int, int, Occurrence]]:
    """The kept occurrences that came after one, in order, each with its number and that of its issue."""
    rows = connection.execute("SELECT * FROM occurrences WHERE id > ? ORDER BY id LIMIT ?", (sample_id, limit))
    return [(row["id"], row["issue_id"], _occurrence(row)) for row in rows]


def _dispensable(times: Sequence[float]) -> int:
    """Of those that are neither among the first nor among the latest, the one whose neighbours are closest."""
    between = range(FIRST, len(times) - LATEST)
    return min(between, key=lambda place: times[place + 1] - times[place - 1])


def _occurrence(row: sqlite3.Row) -> Occurrence:
    values = {name: row[name] for name in Occurrence.__struct_fields__}
    documents = {name: json.loads(row[name]) for name in _DOCUMENTS}
    return Occurrence(**values | documents | {"handled": bool(row["handled"])})

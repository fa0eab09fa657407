"""How much is kept of issues, and for how long."""

import sqlite3

from msgspec import Struct

from tocsin.store.counts import DAY, expire

#: Stack traces that go at once where the file is too large.
_PORTION = 500


class Retention(Struct, frozen=True, kw_only=True):
    """Issues go when they were not seen for `age` seconds, or when there are more than `issues`, those seen longest ago
    first; stack traces and context after `occurrence_age`, or, the oldest first, while the file has more than `size`
    bytes of data.
    """

    issues: int = 10_000
    age: float = 90.0 * DAY
    occurrence_age: float = 30.0 * DAY
    size: int = 500_000_000


def forget_oldest(connection: sqlite3.Connection, issues: int) -> None:
    """An application that makes up a new issue each time would fill the disk."""
    (count,) = connection.execute("SELECT count(*) FROM issues").fetchone()
    if count > issues:
        connection.execute(
            "DELETE FROM issues WHERE id IN (SELECT id FROM issues ORDER BY last_seen, id LIMIT ?)", (count - issues,)
        )


def clean_up(connection: sqlite3.Connection, retention: Retention, *, now: float) -> None:
    """Drop what is too old, and what is too much."""
    connection.execute("DELETE FROM issues WHERE last_seen < ?", (now - retention.age,))
    connection.execute("DELETE FROM occurrences WHERE at < ?", (now - retention.occurrence_age,))
    expire(connection, now=now)
    while _size(connection) > retention.size:
        oldest = "SELECT id FROM occurrences ORDER BY at LIMIT ?"
        gone = connection.execute(f"DELETE FROM occurrences WHERE id IN ({oldest})", (_PORTION,))  # noqa: S608  our text
        if not gone.rowcount:
            return


def _size(connection: sqlite3.Connection) -> int:
    """Bytes in use; pages that are free will be used again."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)

"""What was decided to send (the outbox) and what receivers were last told (the notification log)."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict

from tocsin.store.database import Database, insert
from tocsin.store.model import LoggedNotification, OutboxEntry

#: Notifications read at once: they may be large.
BATCH = 100
_HEADS = (
    "outbox JOIN (SELECT min(id) AS id FROM outbox WHERE state = 'pending' AND receiver = ? AND integration = ?"
    " GROUP BY group_key) USING (id)"
)


class Notifications:
    """Decision and log are written in one transaction, so that a crash neither loses nor repeats a decision."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def logged(self) -> list[LoggedNotification]:
        """What every receiver was last told."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM notification_log")
            return [_logged(row) for row in rows]

    def enqueue(self, entries: Iterable[tuple[OutboxEntry | None, LoggedNotification]]) -> None:
        """Put notifications into the outbox and remember that their receivers are told; a known key is left alone.

        Without an entry, a receiver knows something without having to be told.
        """
        with self._database.transaction() as connection:
            for entry, logged in entries:
                if entry is not None:
                    insert(connection, "outbox", asdict(entry), conflict="IGNORE")
                lists = {"firing": json.dumps(logged.firing), "resolved": json.dumps(logged.resolved)}
                insert(connection, "notification_log", asdict(logged) | lists, conflict="REPLACE")

    def waiting(self) -> list[tuple[str, int]]:
        """The integrations of receivers for which something is pending; reads no notifications."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT receiver, integration FROM outbox WHERE state = 'pending' ORDER BY 1, 2"
            )
            return [(receiver, integration) for receiver, integration in rows]

    def due(self, receiver: str, integration: int, *, at: float) -> list[OutboxEntry]:
        """Pending entries for one integration whose next attempt is due, in the order in which they were decided.

        Of each group only the oldest, since the others wait for it; at most `BATCH`.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT outbox.* FROM {_HEADS} WHERE next_attempt_at <= ? ORDER BY id LIMIT ?",  # noqa: S608  our text
                (receiver, integration, at, BATCH),
            )
            return [_entry(row) for row in rows]

    def next_attempt_at(self, receiver: str, integration: int) -> float | None:
        """When the next attempt for one integration is due; None where nothing is pending."""
        with self._database.reading() as connection:
            row = connection.execute(
                f"SELECT min(next_attempt_at) FROM {_HEADS}",  # noqa: S608  our text
                (receiver, integration),
            ).fetchone()
            return None if row[0] is None else float(row[0])

    def history(self, *, since: float = 0.0) -> list[OutboxEntry]:
        """All entries created since then, whatever became of them, in order."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM outbox WHERE created_at >= ? ORDER BY id", (since,))
            return [_entry(row) for row in rows]

    def sent(self, key: str, *, at: float) -> None:
        """The receiver has taken it."""
        self._update("UPDATE outbox SET state = 'sent', attempts = attempts + 1, sent_at = ? WHERE key = ?", at, key)

    def retry(self, key: str, *, at: float, error: str) -> None:
        """The attempt failed; the next one is not before `at`."""
        self._update(
            "UPDATE outbox SET attempts = attempts + 1, next_attempt_at = ?, last_error = ? WHERE key = ?",
            at,
            error,
            key,
        )

    def park(self, key: str, *, error: str) -> None:
        """The receiver will never take it; it stays for a person to look at."""
        self._update(
            "UPDATE outbox SET state = 'parked', attempts = attempts + 1, last_error = ? WHERE key = ?", error, key
        )

    def expire(self, *, before: float) -> None:
        """Forget log entries and notifications older than `before`, sent or parked."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE state != 'pending' AND created_at < ?", (before,))
            connection.execute("DELETE FROM notification_log WHERE at < ?", (before,))

    def _update(self, statement: str, *values: object) -> None:
        with self._database.transaction() as connection:
            connection.execute(statement, values)


def _logged(row: sqlite3.Row) -> LoggedNotification:
    lists = {"firing": tuple(json.loads(row["firing"])), "resolved": tuple(json.loads(row["resolved"]))}
    return LoggedNotification(**dict(row) | lists)


def _entry(row: sqlite3.Row) -> OutboxEntry:
    return OutboxEntry(**{name: row[name] for name in OutboxEntry.__dataclass_fields__})

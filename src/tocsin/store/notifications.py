"""What was decided to send (the outbox) and what receivers were last told (the notification log)."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from msgspec.structs import asdict

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
                lists = {
                    name: json.dumps(getattr(logged, name)) for name in ("firing", "resolved", "acknowledged", "since")
                }
                insert(connection, "notification_log", asdict(logged) | lists, conflict="REPLACE")

    def waiting(self) -> list[tuple[str, int]]:
        """The integrations of receivers that something is pending for, or was suppressed; reads no notifications."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT receiver, integration FROM outbox WHERE state = 'pending' UNION SELECT receiver, integration"
                " FROM outbox WHERE state = 'suppressed' AND sent_at IS NULL ORDER BY 1, 2"
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

    def sent_since(self, receivers: Sequence[str], integration: int, *, at: float) -> list[float]:
        """When notifications were sent after `at` to the integrations at that place of some receivers, in order."""
        with self._database.reading() as connection:
            places = ", ".join("?" * len(receivers))
            rows = connection.execute(
                f"SELECT sent_at FROM outbox WHERE receiver IN ({places}) AND integration = ?"  # noqa: S608  our text
                " AND state = 'sent' AND sent_at > ? ORDER BY sent_at",
                (*receivers, integration, at),
            )
            return [sent_at for (sent_at,) in rows]

    def suppressed(self, receiver: str, integration: int) -> list[OutboxEntry]:
        """What one integration was not sent, and has not been told that it was not, in order."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM outbox WHERE receiver = ? AND integration = ? AND state = 'suppressed'"
                " AND sent_at IS NULL ORDER BY id",
                (receiver, integration),
            )
            return [_entry(row) for row in rows]

    def settled(self, entry: OutboxEntry) -> list[OutboxEntry]:
        """What the same integration was sent or not sent of the same group before, in order."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM outbox WHERE receiver = ? AND integration = ? AND group_key = ?"
                " AND state IN ('sent', 'suppressed') ORDER BY id",
                (entry.receiver, entry.integration, entry.group_key),
            )
            return [_entry(row) for row in rows]

    def unsent(self) -> list[OutboxEntry]:
        """What is pending after an attempt, and what is parked, in order."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM outbox WHERE state = 'parked' OR (state = 'pending' AND attempts > 0) ORDER BY id"
            )
            return [_entry(row) for row in rows]

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

    def leave_out(self, key: str, *, at: float) -> None:
        """The receiver has no use for it."""
        self._update("UPDATE outbox SET state = 'left out', sent_at = ? WHERE key = ?", at, key)

    def suppress(self, key: str) -> None:
        """The receiver had too many; it is told so later."""
        self._update("UPDATE outbox SET state = 'suppressed' WHERE key = ?", key)

    def summarize(self, summary: OutboxEntry, keys: Iterable[str]) -> None:
        """Send one notification in the place of suppressed ones."""
        with self._database.transaction() as connection:
            insert(connection, "outbox", asdict(summary), conflict="IGNORE")
            for key in keys:
                connection.execute("UPDATE outbox SET sent_at = ? WHERE key = ?", (summary.created_at, key))

    def release(self, keys: Iterable[str], *, at: float) -> int:
        """Try parked notifications again, as if they were decided at `at`; how many there were."""
        with self._database.transaction() as connection:
            released = connection.executemany(
                "UPDATE outbox SET state = 'pending', attempts = 0, next_attempt_at = 0, created_at = ?"
                " WHERE key = ? AND state = 'parked'",
                [(at, key) for key in keys],
            )
            return max(0, released.rowcount)

    def hasten(self, *, latest: float) -> None:
        """Let no next attempt be later than that: the clock was another one when it was put off."""
        self._update("UPDATE outbox SET next_attempt_at = ?1 WHERE state = 'pending' AND next_attempt_at > ?1", latest)

    def expire(self, *, before: float) -> None:
        """Forget log entries and notifications older than `before`, sent or parked."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE state != 'pending' AND created_at < ?", (before,))
            connection.execute("DELETE FROM notification_log WHERE at < ?", (before,))

    def _update(self, statement: str, *values: object) -> None:
        with self._database.transaction() as connection:
            connection.execute(statement, values)


def _logged(row: sqlite3.Row) -> LoggedNotification:
    lists = {name: tuple(json.loads(row[name])) for name in ("firing", "resolved", "acknowledged")}
    return LoggedNotification(**dict(row) | lists | {"since": json.loads(row["since"])})


def _entry(row: sqlite3.Row) -> OutboxEntry:
    return OutboxEntry(**{name: row[name] for name in OutboxEntry.__struct_fields__})

"""Jobs that are expected to give a sign of life."""

import sqlite3
from collections.abc import Iterable

from msgspec.structs import asdict, replace

from tocsin.store.database import Database, insert
from tocsin.store.model import Beat, Heartbeat

#: Of a heartbeat that never said: once a day, and an hour's grace, in seconds.
EVERY, GRACE = 86_400.0, 3600.0
SEVERITY = "error"
#: No more than so many are kept: names may come from outside.
HEARTBEATS = 1000


class Heartbeats:
    """Each by its name, since its first sign of life and until it is forgotten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Heartbeat]:
        """By name."""
        with self._database.reading() as connection:
            return [Heartbeat(**dict(row)) for row in connection.execute("SELECT * FROM heartbeats ORDER BY name")]

    def record(self, beats: Iterable[Beat]) -> int:
        """Write signs of life, all or none; how many were refused because there are `HEARTBEATS` others."""
        refused = 0
        with self._database.transaction() as connection:
            for beat in beats:
                known = _find(connection, beat.name)
                if known is None and _is_full(connection):
                    refused += 1
                else:
                    insert(connection, "heartbeats", asdict(after(known, beat)), conflict="REPLACE")
        return refused

    def forget(self, name: str) -> bool:
        """Expect no more of it; False where nobody did."""
        with self._database.transaction() as connection:
            return connection.execute("DELETE FROM heartbeats WHERE name = ?", (name,)).rowcount == 1


def after(known: Heartbeat | None, beat: Beat) -> Heartbeat:
    """The heartbeat after a sign of life; what this does not say stays as it was. Pure."""
    if known is None:
        known = Heartbeat(
            name=beat.name, every=EVERY, grace=GRACE, severity=SEVERITY, status=beat.status, created_at=beat.at
        )
    told = replace(
        known,
        every=known.every if beat.every is None else beat.every,
        grace=known.grace if beat.grace is None else beat.grace,
        severity=beat.severity or known.severity,
        status=beat.status,
        note=beat.note,
    )
    if beat.status == "started":
        return replace(told, started_at=beat.at)
    if beat.status == "failed":
        return replace(told, failed_at=beat.at)
    ran = known.status == "started" and known.started_at is not None
    duration = max(0.0, beat.at - (known.started_at or 0.0)) if ran else known.duration
    return replace(told, ok_at=beat.at, duration=duration)


def _find(connection: sqlite3.Connection, name: str) -> Heartbeat | None:
    row = connection.execute("SELECT * FROM heartbeats WHERE name = ?", (name,)).fetchone()
    return Heartbeat(**dict(row)) if row else None


def _is_full(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) FROM heartbeats").fetchone()[0] >= HEARTBEATS)

"""What somebody does not want to be told of for a while."""

import json
import sqlite3
from collections.abc import Iterable

from msgspec.structs import asdict

from tocsin.store.database import Database, insert
from tocsin.store.model import Silence, SilenceMatcher

#: How long a silence that is over is kept, in seconds; Alertmanager does as long.
RETENTION = 120 * 3600.0


class Silences:
    """Silences by their ids; whether one is pending, active or expired follows from its times."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, *, not_over_before: float = 0.0) -> list[Silence]:
        """Those that end at or after that time, in the order in which they end."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM silences WHERE ends_at >= ? ORDER BY ends_at, starts_at, id", (not_over_before,)
            )
            return [_silence(row) for row in rows]

    def get(self, silence_id: str) -> Silence | None:
        """The silence with this id."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM silences WHERE id = ?", (silence_id,)).fetchone()
            return _silence(row) if row else None

    def put(self, silences: Iterable[Silence]) -> None:
        """Write them all or none; one with the id of another takes its place."""
        with self._database.transaction() as connection:
            for silence in silences:
                insert(connection, "silences", _row(silence), conflict="REPLACE")

    def forget(self, *, before: float) -> None:
        """Drop what was over before that time."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM silences WHERE ends_at < ?", (before,))


def _row(silence: Silence) -> dict[str, object]:
    texts = {name: json.dumps(getattr(silence, name)) for name in ("matchers", "annotations")}
    return asdict(silence) | texts


def _silence(row: sqlite3.Row) -> Silence:
    values = dict(row)
    matchers = tuple(SilenceMatcher(*each) for each in json.loads(values.pop("matchers")))
    return Silence(matchers=matchers, annotations=json.loads(values.pop("annotations")), **values)

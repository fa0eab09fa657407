"""Everything that was done about alerts, silences and notifications, and by whom."""

import json
from collections.abc import Iterable

from msgspec.structs import asdict

from tocsin.store.database import Database, insert
from tocsin.store.model import AlertEvent

#: Events kept.
HISTORY = 10_000


class Audit:
    """Only ever appended to; the oldest events beyond the bound are dropped."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def log(self, events: Iterable[AlertEvent]) -> None:
        """Append them, all or none."""
        with self._database.transaction() as connection:
            for event in events:
                insert(connection, "alert_events", asdict(event) | {"labels": json.dumps(event.labels)})
            connection.execute(
                "DELETE FROM alert_events WHERE id <= (SELECT max(id) FROM alert_events) - ?", (HISTORY,)
            )

    def history(self, *, subject: str | None = None, since: float = 0.0) -> list[AlertEvent]:
        """What was done since then, about one subject or any, in order."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT at, actor, action, subject, labels, detail FROM alert_events"
                " WHERE at >= ?1 AND (?2 IS NULL OR subject = ?2) ORDER BY id",
                (since, subject),
            )
            return [AlertEvent(**dict(row) | {"labels": json.loads(row["labels"])}) for row in rows]

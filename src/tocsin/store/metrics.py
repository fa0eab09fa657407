"""Metric batches: every process appends what it collected, the evaluator tails them."""

import sqlite3
import zlib

from tocsin.store.database import Database
from tocsin.store.model import MetricBatch

#: Seconds for which batches, and the samples of every series, are kept: an hour for windows, and a lookback.
RETENTION = 3900.0
#: Seconds that a batch may seem to come from the future: writers read the clock before they take turns.
AHEAD = 60.0


class MetricBatches:
    """A queue, kept as long as a new evaluator needs to rebuild its series; also where nobody evaluates."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, payload: bytes, *, at: float) -> None:
        """Add one batch of OTLP/JSON and drop those that are too old; ids grow in the order of commits."""
        compressed = zlib.compress(payload, 1)
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO metric_batches (at, payload) VALUES (?, ?)", (at, compressed))
            _expire(connection, at)

    def after(self, batch_id: int, *, since: float = 0.0, limit: int = 500) -> list[MetricBatch]:
        """At most `limit` batches that follow `batch_id` and are not older than `since`, in order."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, payload FROM metric_batches WHERE id > ? AND at >= ? ORDER BY id LIMIT ?",
                (batch_id, since, limit),
            ).fetchall()
        return [MetricBatch(row["id"], zlib.decompress(row["payload"])) for row in rows]


def _expire(connection: sqlite3.Connection, now: float) -> None:
    """What is old, and what a clock wrote that was ahead and has been set right since."""
    connection.execute("DELETE FROM metric_batches WHERE at < ? OR at > ?", (now - RETENTION, now + AHEAD))

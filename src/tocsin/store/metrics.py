"""Metric batches: every process appends what it collected, the evaluator tails them."""

import zlib

from tocsin.store.database import Database
from tocsin.store.model import MetricBatch


class MetricBatches:
    """An append-only queue, kept as long as a new evaluator needs to rebuild its series."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, payload: bytes, *, at: float) -> None:
        """Add one batch of OTLP/JSON; ids grow in the order of commits."""
        compressed = zlib.compress(payload, 1)
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO metric_batches (at, payload) VALUES (?, ?)", (at, compressed))

    def after(self, batch_id: int, *, since: float = 0.0, limit: int = 500) -> list[MetricBatch]:
        """At most `limit` batches that follow `batch_id` and are not older than `since`, in order."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, payload FROM metric_batches WHERE id > ? AND at >= ? ORDER BY id LIMIT ?",
                (batch_id, since, limit),
            ).fetchall()
        return [MetricBatch(row["id"], zlib.decompress(row["payload"])) for row in rows]

    def expire(self, *, before: float) -> None:
        """Delete what is older than `before`."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM metric_batches WHERE at < ?", (before,))

"""What rules recorded, for as long as other rules look back at it."""

import json
import struct
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from tocsin.store.database import Database

#: Seconds after which samples go that nobody has asked to keep for a certain time.
LONGEST = 91 * 86400.0

_DOUBLE = struct.Struct("<d")


class RecordedSample(NamedTuple):
    """`labels` are sorted pairs, the metric's name among them. Values are kept to the bit."""

    labels: tuple[tuple[str, str], ...]
    at_ms: int
    value: float


class Recorded:
    """Written by the evaluator, read back by the next one. A sample takes some 30 bytes, its labels are there once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, samples: Collection[RecordedSample]) -> None:
        """Write samples; one that is there already stays as it is."""
        rows = [(_text(each.labels), each.at_ms, _DOUBLE.pack(each.value)) for each in samples]
        series = {_text(each.labels): dict(each.labels)["__name__"] for each in samples}
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO recorded_series (labels, metric) VALUES (?, ?)", series.items()
            )
            connection.executemany(
                "INSERT OR IGNORE INTO recorded_samples"
                " SELECT id, :at, :value FROM recorded_series WHERE labels = :labels",
                ({"labels": labels, "at": at_ms, "value": value} for labels, at_ms, value in rows),
            )

    def read(self, metric: str, *, since: float, until: float) -> Iterator[RecordedSample]:
        """The samples of a metric after `since` and not after `until`, series by series, each in order."""
        with self._database.reading() as connection:
            series = connection.execute("SELECT id, labels FROM recorded_series WHERE metric = ?", (metric,)).fetchall()
        for series_id, text in series:
            labels = tuple((name, value) for name, value in json.loads(text))
            with self._database.reading() as connection:
                rows = connection.execute(
                    "SELECT at, value FROM recorded_samples WHERE series_id = ? AND at > ? AND at <= ? ORDER BY at",
                    (series_id, since * 1000, until * 1000),
                ).fetchall()
            yield from (RecordedSample(labels, at_ms, _DOUBLE.unpack(value)[0]) for at_ms, value in rows)

    def expire(self, retentions: Mapping[str, float], *, now: float) -> None:
        """Drop what is older than so many seconds, by metric, and what of the others is older than `LONGEST`.

        So goes what a clock wrote that was ahead and has been set right since.
        """
        with self._database.transaction() as connection:
            for series_id, metric in connection.execute("SELECT id, metric FROM recorded_series").fetchall():
                oldest = (now - retentions.get(metric, LONGEST)) * 1000
                connection.execute(
                    "DELETE FROM recorded_samples WHERE series_id = ? AND (at <= ? OR at > ?)",
                    (series_id, oldest, now * 1000),
                )
            connection.execute(
                "DELETE FROM recorded_series WHERE NOT EXISTS"
                " (SELECT 1 FROM recorded_samples WHERE series_id = recorded_series.id)"
            )


def _text(labels: tuple[tuple[str, str], ...]) -> str:
    return json.dumps(labels, ensure_ascii=False)

"""The state of every alert, and the history of its changes."""

import json
import math
import sqlite3
from collections.abc import Iterable
from typing import Any

from tocsin.store.database import Database, insert
from tocsin.store.model import Alert, AlertTransition, HeldAlert

#: Transitions kept for the history.
HISTORY = 10_000


class Alerts:
    """What a new evaluator needs to carry on where the last one stopped."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self) -> list[Alert]:
        """All alerts: pending, firing, and those resolved a short while ago."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM alerts ORDER BY active_at, rule, fingerprint")
            return [Alert(**_values(row)) for row in rows]

    def replace(self, alerts: Iterable[Alert], *, gone: Iterable[Alert] = ()) -> None:
        """Write the alerts that changed and forget those that are gone."""
        with self._database.transaction() as connection:
            for alert in alerts:
                insert(connection, "alerts", _row(alert), conflict="REPLACE")
            connection.executemany(
                "DELETE FROM alerts WHERE rule_group = ? AND rule = ? AND fingerprint = ?",
                ((alert.group, alert.rule, alert.fingerprint) for alert in gone),
            )

    def held(self) -> list[HeldAlert]:
        """Every firing alert that a receiver is not told of, as of the last evaluation."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM held_alerts ORDER BY fingerprint, group_key, receiver, reason")
            return [_held(row) for row in rows]

    def hold(self, held: Iterable[HeldAlert], *, released: Iterable[HeldAlert] = ()) -> None:
        """Remember what is held back from now on, and what no longer is."""
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM held_alerts WHERE fingerprint = ? AND group_key = ? AND receiver = ? AND reason = ?",
                (each[:4] for each in released),
            )
            connection.executemany(
                "INSERT OR REPLACE INTO held_alerts VALUES (?, ?, ?, ?, ?)",
                ((*each[:4], json.dumps(each.by)) for each in held),
            )

    def evaluated_at(self) -> float | None:
        """When the alerts were last evaluated, by whichever process; None where they never were."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT at FROM evaluation").fetchone()
            return row["at"] if row else None

    def set_evaluated(self, *, at: float) -> None:
        """Remember that all alerts are those of an evaluation at that time."""
        with self._database.transaction() as connection:
            insert(connection, "evaluation", {"id": 1, "at": at}, conflict="REPLACE")

    def log(self, transitions: Iterable[AlertTransition]) -> None:
        """Append to the history; the oldest entries beyond its bound are dropped."""
        with self._database.transaction() as connection:
            for transition in transitions:
                insert(connection, "alert_transitions", _row(transition))
            connection.execute(
                "DELETE FROM alert_transitions WHERE id <= (SELECT max(id) FROM alert_transitions) - ?", (HISTORY,)
            )

    def history(self, *, since: float = 0.0) -> list[AlertTransition]:
        """Every change since then, in order."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM alert_transitions WHERE at >= ? ORDER BY id", (since,))
            return [AlertTransition(**_values(row)) for row in rows]


def _held(row: sqlite3.Row) -> HeldAlert:
    fingerprint, group_key, receiver, reason, held_by = row
    return HeldAlert(fingerprint, group_key, receiver, reason, tuple(json.loads(held_by)))


def _row(value: Alert | AlertTransition) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(value, name) for name in value.__struct_fields__}
    row["rule_group"] = row.pop("group")
    return row | {name: json.dumps(row[name], sort_keys=True) for name in ("labels", "annotations") if name in row}


def _values(row: sqlite3.Row) -> dict[str, Any]:
    values = dict(row)
    values.pop("id", None)
    values["group"] = values.pop("rule_group")
    values["value"] = math.nan if values["value"] is None else values["value"]  # SQLite stores NaN as NULL
    return values | {name: json.loads(values[name]) for name in ("labels", "annotations") if name in values}

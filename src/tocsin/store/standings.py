"""What people decided about alerts that fire."""

from collections.abc import Mapping

from msgspec.structs import asdict

from tocsin.store.database import Database, insert
from tocsin.store.model import AlertStanding


class Standings:
    """The last decision about each alert; whether it still counts follows from the alert."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Mapping[str, AlertStanding]:
        """By fingerprint."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM alert_standings")
            return {row["fingerprint"]: AlertStanding(**dict(row)) for row in rows}

    def put(self, standing: AlertStanding) -> None:
        """In the place of an earlier decision about the alert."""
        with self._database.transaction() as connection:
            insert(connection, "alert_standings", asdict(standing), conflict="REPLACE")

    def withdraw(self, fingerprint: str) -> bool:
        """As if nobody had decided anything; False where nobody had."""
        with self._database.transaction() as connection:
            deleted = connection.execute("DELETE FROM alert_standings WHERE fingerprint = ?", (fingerprint,))
            return deleted.rowcount == 1

    def forget(self, *, before: float) -> None:
        """Drop decisions older than that about alerts that no longer are there."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM alert_standings WHERE at < ? AND fingerprint NOT IN (SELECT fingerprint FROM alerts)",
                (before,),
            )

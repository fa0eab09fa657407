"""The messages that receivers posted and may want to change later."""

import time
from collections.abc import Callable, Iterator, MutableMapping

from tocsin.store.database import Database, insert

#: Of one integration, the newest ones.
MESSAGES = 1000


class PostedMessages:
    """By the integration that posted them, and the key of the group that they are about."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def of(self, receiver: str, integration: int) -> MutableMapping[str, str]:
        """A mapping that writes through: no more than `MESSAGES`, in the order in which they were posted."""
        return _Messages(self._database, self._clock, (receiver, integration))

    def forget(self, *, before: float) -> None:
        """Drop what was posted before that."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM posted_messages WHERE at < ?", (before,))


class _Messages(MutableMapping[str, str]):
    def __init__(self, database: Database, clock: Callable[[], float], address: tuple[str, int]) -> None:
        self._database = database
        self._clock = clock
        self._address = address

    def __getitem__(self, group_key: str) -> str:
        rows = self._rows("message", "AND group_key = ?", group_key)
        if not rows:
            raise KeyError(group_key)
        return str(rows[0])

    def __setitem__(self, group_key: str, message: str) -> None:
        receiver, integration = self._address
        row = {"receiver": receiver, "integration": integration, "group_key": group_key, "message": message}
        with self._database.transaction() as connection:
            insert(connection, "posted_messages", row | {"at": self._clock()}, conflict="REPLACE")
            connection.execute(
                "DELETE FROM posted_messages WHERE receiver = ?1 AND integration = ?2 AND id <= (SELECT id FROM"
                " posted_messages WHERE receiver = ?1 AND integration = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
                (*self._address, MESSAGES),
            )

    def __delitem__(self, group_key: str) -> None:
        with self._database.transaction() as connection:
            deleted = connection.execute(
                "DELETE FROM posted_messages WHERE receiver = ? AND integration = ? AND group_key = ?",
                (*self._address, group_key),
            )
        if not deleted.rowcount:
            raise KeyError(group_key)

    def __iter__(self) -> Iterator[str]:
        return map(str, self._rows("group_key", "ORDER BY id"))

    def __len__(self) -> int:
        return len(self._rows("id"))

    def _rows(self, column: str, condition: str = "", *values: object) -> list[object]:
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {column} FROM posted_messages"  # noqa: S608  our text
                f" WHERE receiver = ? AND integration = ? {condition}",
                (*self._address, *values),
            )
            return [value for (value,) in rows]

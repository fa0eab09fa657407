"""Connections to the SQLite file: one a thread, none across a fork, every error with the file's name."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from tocsin.store.model import StoreError
from tocsin.store.schema import migrate

#: How long a writer waits for another process' transaction, in seconds.
BUSY_TIMEOUT = 5.0


class Database:
    """Opens the file on first use. Safe to share between threads and to carry across a fork."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        #: Connections that a fork brought along: closing them here would drop the parent's locks, so they stay open.
        self._inherited: list[sqlite3.Connection] = []

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, visible to others at the end; a transaction inside a transaction is part of it.

        Raises `StoreError` where the file cannot be opened or written; then nothing of the block is kept.
        """
        with self._named_errors():
            connection = self._connection()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """For statements that only read; each sees what was committed before it."""
        with self._named_errors():
            yield self._connection()

    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""
        connection = getattr(self._local, "connection", None)
        if connection is not None and self._local.pid == os.getpid():
            connection.close()
            self._local.connection = None

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None and self._local.pid != os.getpid():
            self._inherited.append(connection)
            connection = None
        if connection is None:
            connection = self._open()
            self._local.connection, self._local.pid = connection, os.getpid()
        return connection

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The switch to WAL does not wait for others as statements do, so processes that start together take turns.
        # Never open the database file itself but by SQLite: closing it would drop the locks of other connections.
        with self.path.with_name(f"{self.path.name}-open").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            is_new = not self.path.exists()
            connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
            try:
                if is_new:
                    self.path.chmod(0o600)
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"store {self.path}: {error}. Point TOCSIN_STORE to a file in a folder that this process may write."
            ) from error


def _prepare(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    migrate(connection)


def insert(
    connection: sqlite3.Connection,
    table: str,
    row: Mapping[str, object],
    *,
    conflict: Literal["ABORT", "IGNORE", "REPLACE"] = "ABORT",
) -> int:
    """Insert one row given as column → value; the id of the row. Table and columns are ours, never somebody's input."""
    columns, values = ", ".join(row), ", ".join(f":{column}" for column in row)
    statement = f"INSERT OR {conflict} INTO {table} ({columns}) VALUES ({values})"  # noqa: S608  see above
    return connection.execute(statement, row).lastrowid or 0

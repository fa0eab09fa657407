"""The connection to the SQLite file: one a process, none across a fork, every error with the file's name."""

import fcntl
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from tocsin.store.model import StoreError
from tocsin.store.schema import migrate

#: How long a writer waits for another process' transaction, in seconds.
BUSY_TIMEOUT = 5.0
#: What the log of changes shrinks to after a burst, in bytes; SQLite would leave it as large as it ever was.
WAL_LIMIT = 16_000_000
#: How long a fork may wait for this process' transaction, in seconds.
FORK_PATIENCE = 1.0


class Database:
    """Opens the file on first use. Safe to share between threads, which take turns, and to carry across a fork.

    SQLite's own notes on who has locked the file would be wrong in a forked child, for good: so a fork waits for a
    transaction that is under way, and finds the file closed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        #: What a fork that could not wait any longer brought along: closing it would drop locks of the parent.
        self._inherited: list[sqlite3.Connection] = []
        self._forking = False
        this = weakref.ref(self)
        os.register_at_fork(
            before=lambda: _call(this(), Database.before_fork),
            after_in_parent=lambda: _call(this(), Database.after_in_parent),
            after_in_child=lambda: _call(this(), Database.after_in_child),
        )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, visible to others at the end; a transaction inside a transaction is part of it.

        Raises `StoreError` where the file cannot be opened or written; then nothing of the block is kept.
        """
        with self.reading() as connection:
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
        with self._turn, self._named_errors():
            self._connection = self._connection or self._open()
            yield self._connection

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def before_fork(self) -> None:
        """Close the file, unless a transaction takes longer than a fork may wait, or is the forking thread's own."""
        self._forking = self._turn.acquire(timeout=FORK_PATIENCE)
        if self._forking and self._connection is not None and not self._connection.in_transaction:
            self.close()

    def after_in_parent(self) -> None:
        """Let other threads go on."""
        if self._forking:
            self._turn.release()

    def after_in_child(self) -> None:
        """Its threads are gone, and whatever they held."""
        self._turn = threading.RLock()
        if self._connection is not None:
            self._inherited.append(self._connection)
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The switch to WAL does not wait for others as statements do, so processes that start together take turns.
        # Never open the database file itself but by SQLite: closing it would drop the locks of other connections.
        with _alone(self.path.with_name(f"{self.path.name}-open")):
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


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time, none that dies here keeps the others out."""
    with path.open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Closing is not enough: a child forked meanwhile would have the file open too, and keep it locked.
            fcntl.flock(turn, fcntl.LOCK_UN)


def _call(database: Database | None, step: Callable[[Database], None]) -> None:
    if database is not None:
        step(database)


def _prepare(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
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

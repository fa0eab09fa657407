"""One engine a process, opened at the first use: after gunicorn and Celery have forked."""

import functools
import os
import sqlite3
import time
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session


def session() -> Session:
    return Session(engine(), expire_on_commit=False)


@functools.cache
def engine() -> Engine:
    return create_engine(url())


def url() -> str:
    """``DATABASE_URL``; without it the SQLite file ``SHOP_DATABASE``."""
    return os.environ.get("DATABASE_URL") or _sqlite(Path(os.environ.get("SHOP_DATABASE", ".demo/shop.db")))


def _sqlite(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{file}"


@event.listens_for(Engine, "connect")
def _speak_postgresql(connection, _record) -> None:
    """Give SQLite the one function of PostgreSQL's that the shop calls."""
    if isinstance(connection, sqlite3.Connection):
        connection.create_function("pg_sleep", 1, time.sleep)

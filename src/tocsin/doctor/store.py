"""The store, and who reads it."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tocsin.doctor.check import Check
from tocsin.store import Store, StoreError


class _RollBackError(Exception):
    """Ends the transaction in which the doctor wrote, so that nothing of it stays."""


def check_store(store: Store, *, evaluate: bool) -> Iterator[Check]:
    """Whether the store takes a write, which is rolled back, and which process evaluates its rules.

    A store that is not there is not made: then it is whether the application could make it.
    """
    found = _written(store) if is_there(store.path) else _makeable(store.path)
    yield found
    if found.status == "ok":
        yield _check_evaluator(store.lock.holder(), evaluate=evaluate)


def is_there(path: Path) -> bool:
    """Whether there is something at the path, as far as this process may look."""
    try:
        return path.exists()
    except PermissionError:
        return False


def _written(store: Store) -> Check:
    try:
        with suppress(_RollBackError), store.transaction():
            store.metric_batches.append(b"{}", at=time.time())
            raise _RollBackError
    except StoreError as error:
        problem, _, fix = str(error).partition(". ")
        return Check("store", "broken", problem, fix)
    return Check("store", "ok", f"{store.path} is writable")


def _makeable(path: Path) -> Check:
    folder = next(filter(is_there, path.absolute().parents))
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return Check("store", "ok", f"{path} is not there yet; the application will make it")
    fix = "Point TOCSIN_STORE to a file in a folder that this process may write."
    return Check("store", "broken", f"store {path} is not there and cannot be made in {folder}", fix)


def _check_evaluator(holder: int | None, *, evaluate: bool) -> Check:
    if holder is not None:
        return Check("evaluator", "ok", f"process {holder} evaluates")
    if evaluate:
        return Check("evaluator", "ok", "nobody evaluates now; the next process of the application will")
    return Check("evaluator", "warning", "nobody evaluates, and TOCSIN_EVALUATE is off", "start one with `tocsin run`")

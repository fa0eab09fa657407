"""The store, and who reads it."""

import time
from collections.abc import Iterator
from contextlib import suppress

from tocsin.doctor.check import Check
from tocsin.store import Store, StoreError


class _RollBackError(Exception):
    """Ends the transaction in which the doctor wrote, so that nothing of it stays."""


def check_store(store: Store, *, evaluate: bool) -> Iterator[Check]:
    """Whether the store takes a write, which is rolled back, and which process evaluates its rules."""
    try:
        with suppress(_RollBackError), store.transaction():
            store.metric_batches.append(b"{}", at=time.time())
            raise _RollBackError
    except StoreError as error:
        problem, _, fix = str(error).partition(". ")
        yield Check("store", "broken", problem, fix)
        return
    yield Check("store", "ok", f"{store.path} is writable")
    yield _check_evaluator(store.lock.holder(), evaluate=evaluate)


def _check_evaluator(holder: int | None, *, evaluate: bool) -> Check:
    if holder is not None:
        return Check("evaluator", "ok", f"process {holder} evaluates")
    if evaluate:
        return Check("evaluator", "ok", "nobody evaluates now; the next process of the application will")
    return Check("evaluator", "warning", "nobody evaluates, and TOCSIN_EVALUATE is off", "start one with `tocsin run`")

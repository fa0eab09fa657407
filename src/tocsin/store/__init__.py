"""The bus between all processes: issues, occurrences, metric batches, alerts and notifications in one SQLite file.

Writers append; whoever holds the evaluator lock reads, evaluates and notifies.
Everything that must survive a crash is here.
"""

from tocsin.store.lock import EvaluatorLock
from tocsin.store.model import (
    Alert,
    AlertTransition,
    Issue,
    LoggedNotification,
    MetricBatch,
    Occurrence,
    OutboxEntry,
    Sighting,
    StoreError,
)
from tocsin.store.sqlite import Store

__all__ = [
    "Alert",
    "AlertTransition",
    "EvaluatorLock",
    "Issue",
    "LoggedNotification",
    "MetricBatch",
    "Occurrence",
    "OutboxEntry",
    "Sighting",
    "Store",
    "StoreError",
]

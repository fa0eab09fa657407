"""The bus between all processes: issues, occurrences, metric batches, alerts and notifications in one SQLite file.

Writers append; whoever holds the evaluator lock reads, evaluates and notifies.
Everything that must survive a crash is here.
"""

from tocsin.store.lock import EvaluatorLock
from tocsin.store.model import (
    Alert,
    AlertEvent,
    AlertStanding,
    AlertTransition,
    Beat,
    Heartbeat,
    HeldAlert,
    Issue,
    IssueEvent,
    LoggedNotification,
    MetricBatch,
    Occurrence,
    OutboxEntry,
    Sighting,
    Silence,
    SilenceMatcher,
    StoreError,
)
from tocsin.store.retention import Retention
from tocsin.store.sqlite import Store

__all__ = [
    "Alert",
    "AlertEvent",
    "AlertStanding",
    "AlertTransition",
    "Beat",
    "EvaluatorLock",
    "Heartbeat",
    "HeldAlert",
    "Issue",
    "IssueEvent",
    "LoggedNotification",
    "MetricBatch",
    "Occurrence",
    "OutboxEntry",
    "Retention",
    "Sighting",
    "Silence",
    "SilenceMatcher",
    "Store",
    "StoreError",
]

"""The store as one SQLite file."""

from contextlib import AbstractContextManager
from pathlib import Path

from tocsin.store.alerts import Alerts
from tocsin.store.audit import Audit
from tocsin.store.database import Database
from tocsin.store.heartbeats import Heartbeats
from tocsin.store.issues import Issues
from tocsin.store.lock import EvaluatorLock
from tocsin.store.metrics import MetricBatches
from tocsin.store.notifications import Notifications
from tocsin.store.posted_messages import PostedMessages
from tocsin.store.recorded import Recorded
from tocsin.store.retention import Retention
from tocsin.store.silences import Silences
from tocsin.store.standings import Standings


class Store:
    """Everything durable, by noun. Opens lazily; any method may raise `StoreError`.

    Safe for several processes and threads at once, and across forks: writers wait for each other up to 5 s.
    """

    def __init__(self, path: Path, *, retention: Retention | None = None) -> None:
        self._database = Database(path)
        self.path = path
        self.issues = Issues(self._database, retention=retention)
        self.metric_batches = MetricBatches(self._database)
        self.recorded = Recorded(self._database)
        self.alerts = Alerts(self._database)
        self.notifications = Notifications(self._database)
        self.posted_messages = PostedMessages(self._database)
        self.silences = Silences(self._database)
        self.standings = Standings(self._database)
        self.audit = Audit(self._database)
        self.heartbeats = Heartbeats(self._database)
        self.lock = EvaluatorLock(path.with_name(f"{path.name}-evaluator"))

    def transaction(self) -> AbstractContextManager[object]:
        """Make several writes one: all of them or none, whatever happens to the process in between."""
        return self._database.transaction()

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._database.close()

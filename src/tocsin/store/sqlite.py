"""The store as one SQLite file."""

from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.store.database import Database
from tocsin.store.issues import Issues
from tocsin.store.lock import EvaluatorLock
from tocsin.store.metrics import MetricBatches
from tocsin.store.retention import Retention

if TYPE_CHECKING:
    from tocsin.store.alerts import Alerts
    from tocsin.store.audit import Audit
    from tocsin.store.heartbeats import Heartbeats
    from tocsin.store.notifications import Notifications
    from tocsin.store.posted_messages import PostedMessages
    from tocsin.store.recorded import Recorded
    from tocsin.store.silences import Silences
    from tocsin.store.standings import Standings


class Store:
    """Everything durable, by noun. Opens lazily; any method may raise `StoreError`.

    Safe for several processes and threads at once, and across forks: writers wait for each other up to 5 s.
    What only evaluators need is imported when it is asked for.
    """

    def __init__(self, path: Path, *, retention: Retention | None = None) -> None:
        self._database = Database(path)
        self.path = path
        self.issues = Issues(self._database, retention=retention)
        self.metric_batches = MetricBatches(self._database)
        self.lock = EvaluatorLock(path.with_name(f"{path.name}-evaluator"))

    @cached_property
    def recorded(self) -> "Recorded":
        """What recording rules have told, for windows longer than the samples are kept."""
        from tocsin.store.recorded import Recorded  # noqa: PLC0415  see the class

        return Recorded(self._database)

    @cached_property
    def alerts(self) -> "Alerts":
        """Alerts, their states and what was done about them."""
        from tocsin.store.alerts import Alerts  # noqa: PLC0415  see the class

        return Alerts(self._database)

    @cached_property
    def notifications(self) -> "Notifications":
        """Who was told what, and what is still to be sent."""
        from tocsin.store.notifications import Notifications  # noqa: PLC0415  see the class

        return Notifications(self._database)

    @cached_property
    def posted_messages(self) -> "PostedMessages":
        """Messages that can be edited when their alert changes."""
        from tocsin.store.posted_messages import PostedMessages  # noqa: PLC0415  see the class

        return PostedMessages(self._database)

    @cached_property
    def silences(self) -> "Silences":
        """Alerts that nobody is to be told of for a while."""
        from tocsin.store.silences import Silences  # noqa: PLC0415  see the class

        return Silences(self._database)

    @cached_property
    def standings(self) -> "Standings":
        """What people decided about alerts."""
        from tocsin.store.standings import Standings  # noqa: PLC0415  see the class

        return Standings(self._database)

    @cached_property
    def audit(self) -> "Audit":
        """Who did what, and why."""
        from tocsin.store.audit import Audit  # noqa: PLC0415  see the class

        return Audit(self._database)

    @cached_property
    def heartbeats(self) -> "Heartbeats":
        """Signs of life of jobs."""
        from tocsin.store.heartbeats import Heartbeats  # noqa: PLC0415  see the class

        return Heartbeats(self._database)

    def transaction(self) -> AbstractContextManager[object]:
        """Make several writes one: all of them or none, whatever happens to the process in between."""
        return self._database.transaction()

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._database.close()

"""A process that evaluates as soon as nobody else does."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from opentelemetry.metrics import Meter

from tocsin.config import Config
from tocsin.evaluator.issue_metrics import observe_issues
from tocsin.notices import notices
from tocsin.store import Store, StoreError
from tocsin.telemetry import observe_host

if TYPE_CHECKING:
    from tocsin.evaluator.evaluator import Evaluator


class Candidate:
    """Asks for the evaluator lock at every step, and evaluates while it holds it.

    What evaluation needs is imported when the lock is taken, so that a process which only writes stays small.
    `collect` writes this process' own metrics to the store, so that a step sees the present.
    """

    def __init__(
        self,
        config: Config,
        *,
        store: Store,
        meter: Meter,
        collect: Callable[[], object],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._store = store
        self._meter = meter
        self._collect = collect
        self._clock = clock
        self._evaluator: Evaluator | None = None
        self._observing = False

    def step(self) -> bool:
        """Evaluate once if the lock is, or can be, this process'; whether it did."""
        if not self._lock():
            self._evaluator = None
            return False
        try:
            self._evaluator = self._evaluator or self._take_over()
            if self._evaluator is not None:
                self._evaluator.tick(self._clock())
        except StoreError as error:
            notices.say(f"nothing is saved and nobody is alerted: {error}", once="store")
            return False
        return self._evaluator is not None

    def leave(self, *, timeout: float = 0.0) -> None:
        """Let another process evaluate; notifications that are on their way get `timeout` seconds."""
        if self._evaluator is not None:
            self._evaluator.close(timeout=timeout)
        self._store.lock.release()

    def _lock(self) -> bool:
        try:
            self._store.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return self._store.lock.acquire()
        except OSError as error:
            notices.say(f"alerts are off: {self._store.path.parent} cannot be written: {error.strerror}", once="lock")
            return False

    def _take_over(self) -> "Evaluator | None":
        if find_spec("numpy") is None:
            return None
        from tocsin.evaluator.evaluator import Evaluator  # noqa: PLC0415  see the class

        self._observe()
        return Evaluator(self._config, store=self._store, collect=self._collect)

    def _observe(self) -> None:
        """One process speaks for the machine and for the issues: the one that evaluates, none that it forked."""
        if not self._observing:
            self._observing = True
            observe_host(self._meter, active=lambda: self._store.lock.held)
            observe_issues(self._meter, self._store, active=lambda: self._store.lock.held)


def outlook(config: Config) -> str:
    """What will become of alerts, in a few words for the banner."""
    if not config.evaluate:
        return "evaluated elsewhere (TOCSIN_EVALUATE is off)"
    if find_spec("numpy") is None:
        return "off (pip install 'tocsin[engine]')"
    if config.alertmanager:
        return str(config.alertmanager)
    receivers = {
        "webhook": config.webhook_url,
        "slack": config.slack_webhook_url,
        "file": config.alert_file,
        "console": config.alert_console,
    }
    named = [name for name, target in receivers.items() if target]
    return ", ".join(named) or "shown by `tocsin alerts` only (no receiver: set TOCSIN_WEBHOOK_URL)"

"""A process that evaluates as soon as nobody else does."""

import os
import threading
import time
import weakref
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from opentelemetry.metrics import Meter

from tocsin.config import Config
from tocsin.evaluator.live_settings import LiveSettings
from tocsin.notices import notices
from tocsin.store import Store, StoreError

if TYPE_CHECKING:
    from tocsin.evaluator.evaluator import Evaluator
    from tocsin.evaluator.own_metrics import OwnMetrics


class Candidate:
    """Asks for the evaluator lock at every step, and evaluates while it holds it.

    What evaluation needs is imported when the lock is taken, so that a process which only writes stays small.
    `collect` writes this process' own metrics to the store, so that a step sees the present. With `settings` it follows
    the file that they came from.
    """

    def __init__(
        self,
        config: Config,
        *,
        store: Store,
        meter: Meter,
        collect: Callable[[], object],
        clock: Callable[[], float] = time.time,
        settings: LiveSettings | None = None,
    ) -> None:
        self._config = config
        self._settings = settings
        self._store = store
        self._meter = meter
        self._collect = collect
        self._clock = clock
        self._metrics: OwnMetrics | None = None
        self._evaluator: Evaluator | None = None
        self._stepping = threading.Lock()
        this = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _free(this()))

    def step(self) -> bool:
        """Evaluate once if the lock is, or can be, this process'; whether it did. No two threads do so at once."""
        if find_spec("numpy") is None or not self._stepping.acquire(blocking=False):
            return False
        stepping = self._stepping
        try:
            return self._lock() and self._evaluate()
        except StoreError as error:
            notices.say(f"nothing is saved and nobody is alerted: {error}", once="store")
            return False
        finally:
            stepping.release()

    def leave(self, *, timeout: float = 0.0) -> None:
        """Let another process evaluate; notifications that are on their way get `timeout` seconds.

        While another thread is at a step, nothing is let go: the end of the process will.
        """
        if not self._stepping.acquire(blocking=False):
            return
        try:
            self._dismiss(timeout=timeout)
            self._store.lock.release()
        finally:
            self._stepping.release()

    def free(self) -> None:
        """A fork copies no threads: in the child none is at a step, and none delivers what the evaluator decided."""
        self._stepping = threading.Lock()
        self._evaluator = None

    def _lock(self) -> bool:
        """Whether the lock is held; what an evaluator knew when it was not is of no use."""
        if not self._store.lock.held:
            self._dismiss()
        try:
            self._store.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return self._store.lock.acquire()
        except OSError as error:
            notices.say(f"alerts are off: {self._store.path.parent} cannot be written: {error.strerror}", once="lock")
            return False

    def _evaluate(self) -> bool:
        metrics = self._metrics = self._metrics or self._observe()
        metrics.read(self._store, now=self._clock())
        self._collect()
        # After the collection, whose samples would be in the future otherwise.
        now = self._clock()
        metrics.lag.begin(now)
        if self._evaluator is not None and self._evaluator.is_ahead_of(now):
            self._dismiss()
        self._follow_settings(now)
        self._evaluator = self._evaluator or self._take_over(now)
        self._evaluator.tick(now)
        metrics.overflow.add(self._evaluator.overflow())
        return True

    def _follow_settings(self, now: float) -> None:
        if self._settings is not None and self._settings.refresh():
            self._config = self._settings.config
            if self._evaluator is not None:
                self._evaluator.configure(self._config, now)

    def _dismiss(self, *, timeout: float = 0.0) -> None:
        if self._evaluator is not None:
            self._evaluator.close(timeout=timeout)
            self._evaluator = None

    def _take_over(self, now: float) -> "Evaluator":
        """Who cannot evaluate does not keep others from it."""
        try:
            from tocsin.evaluator.evaluator import Evaluator  # noqa: PLC0415  see the class

            return Evaluator(self._config, store=self._store, now=now)
        except BaseException:
            self._store.lock.release()
            raise

    def _observe(self) -> "OwnMetrics":
        """One process speaks for the machine and for the issues: the one that evaluates, none that it forked."""
        from tocsin.evaluator.own_metrics import OwnMetrics  # noqa: PLC0415  see the class

        return OwnMetrics(
            self._meter, interval=self._config.evaluation_interval, clock=self._clock, active=self._speaks
        )

    def _speaks(self) -> bool:
        return self._store.lock.held


def _free(candidate: Candidate | None) -> None:
    if candidate is not None:
        candidate.free()


def outlook(config: Config) -> str:
    """What will become of alerts, in a few words for the banner."""
    if not config.evaluate:
        return "evaluated elsewhere (TOCSIN_EVALUATE is off)"
    if find_spec("numpy") is None:
        return "off (pip install 'tocsin[engine]')"
    if config.alertmanagers:
        return f"pushed to {len(config.alertmanagers)} Alertmanager{'s' if len(config.alertmanagers) > 1 else ''}"
    if config.alertmanager:
        return str(config.alertmanager)
    receivers = {
        "webhook": config.webhook_url,
        "slack": config.slack_webhook_url,
        "file": config.alert_file,
        "console": config.alert_console,
    }
    named = [*config.notify, *(name for name, target in receivers.items() if target)]
    return ", ".join(named) or "shown by `tocsin alerts` only (no receiver: set TOCSIN_WEBHOOK_URL)"

"""Random lives of alerts, lates looks and restarts: what receivers may rely on whatever happens."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from msgspec.structs import replace

from tocsin.alerting import AlertingConfig, Dispatcher, Integration, Known, ReceiverConfig, Route, told_key
from tocsin.notify import decode
from tocsin.store import Alert

WAIT, INTERVAL, REPEAT = 30.0, 300.0, 1200.0
LONGEST_STEP = 60.0
RETENTION = 900.0
NAMES = ("a1", "a2", "b1", "b2")


class Receiver:
    """What somebody who reads every notification knows, kept apart from the notification log."""

    def __init__(self, *, send_resolved):
        self.send_resolved = send_resolved
        self.firing = {}
        self.told_at = {}

    def read(self, notification, now):
        group = notification.group_key
        news = self._news(notification)
        if not news:
            assert now - self.told_at[group] >= REPEAT, "repeated within repeat_interval"
        if self.send_resolved and self._fires(group):
            assert now - self.told_at[group] >= INTERVAL - LONGEST_STEP, "a known group does not wait"
        self.told_at[group] = now
        self.hear_that_it_is_over(group)
        self.firing |= {alert.fingerprint: group for alert in notification.firing}

    def hear_that_it_is_over(self, group):
        """Who does not ask for resolutions is not told, and does not mind being told of the next alert."""
        self.firing = {name: each for name, each in self.firing.items() if each != group}

    def _news(self, notification):
        assert self.send_resolved or not notification.resolved, "was told of a resolution it did not ask for"
        assert notification.firing or self._fires(notification.group_key), (
            "was told of the end of what it never heard of"
        )
        unknown = [alert for alert in notification.firing if not self.knows(alert.fingerprint)]
        return unknown + list(notification.resolved)

    def knows(self, fingerprint):
        return fingerprint in self.firing

    def _fires(self, group):
        return group in self.firing.values()


class Notifying(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.now = 1000.0
        self.alerts = {}
        self.log = {}
        self.timers = {}
        self.receivers = [Receiver(send_resolved=True), Receiver(send_resolved=False)]
        integrations = tuple(
            Integration(kind="webhook", settings={}, send_resolved=each.send_resolved) for each in self.receivers
        )
        self.config = AlertingConfig(
            route=Route(
                receiver="team",
                group_by=("group",),
                group_wait=WAIT,
                group_interval=INTERVAL,
                repeat_interval=REPEAT,
            ),
            receivers=(ReceiverConfig(name="team", integrations=integrations),),
        )

    @rule(name=st.sampled_from(NAMES))
    def fire(self, name):
        if name in self.alerts and self.alerts[name].state == "firing":
            return
        self.alerts[name] = Alert(
            group="g",
            rule="r",
            fingerprint=name,
            labels={"alertname": "x", "group": name[0], "pod": name},
            annotations={},
            state="firing",
            value=1.0,
            active_at=self.now,
            fired_at=self.now,
        )

    @rule(name=st.sampled_from(NAMES))
    def resolve(self, name):
        if name in self.alerts and self.alerts[name].state == "firing":
            self.alerts[name] = replace(self.alerts[name], state="inactive", resolved_at=self.now)

    @rule(step=st.sampled_from([1.0, 7.5, 15.0, LONGEST_STEP]), times=st.integers(1, 40))
    def time_passes(self, step, times):
        for _ in range(times):
            self.now += step
            self.look()

    @rule()
    def restart(self):
        self.timers = {}

    @rule()
    def crash_before_the_decision_is_written(self):
        self.decide()
        self.timers = {}

    def decide(self):
        known = Known(alerts=self.alerts.values(), told=self.log, timers=self.timers)
        return Dispatcher(self.config).dispatch(known, now=self.now)

    def look(self):
        gone = [
            name for name, each in self.alerts.items() if each.resolved_at and self.now - each.resolved_at > RETENTION
        ]
        for name in gone:
            del self.alerts[name]
        result = self.decide()
        self.timers = result.timers
        for entry, logged in result.decisions:
            self.log[told_key(logged)] = logged
            if entry is None:
                self.receivers[logged.integration].hear_that_it_is_over(logged.group_key)
            else:
                self.receivers[entry.integration].read(decode(entry.payload), self.now)
        self.everything_old_enough_is_known()

    def everything_old_enough_is_known(self):
        patience = max(WAIT, INTERVAL) + LONGEST_STEP
        for name, alert in self.alerts.items():
            for receiver in self.receivers:
                if alert.state == "firing" and self.now - alert.fired_at >= patience:
                    assert receiver.knows(name), "a firing alert was not announced"
                if alert.resolved_at and self.now - alert.resolved_at >= patience and receiver.send_resolved:
                    assert name not in receiver.firing, "a resolution was not announced"


Notifying.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestNotifying = Notifying.TestCase

"""What becomes of an alert that fires once people decide about it, or nobody does."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from tocsin.alerting import (
    AlertingConfig,
    Dispatcher,
    Escalation,
    Integration,
    Known,
    Maintenance,
    ReceiverConfig,
    Route,
    Terms,
    TimeInterval,
    told_key,
)
from tocsin.alerting.intervals import Range
from tocsin.alerting.life import acknowledged, as_decided, resolved, status
from tocsin.alerting.matcher import parse
from tocsin.notify import decode
from tocsin.store import Alert

WAIT, INTERVAL, REPEAT, ESCALATE = 0.0, 300.0, 3600.0, 900.0
HOOK = (Integration(kind="webhook", settings={}),)


def chain(*names, **given):
    """Receivers, each of which escalates to the next."""
    receivers = [
        ReceiverConfig(
            name=name,
            integrations=HOOK,
            terms=Terms(escalation=Escalation(after=ESCALATE, to=following) if following else None),
        )
        for name, following in zip(names, [*names[1:], None], strict=True)
    ]
    timing = {"group_wait": WAIT, "group_interval": INTERVAL, "repeat_interval": REPEAT, "group_by": ("alertname",)}
    return AlertingConfig(route=Route(receiver=names[0], **timing), receivers=tuple(receivers), **given)


class Desk:
    """Looks at alerts, with what was told and decided kept in memory."""

    def __init__(self, config):
        self.config = config
        self.log = {}
        self.timers = {}
        self.standings = {}
        self.held = ()

    def decide(self, standing):
        self.standings[standing.fingerprint] = standing

    def look(self, now, *alerts):
        """What is told: receiver, and fingerprints that fire and that are over."""
        known = Known(alerts=alerts, standings=self.standings, told=self.log, timers=self.timers)
        result = Dispatcher(self.config).dispatch(known, now=now)
        self.log |= {told_key(logged): logged for _, logged in result.decisions}
        self.timers, self.held = result.timers, result.held
        told = [decode(entry.payload) for entry, _ in result.decisions if entry]
        self.told = told
        return [
            (
                each.receiver,
                "".join(alert.fingerprint for alert in each.firing),
                "".join(alert.fingerprint for alert in each.resolved),
            )
            for each in told
        ]


@pytest.fixture
def desk():
    return Desk(chain("team"))


def test_an_acknowledged_alert_is_not_repeated_until_that_runs_out(desk, make_alert):
    alert = make_alert("a")
    assert desk.look(0, alert) == [("team", "a", "")]
    desk.decide(acknowledged(alert, at=10, actor="me", until_at=9000))
    assert [desk.look(now, alert) for now in range(300, 9000, 300)] == [[]] * 29
    assert desk.look(9000, alert) == [("team", "a", "")]


def test_its_end_and_its_company_are_told_all_the_same(desk, make_alert, resolve):
    alert = make_alert("a")
    desk.look(0, alert)
    desk.decide(acknowledged(alert, at=10, actor="me"))
    other = make_alert("b", at=20)
    assert desk.look(300, alert, other) == [("team", "ab", "")]
    assert desk.look(600, resolve(alert, 400), other) == [("team", "b", "a")]


def test_the_next_time_it_fires_nobody_has_acknowledged_it(make_alert):
    alert = make_alert("a")
    standing = acknowledged(alert, at=10, actor="me")
    assert status(alert, standing, at=20) == "acknowledged"
    assert status(make_alert("a", at=500), standing, at=600) == "firing"


def test_resolved_by_hand_it_is_over_until_the_condition_begins_again(desk, make_alert, resolve):
    alert = make_alert("a")
    desk.look(0, alert)
    desk.decide(resolved(alert, at=100, actor="me", note="restarted"))
    assert desk.look(300, alert) == [("team", "", "a")]
    assert [desk.look(now, alert) for now in range(600, 20_000, 300)] == [[]] * 65
    assert desk.look(20_100, resolve(alert, 20_000)) == []
    assert desk.look(30_000, make_alert("a", at=30_000)) == [("team", "a", "")]


def test_a_restart_does_not_bring_back_what_was_resolved_by_hand(desk, make_alert):
    alert = make_alert("a")
    desk.look(0, alert)
    desk.decide(resolved(alert, at=100, actor="me"))
    desk.look(300, alert)
    desk.timers = {}
    assert [desk.look(now, alert) for now in (600, 900, 9000)] == [[]] * 3


def test_what_nobody_acknowledges_goes_on_to_the_next_and_the_one_after(make_alert, resolve):
    desk = Desk(chain("team", "boss", "owner"))
    alert = make_alert("a")
    assert desk.look(0, alert) == [("team", "a", "")]
    assert desk.look(ESCALATE - 1, alert) == []
    assert desk.look(ESCALATE, alert) == [("boss", "a", "")]
    [told] = desk.told
    assert told.alerts[0].annotations["escalated"] == "team has not acknowledged this within 15m"
    assert desk.look(2 * ESCALATE, alert) == [("owner", "a", "")]
    assert sorted(desk.look(2 * ESCALATE + INTERVAL, resolve(alert, 2 * ESCALATE + 1))) == [
        ("boss", "", "a"),
        ("owner", "", "a"),
        ("team", "", "a"),
    ]


def test_what_is_acknowledged_does_not_escalate_until_that_runs_out(make_alert):
    desk = Desk(chain("team", "boss"))
    alert = make_alert("a")
    desk.look(0, alert)
    desk.decide(acknowledged(alert, at=10, actor="me", until_at=2000))
    assert [desk.look(now, alert) for now in range(300, 2000, 300)] == [[]] * 6
    assert desk.look(2000, alert) == [("boss", "a", "")]


def test_escalation_counts_from_when_it_was_told_not_from_when_it_began(make_alert):
    desk = Desk(chain("team", "boss"))
    alert = make_alert("a")
    assert desk.look(10_000, alert) == [("team", "a", "")]
    assert desk.look(10_000 + ESCALATE - 1, alert) == []
    desk.timers = {}
    assert desk.look(10_000 + ESCALATE, alert) == [("boss", "a", "")]


def test_only_what_is_due_is_escalated_and_its_end_told_where_it_was(make_alert, resolve):
    desk = Desk(chain("team", "boss"))
    old, young = make_alert("a"), make_alert("b", at=600)
    desk.look(0, old)
    desk.look(600, old, young)
    assert desk.look(900, old, young) == [("boss", "a", "")]
    over = resolve(old, 950)
    assert desk.look(1500, over, young)[0] == ("team", "b", "a")
    assert desk.log['{}:{alertname="HighLatency"}', "boss", 0].firing == ("b",)


def test_in_maintenance_nobody_is_told_of_what_it_is_about(make_alert):
    night = TimeInterval(times=(Range(2 * 60, 3 * 60 - 1),))
    window = Maintenance(name="deploys", matchers=parse("pod=a"), intervals=(night,))
    desk = Desk(chain("team", maintenance=(window,)))
    at = 2.5 * 3600
    alerts = make_alert("a", at=at), make_alert("b", at=at)
    assert desk.look(at, *alerts) == [("team", "b", "")]
    assert [(each.fingerprint, each.reason, each.by) for each in desk.held] == [("a", "maintenance", ("deploys",))]
    assert desk.look(3 * 3600, *alerts) == [("team", "ab", "")]
    assert desk.held == ()


def test_a_clock_that_was_set_back_does_not_keep_new_alerts_waiting(desk, make_alert):
    assert desk.look(1000, make_alert("a", at=500_000)) == [("team", "a", "")]


class Standing(RuleBasedStateMachine):
    """People decide, conditions come and go, time passes, evaluators restart."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.desk = Desk(chain("team", "boss"))
        self.alert = None
        self.decision = None
        self.told_at = {}
        self.knows = set()

    @rule()
    def begin(self):
        if self.alert is None or self.alert.state != "firing":
            self.now += 1
            labels = {"alertname": "x"}
            self.alert = Alert(
                group="g", rule="r", fingerprint="a", labels=labels, annotations={}, state="firing", value=1.0,
                active_at=self.now, fired_at=self.now,
            )  # fmt: skip
            self.decision = None

    @rule()
    def end(self):
        if self.alert is not None and self.alert.state == "firing":
            self.now += 1
            self.alert = replace(self.alert, state="inactive", resolved_at=self.now)
            self.decision = None

    @rule(minutes=st.one_of(st.none(), st.integers(1, 60)))
    def acknowledge(self, minutes):
        if self.alert is not None and self.alert.state == "firing":
            until = None if minutes is None else self.now + 60 * minutes
            self.desk.decide(acknowledged(self.alert, at=self.now, actor="me", until_at=until))
            self.decision = ("acknowledged", until)

    @rule()
    def resolve(self):
        if self.alert is not None and self.alert.state == "firing":
            self.desk.decide(resolved(self.alert, at=self.now, actor="me"))
            self.decision = ("resolved", None)

    @rule()
    def restart(self):
        self.desk.timers = {}

    @rule(step=st.sampled_from([15.0, 60.0]), times=st.integers(1, 60))
    def time_passes(self, step, times):
        for _ in range(times):
            self.now += step
            self.look()

    def look(self):
        for receiver, firing, over in self.desk.look(self.now, *([self.alert] if self.alert else [])):
            if firing:
                assert self.status() != "resolved", "told of what somebody resolved"
                if receiver in self.knows:
                    assert self.status() == "firing", "repeated though acknowledged"
                if receiver == "boss" and receiver not in self.knows:
                    assert self.status() == "firing", "escalated though acknowledged"
                    assert "team" in self.knows
                self.knows.add(receiver)
            if over:
                assert receiver in self.knows, "told of the end of what it never heard of"
                self.knows.discard(receiver)

    def status(self):
        standing = self.desk.standings.get("a")
        return status(self.alert, standing, at=self.now) if self.alert else "none"

    @invariant()
    def a_decision_is_about_one_firing(self):
        if self.alert is None or self.alert.state != "firing":
            return
        if self.decision is None:
            assert self.status() == "firing"
        else:
            said, until = self.decision
            assert self.status() == ("firing" if until is not None and self.now >= until else said)
        shown = as_decided(self.alert, self.desk.standings.get("a"), at=self.now)
        assert (shown.state == "inactive") is (self.status() == "resolved")


Standing.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestStanding = Standing.TestCase

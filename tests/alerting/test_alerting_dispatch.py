from dataclasses import replace

import pytest
from msgspec import structs

from tocsin.alerting import (
    AlertingConfig,
    Dispatcher,
    Integration,
    Known,
    Matcher,
    ReceiverConfig,
    Route,
    Timing,
    simple,
    told_key,
)
from tocsin.notify import decode

WAIT, INTERVAL, REPEAT = 10.0, 300.0, 3600.0


def team(*, send_resolved=True, **route):
    timing = {"group_wait": WAIT, "group_interval": INTERVAL, "repeat_interval": REPEAT, "group_by": ("alertname",)}
    integration = Integration(kind="webhook", settings={}, send_resolved=send_resolved)
    receivers = (ReceiverConfig(name="team", integrations=(integration,)),)
    return AlertingConfig(route=Route(receiver="team", **(timing | route)), receivers=receivers)


class Evaluator:
    """What the real one does with a decision, with the store in memory."""

    def __init__(self, config=None):
        self.config = config or team()
        self.log = {}
        self.timers = {}
        self.silences = []

    def look(self, now, *alerts):
        """The notifications decided at that time, as `(firing, resolved)` fingerprints."""
        known = Known(alerts=alerts, silences=self.silences, told=self.log, timers=self.timers)
        result = Dispatcher(self.config).dispatch(known, now=now)
        self.log |= {told_key(logged): logged for _, logged in result.decisions}
        self.timers = result.timers
        self.next_at = result.next_at
        self.held = result.held
        self.decisions = [decision for decision in result.decisions if decision[0]]
        return [(logged.firing, logged.resolved) for _, logged in self.decisions]

    def restart(self):
        self.timers = {}


def test_the_first_notification_waits_for_more_alerts(make_alert):
    evaluator = Evaluator()
    assert evaluator.look(0, make_alert("a")) == []
    assert evaluator.next_at == WAIT
    assert evaluator.look(5, make_alert("a"), make_alert("b", at=5)) == []
    assert evaluator.look(10, make_alert("a"), make_alert("b", at=5)) == [(("a", "b"), ())]
    assert evaluator.next_at == WAIT + INTERVAL


def test_an_older_alert_is_not_kept_waiting_by_a_new_evaluator(make_alert):
    assert Evaluator().look(10_000, make_alert("a")) == [(("a",), ())]


def test_pending_alerts_are_nobodys_business(make_alert):
    pending = structs.replace(make_alert("a"), state="pending", fired_at=None)
    evaluator = Evaluator()
    assert evaluator.look(10_000, pending) == []
    assert evaluator.next_at is None


def test_new_alerts_of_a_known_group_wait_for_group_interval(make_alert):
    evaluator = Evaluator()
    evaluator.look(10, make_alert("a"))
    alerts = make_alert("a"), make_alert("b", at=20)
    assert evaluator.look(309, *alerts) == []
    assert evaluator.look(310, *alerts) == [(("a", "b"), ())]


def test_nothing_is_said_while_nothing_changes(make_alert):
    evaluator = Evaluator()
    evaluator.look(10, make_alert("a"))
    assert [now for now in range(11, 10_000) if evaluator.look(now, make_alert("a"))] == [3910, 7810]


def test_resolved_alerts_are_told_with_those_that_fire(make_alert, resolve):
    evaluator = Evaluator()
    a, b = make_alert("a"), make_alert("b")
    evaluator.look(10, a, b)
    assert evaluator.look(310, a, resolve(b, 100)) == [(("a",), ("b",))]
    assert evaluator.look(610, a, resolve(b, 100)) == []
    assert evaluator.look(910, resolve(a, 700)) == [((), ("a",))]
    assert evaluator.look(1210, resolve(a, 700)) == []
    assert evaluator.next_at is None


def test_what_was_told_as_resolved_is_not_repeated(make_alert, resolve):
    evaluator = Evaluator()
    a, b = make_alert("a"), make_alert("b")
    evaluator.look(10, a, b)
    evaluator.look(310, a, resolve(b, 100))
    assert evaluator.look(610 + REPEAT, a, resolve(b, 100)) == [(("a",), ())]


def test_a_group_that_was_over_for_a_while_waits_for_group_wait_again(make_alert, resolve):
    evaluator = Evaluator()
    evaluator.look(10, make_alert("a"))
    resolved = resolve(make_alert("a"), 200)
    evaluator.look(310, resolved)
    assert evaluator.look(341, resolved) == []
    assert evaluator.look(350, make_alert("a", at=350)) == []
    assert evaluator.look(360, make_alert("a", at=350)) == [(("a",), ())]


def test_a_group_that_comes_and_goes_keeps_its_rhythm(make_alert, resolve):
    evaluator = Evaluator()
    evaluator.look(10, make_alert("a"))
    evaluator.look(310, resolve(make_alert("a"), 200))
    assert evaluator.look(320, make_alert("a", at=320)) == []
    assert evaluator.look(609, make_alert("a", at=320)) == []
    assert evaluator.look(610, make_alert("a", at=320)) == [(("a",), ())]


def test_what_ended_before_it_was_told_comes_along_and_wakes_nobody(make_alert, resolve):
    evaluator = Evaluator()
    evaluator.look(0, make_alert("a"), make_alert("b"))
    assert evaluator.look(10, resolve(make_alert("a"), 5), make_alert("b")) == [(("b",), ("a",))]
    assert Evaluator().look(10, resolve(make_alert("a"), 5)) == []


def test_an_alert_that_came_back_between_two_looks_is_no_news(make_alert, resolve):
    evaluator = Evaluator()
    evaluator.look(10, make_alert("a"))
    evaluator.look(50, resolve(make_alert("a"), 50))
    assert evaluator.look(310, make_alert("a", at=100)) == []


def test_without_send_resolved_an_alert_that_comes_back_alone_is_news(make_alert, resolve):
    evaluator = Evaluator(team(send_resolved=False))
    evaluator.look(10, make_alert("a"))
    resolved = resolve(make_alert("a"), 50)
    assert evaluator.look(310, resolved) == []
    assert evaluator.look(380, resolved) == []
    assert evaluator.look(400, make_alert("a", at=390)) == [(("a",), ())]
    assert evaluator.look(701, make_alert("a", at=390)) == []


def test_without_send_resolved_an_alert_that_comes_back_among_others_is_believed_to_fire(make_alert, resolve):
    evaluator = Evaluator(team(send_resolved=False))
    a, b = make_alert("a"), make_alert("b")
    evaluator.look(10, a, b)
    assert evaluator.look(310, a, resolve(b, 50)) == []
    assert evaluator.look(610, a, make_alert("b", at=400)) == []
    assert evaluator.look(10 + 13 * INTERVAL, a, make_alert("b", at=400)) == [(("a", "b"), ())]


def test_a_restart_neither_repeats_nor_loses_nor_hurries(make_alert, resolve):
    evaluator = Evaluator()
    evaluator.look(10, make_alert("a"))
    evaluator.restart()
    assert evaluator.look(20, make_alert("a")) == []
    alerts = make_alert("a"), make_alert("b", at=30)
    evaluator.restart()
    assert evaluator.look(40, *alerts) == []
    assert evaluator.next_at == 310
    evaluator.restart()
    assert evaluator.look(1000, resolve(alerts[0], 900), alerts[1]) == [(("b",), ("a",))]
    evaluator.restart()
    assert evaluator.look(2000, resolve(alerts[1], 1900)) == [((), ("b",))]


def test_a_late_evaluator_keeps_the_rhythm(make_alert):
    evaluator = Evaluator()
    evaluator.look(10, make_alert("a"))
    evaluator.look(325, make_alert("a"))
    assert evaluator.next_at == 610
    evaluator.look(5000, make_alert("a"))
    assert evaluator.next_at == 5300


def test_every_group_has_its_own_notification(make_alert):
    evaluator = Evaluator(team(group_by=("alertname", "job")))
    alerts = make_alert("a", job="x"), make_alert("b", job="y"), make_alert("c", job="x"), make_alert("d")
    assert evaluator.look(10, *alerts) == [(("a", "c"), ()), (("b",), ()), (("d",), ())]
    assert [logged.group_key for _, logged in evaluator.decisions] == [
        '{}:{alertname="HighLatency", job="x"}',
        '{}:{alertname="HighLatency", job="y"}',
        '{}:{alertname="HighLatency"}',
    ]


def test_siblings_with_equal_matchers_have_their_own_timers(make_alert):
    matchers = (Matcher("alertname", "=", "HighLatency"),)
    route = {"matchers": matchers, "group_by": ("alertname",), "key": "k"}
    routes = (
        Route(receiver="team", continue_=True, id="k/0", group_wait=10, **route),
        Route(receiver="other", id="k/1", group_wait=60, **route),
    )
    config = team(routes=routes)
    other = ReceiverConfig(name="other", integrations=config.receivers[0].integrations)
    evaluator = Evaluator(replace(config, receivers=(*config.receivers, other)))
    assert evaluator.look(10, make_alert("a")) == [(("a",), ())]
    assert evaluator.look(60, make_alert("a")) == [(("a",), ())]
    assert set(evaluator.log) == {('k:{alertname="HighLatency"}', name, 0) for name in ("team", "other")}


def test_a_new_integration_is_told_at_the_next_look(make_alert):
    evaluator = Evaluator()
    evaluator.look(10, make_alert("a"))
    [receiver] = evaluator.config.receivers
    more = replace(receiver, integrations=receiver.integrations * 2)
    evaluator.config = replace(evaluator.config, receivers=(more,))
    assert evaluator.look(310, make_alert("a")) == [(("a",), ())]


def test_a_receiver_without_integrations_is_told_nothing(make_alert):
    evaluator = Evaluator(replace(team(), receivers=()))
    assert evaluator.look(10, make_alert("a")) == []


def test_equal_alerts_of_two_rules_are_one(make_alert, resolve):
    first = make_alert("a", at=0)
    second = structs.replace(make_alert("a", at=50), rule="Other")
    evaluator = Evaluator()
    assert evaluator.look(60, first, second) == [(("a",), ())]
    assert evaluator.look(360, resolve(first, 70), second) == []
    assert evaluator.look(660, resolve(first, 70), resolve(second, 500)) == [((), ("a",))]
    [(entry, _)] = evaluator.decisions
    assert decode(entry.payload).alerts[0].ends_at.timestamp() == 500


def test_what_is_sent_is_alertmanagers_payload(make_alert, resolve):
    config = replace(team(), external_url="https://tocsin.example/")
    evaluator = Evaluator(config)
    b, a = make_alert("b", job="x"), make_alert("a", at=5.5)
    evaluator.look(15, a, b)
    evaluator.look(315, resolve(a, 100.25), b)
    [(entry, logged)] = evaluator.decisions
    sent = decode(entry.payload)
    assert (entry.receiver, entry.integration, entry.created_at, entry.group_key) == ("team", 0, 315, logged.group_key)
    assert (sent.status, sent.receiver, sent.version) == ("firing", "team", "4")
    assert sent.group_key == '{}:{alertname="HighLatency"}'
    assert sent.common_labels == {"alertname": "HighLatency"}
    assert sent.common_annotations == {"summary": "slow"}
    assert sent.external_url == "https://tocsin.example/"
    assert [(each.status, each.fingerprint) for each in sent.alerts] == [("firing", "b"), ("resolved", "a")]
    assert sent.alerts[1].starts_at.timestamp() == 5.5
    assert sent.alerts[1].ends_at.timestamp() == 100.25


def test_alerts_come_in_alertmanagers_order(make_alert):
    alerts = [
        make_alert("e"),
        make_alert("d", job="a"),
        make_alert("c", job="a", instance="2"),
        make_alert("b", job="a", instance="10", more="x"),
        make_alert("a", job="a", instance="10"),
    ]
    evaluator = Evaluator()
    evaluator.look(10, *alerts)
    [(entry, _)] = evaluator.decisions
    assert [each.fingerprint for each in decode(entry.payload).alerts] == ["a", "b", "c", "d", "e"]


def test_the_receivers_name_is_quoted_for_regular_expressions(make_alert):
    config = AlertingConfig(
        route=Route(receiver="a.b (c)"),
        receivers=(ReceiverConfig(name="a.b (c)", integrations=(Integration(kind="webhook", settings={}),)),),
    )
    evaluator = Evaluator(config)
    evaluator.look(100, make_alert())
    assert decode(evaluator.decisions[0][0].payload).receiver == r"a\.b \(c\)"


def test_keys_tell_decisions_apart(make_alert):
    first, second = Evaluator(), Evaluator()
    first.look(10, make_alert("a"))
    second.look(10, make_alert("a"))
    assert first.decisions[0][0].key == second.decisions[0][0].key
    keys = {first.decisions[0][0].key}
    for now in (3911, 7912):
        first.look(now, make_alert("a"))
        keys.add(first.decisions[0][0].key)
    assert len(keys) == 3


def test_dispatch_changes_nothing_it_is_given(make_alert):
    timers = {}
    Dispatcher(team()).dispatch(Known(alerts=[make_alert()], timers=timers), now=0)
    assert timers == {}


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        ({}, []),
        ({"webhook": "http://x"}, ["webhook"]),
        ({"slack": "http://x", "file": "a", "console": True}, ["slack", "file", "console"]),
    ],
)
def test_simple_routing_needs_no_file(given, kinds, make_alert):
    config = simple({"default": given}, Timing(group_wait=1, group_interval=2, repeat_interval=3)).config()
    for receiver in config.receivers:
        assert [integration.kind for integration in receiver.integrations] == kinds
    evaluator = Evaluator(config)
    alerts = make_alert("a", job="x"), make_alert("b", job="x"), make_alert("c", job="y")
    assert len(evaluator.look(1, *alerts)) == 2 * len(kinds)


def test_that_an_issue_is_no_longer_new_is_no_news(make_alert, resolve):
    evaluator = Evaluator(simple({"default": {"webhook": "http://x"}}, Timing(group_wait=0)).config())
    alerts = make_alert("a", issue="1"), make_alert("b", issue="2"), make_alert("c")
    assert len(evaluator.look(1, *alerts)) == 3
    assert evaluator.look(400, *(resolve(alert, 300) for alert in alerts)) == [((), ("c",))]

"""An acknowledgement reaches the receivers that understand it: real decisions, store, sender and servers."""

import json
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from msgspec.structs import replace

from tocsin.alerting import (
    AlertingConfig,
    Dispatcher,
    Integration,
    Known,
    ReceiverConfig,
    Route,
    Sender,
    load,
    receivers,
    told_key,
)
from tocsin.alerting.extension import with_terms
from tocsin.alerting.life import acknowledged, attended, resolved
from tocsin.notices import Notices
from tocsin.notify import decode
from tocsin.store import Alert, Store

FILE = """
route: {{receiver: team, group_by: [alertname], group_wait: 0s, group_interval: 5m, repeat_interval: 1h}}
receivers:
- name: team
  pagerduty_configs: [{{routing_key: 0123456789abcdef0123456789abcdef, url: "{url}/pagerduty"}}]
  opsgenie_configs: [{{api_key: x, api_url: "{url}/"}}]
  webhook_configs: [{{url: "{url}/webhook"}}]
- name: boss
  pagerduty_configs: [{{routing_key: 0123456789abcdef0123456789abcde0, url: "{url}/boss"}}]
"""
TERMS = {"team": {"escalate_after": "15m", "escalate_to": "boss"}}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        self.server.told.append((self.path, body))
        answer = b'{"ok": true, "channel": "C1", "ts": "17.1"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@contextmanager
def serving():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.told = []
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Desk:
    """What the evaluator does, with everything that must survive in the store alone."""

    def __init__(self, path, server):
        self.path, self.server = path, server
        self.config = with_terms(load(self.text(), "am.yml"), TERMS, setting="receiver_terms")
        self.timers = {}

    def text(self):
        return FILE.format(url=f"http://127.0.0.1:{self.server.server_port}")

    def decide(self, standing):
        with closing(Store(self.path)) as store:
            store.standings.put(standing)

    def look(self, now, *alerts, restarted=False):
        """What arrives at the servers, a short word for each, in order of their names."""
        with closing(Store(self.path)) as store:
            known = Known(
                alerts=alerts,
                standings=store.standings.all(),
                told={told_key(logged): logged for logged in store.notifications.logged()},
                timers={} if restarted else self.timers,
            )
            dispatched = Dispatcher(self.config).dispatch(known, now=now)
            store.notifications.enqueue(dispatched.decisions)
            self.timers = dispatched.timers
            made = receivers(self.config, posted=store.posted_messages)
            Sender(store.notifications, made, notices=Notices()).run_once(now)
        told, self.server.told = self.server.told, []
        self.users = [body["user"] for _, body in told if "user" in body]
        return sorted(filter(None, map(word, told)))


def word(told):
    path, body = told
    place = path.strip("/").partition("?")[0]
    if place.startswith("v2/alerts"):
        return "opsgenie " + (place.rpartition("/")[2] if place.count("/") > 1 else "create")
    return f"{place} {body.get('event_action') or body.get('status')}"


@pytest.fixture
def desk(tmp_path):
    with ExitStack() as stack:
        yield Desk(tmp_path / "tocsin.db", stack.enter_context(serving()))


FIRING = ["opsgenie create", "pagerduty trigger", "webhook firing"]
ACKNOWLEDGED = ["opsgenie acknowledge", "pagerduty acknowledge"]
OVER = ["opsgenie close", "pagerduty resolve", "webhook resolved"]


def test_who_understands_it_is_told_at_once_and_once(desk, make_alert, resolve):
    alert = make_alert("a")
    assert desk.look(0, alert) == FIRING
    desk.decide(acknowledged(alert, at=10, actor="me"))
    assert desk.look(15, alert) == ACKNOWLEDGED
    assert [desk.look(now, alert, restarted=now == 60) for now in (30, 60, 300, 315, 4000, 8000)] == [[]] * 6
    assert desk.look(9000, resolve(alert, 8900)) == OVER


def test_it_says_who_has_done_so_where_the_receiver_can_be_told(desk, make_alert, resolve):
    one, other = make_alert("a"), make_alert("b")
    desk.look(0, one, other)
    desk.decide(acknowledged(one, at=10, actor="jane"))
    desk.decide(acknowledged(other, at=11, actor="joe"))
    assert desk.look(15, one, other) == ACKNOWLEDGED
    assert desk.users == ["jane, joe"]
    desk.look(400, resolve(one, 390), resolve(other, 390))
    assert desk.users == []


def test_it_waits_until_all_that_fires_in_the_group_is_acknowledged(desk, make_alert):
    one, other = make_alert("a"), make_alert("b")
    desk.look(0, one, other)
    desk.decide(acknowledged(one, at=10, actor="me"))
    assert desk.look(15, one, other) == []
    desk.decide(acknowledged(other, at=20, actor="me"))
    assert desk.look(30, one, other) == ACKNOWLEDGED


def test_the_end_of_what_nobody_acknowledged_leaves_what_is(desk, make_alert, resolve):
    one, other = make_alert("a"), make_alert("b")
    desk.look(0, one, other)
    desk.decide(acknowledged(one, at=10, actor="me"))
    assert desk.look(15, one, other) == []
    assert desk.look(30, one, resolve(other, 20)) == ACKNOWLEDGED
    assert desk.look(300, one, resolve(other, 20)) == FIRING
    assert desk.look(315, one) == []


def test_what_comes_to_the_group_is_told_and_acknowledged_anew(desk, make_alert):
    one, other = make_alert("a"), make_alert("b", at=20)
    desk.look(0, one)
    desk.decide(acknowledged(one, at=10, actor="me"))
    assert desk.look(15, one) == ACKNOWLEDGED
    assert desk.look(300, one, other) == FIRING
    desk.decide(acknowledged(other, at=310, actor="me"))
    assert desk.look(315, one, other) == ACKNOWLEDGED
    assert desk.look(330, one, other) == []


def test_the_rhythm_of_the_group_stays_and_what_ran_out_can_be_acknowledged_again(desk, make_alert):
    alert = make_alert("a")
    desk.look(0, alert)
    desk.decide(acknowledged(alert, at=10, actor="me", until_at=600))
    assert desk.look(590, alert) == ACKNOWLEDGED
    assert desk.look(899, alert) == []
    assert desk.look(3600, alert) == ["boss trigger"]
    assert desk.look(3900, alert) == FIRING
    desk.decide(acknowledged(alert, at=3910, actor="me"))
    assert desk.look(3915, alert) == ["boss acknowledge", *ACKNOWLEDGED]


def test_after_a_restart_it_is_told_to_those_who_do_not_know_it_yet(desk, make_alert):
    alert = make_alert("a")
    desk.look(0, alert)
    desk.decide(acknowledged(alert, at=10, actor="me"))
    assert desk.look(15, alert, restarted=True) == ACKNOWLEDGED
    assert desk.look(30, alert, restarted=True) == []


def test_nobody_hears_of_the_acknowledgement_of_what_they_never_heard_of(desk, make_alert):
    alert = make_alert("a", at=100)
    desk.decide(acknowledged(alert, at=100, actor="me"))
    assert desk.look(100, alert) == FIRING
    assert desk.look(115, alert) == ACKNOWLEDGED


def test_resolved_by_hand_it_is_closed_there(desk, make_alert):
    alert = make_alert("a")
    desk.look(0, alert)
    desk.decide(acknowledged(alert, at=10, actor="me"))
    desk.look(15, alert)
    desk.decide(resolved(alert, at=20, actor="me"))
    assert desk.look(300, alert) == OVER


class SlackDesk(Desk):
    def text(self):
        return f"""
route: {{receiver: team, group_by: [alertname], group_wait: 0s, group_interval: 5m, repeat_interval: 1h}}
receivers:
- name: team
  slack_configs:
  - app_token: xoxb-1
    app_url: "http://127.0.0.1:{self.server.server_port}/chat.postMessage"
    channel: "#a"
    send_resolved: true
- name: boss
"""

    def look(self, now, *alerts, **given):
        self.bodies = self.server.told
        return [path.split()[0] for path in super().look(now, *alerts, **given)]


def test_another_sender_updates_the_message_that_the_first_one_posted(tmp_path, make_alert, resolve):
    with serving() as server:
        desk, alert = SlackDesk(tmp_path / "tocsin.db", server), make_alert("a")
        assert desk.look(0, alert) == ["chat.postMessage"]
        assert desk.look(300, resolve(alert, 200), restarted=True) == ["chat.update"]
        [(_, update)] = desk.bodies
        assert (update["channel"], update["ts"]) == ("C1", "17.1")
        with closing(Store(tmp_path / "tocsin.db")) as store:
            assert dict(store.posted_messages.of("team", 0)) == {}


class Acknowledgements(RuleBasedStateMachine):
    """Alerts of a group come and go, people acknowledge and withdraw, evaluators restart, time passes."""

    names = st.sampled_from("abc")

    def __init__(self):
        super().__init__()
        self.now, self.timers = 0.0, {}
        self.alerts, self.standings, self.log = {}, {}, {}
        self.said = {}
        pager = Integration(kind="pagerduty", settings={})
        self.config = AlertingConfig(
            route=Route(receiver="team", group_wait=0.0, group_interval=300.0, repeat_interval=3600.0),
            receivers=(ReceiverConfig(name="team", integrations=(pager, Integration(kind="webhook", settings={}))),),
        )

    @rule(name=names)
    def begin(self, name):
        if name not in self.alerts or self.alerts[name].state != "firing":
            self.now += 1
            self.alerts[name] = Alert(
                group="g", rule="r", fingerprint=name, labels={"alertname": name}, annotations={}, state="firing",
                value=1.0, active_at=self.now, fired_at=self.now,
            )  # fmt: skip

    @rule(name=names)
    def end(self, name):
        if name in self.alerts and self.alerts[name].state == "firing":
            self.now += 1
            self.alerts[name] = replace(self.alerts[name], state="inactive", resolved_at=self.now)

    @rule(name=names, minutes=st.one_of(st.none(), st.integers(1, 60)))
    def acknowledge(self, name, minutes):
        if name in self.alerts and self.alerts[name].state == "firing":
            until = None if minutes is None else self.now + 60 * minutes
            self.standings[name] = acknowledged(self.alerts[name], at=self.now, actor="me", until_at=until)

    @rule(name=names)
    def withdraw(self, name):
        self.standings.pop(name, None)

    @rule()
    def restart(self):
        self.timers = {}

    @rule(step=st.sampled_from([15.0, 60.0, 300.0]), times=st.integers(1, 12))
    def time_passes(self, step, times):
        for _ in range(times):
            self.now += step
            self.look()

    def look(self):
        known = Known(alerts=self.alerts.values(), standings=self.standings, told=self.log, timers=self.timers)
        dispatched = Dispatcher(self.config).dispatch(known, now=self.now)
        self.timers = dispatched.timers
        for entry, logged in dispatched.decisions:
            self.check(decode(entry.payload), logged)
            self.log[told_key(logged)] = logged
        assert len({told_key(logged) for _, logged in dispatched.decisions}) == len(dispatched.decisions)
        if not dispatched.decisions:
            self.everybody_knows()

    def check(self, notification, logged):
        before = self.log.get(told_key(logged))
        if notification.status == "acknowledged":
            told = {alert.fingerprint for alert in notification.alerts}
            assert logged.integration == 0, "told to who does not understand it"
            assert self.firing() <= self.attended(), "told too early"
            assert told == self.firing() & set(before.firing), "told of what it does not know"
            assert told - set(before.acknowledged), "told twice"
            assert logged.at == before.at, "the group's rhythm changed"
        else:
            assert set(logged.acknowledged) <= self.attended() & set(logged.firing)

    def everybody_knows(self):
        last = self.log.get(("{}:{}", "team", 0))
        if last is not None and self.firing() <= self.attended():
            assert self.firing() & set(last.firing) <= set(last.acknowledged), "not told"

    def firing(self):
        return {name for name, alert in self.alerts.items() if alert.state == "firing"}

    def attended(self):
        return set(attended(self.alerts.values(), self.standings, at=self.now))


Acknowledgements.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAcknowledgements = Acknowledgements.TestCase

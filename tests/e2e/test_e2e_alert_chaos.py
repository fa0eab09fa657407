"""Thousands of alerts while processes are killed, the store is locked and the receiver misbehaves.

Every alert arrives at least once, nothing is repeated but what was cut off before it was acknowledged, and what happens
to a group is told in its order.
"""

import os
import random
import signal
import socket
import struct
import threading
import time
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource

from tocsin.notify import decode
from tocsin.telemetry import BatchReader

pytest.importorskip("numpy")

ALERTS, GROUPS = 2000, 400
PROCESSES = 3
#: Seconds of chaos, and when in them the store is locked, for longer than a writer waits.
SECONDS, LOCKED_AT, LOCKED = 13.0, 3.0, 5.5
BETWEEN_KILLS = 1.2
#: What goes wrong with the first so many requests. Those of `CUT_OFF` have taken what they do not acknowledge.
FAULTS = {"500": 0.04, "reset": 0.04, "slow": 0.04, "taken, 500": 0.03, "taken, reset": 0.03, "taken, silent": 0.005}
MISBEHAVING = 250
CUT_OFF = {"taken, 500", "taken, reset", "taken, silent"}
TIMEOUT = 1.0
RULES = "groups: [{name: shop, rules: [{alert: Bad, expr: bad > 0, labels: {severity: warning}}]}]"
ROUTING = """
route: {{receiver: team, group_by: [shelf], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: team, webhook_configs: [{{url: "{url}", timeout: 1s}}]}}]
"""


class Receiver:
    """Takes notifications, in `taken` as (key, notification, whether it was acknowledged), and misbehaves."""

    def __init__(self, seed):
        self.taken = []
        self.faults = Counter()
        self._random = random.Random(seed)
        self._turn = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                receiver.answer(self)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                """Who was killed does not wait for the answer."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request):
        fault = self._fault()
        body = request.rfile.read(int(request.headers["Content-Length"]))
        if fault in CUT_OFF | {"", "slow"}:
            with self._turn:
                self.taken.append((request.headers["Idempotency-Key"], decode(body), fault not in CUT_OFF))
        if fault == "slow":
            time.sleep(TIMEOUT / 4)
        if fault == "taken, silent":
            time.sleep(1.5 * TIMEOUT)
        if fault.endswith(("reset", "silent")):
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            request.close_connection = True
            return
        request.send_response(500 if fault.endswith("500") else 200)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def _fault(self):
        with self._turn:
            drawn = self._random.choices(["", *FAULTS], [1 - sum(FAULTS.values()), *FAULTS.values()])[0]
            fault = drawn if sum(self.faults.values()) < MISBEHAVING else ""
            self.faults[fault] += 1
            return fault


@pytest.fixture
def receiver():
    receiver = Receiver(seed=6)
    yield receiver
    receiver.close()


class Shop:
    """Things that are good or bad, as metrics in the store."""

    def __init__(self, store):
        self.bad = {}
        self._reader = BatchReader(lambda batch: store.metric_batches.append(batch, at=time.time()))
        self._provider = MeterProvider(
            [self._reader], resource=Resource({"service.name": "shop"}), shutdown_on_exit=False
        )
        self._gauge = self._provider.get_meter("test").create_gauge("bad")

    def report(self, bad):
        """What of 0 to `ALERTS` is bad from now on."""
        self.bad |= {number: float(number in bad) for number in set(bad) | self.bad.keys()}
        for number, value in self.bad.items():
            self._gauge.set(value, {"thing": str(number), "shelf": str(number % GROUPS)})
        self._reader.collect()

    def close(self):
        self._provider.shutdown()


def bad_at(seconds):
    """What is bad so many seconds after the beginning: more and more, then half of it, then everything again."""
    if seconds < 9.5:
        return range(min(ALERTS, int(ALERTS * (seconds + 1) / 4)))
    return range(0, ALERTS, 2 if seconds < 11 else 1)


@pytest.fixture
def crowd(workplace, receiver):
    """Processes that may evaluate; those that died are replaced."""
    settings = {
        "TOCSIN_PACKS": "none",
        "TOCSIN_RULES": workplace.write("rules.yml", RULES),
        "TOCSIN_ALERTMANAGER": workplace.write("alertmanager.yml", ROUTING.format(url=receiver.url)),
    }

    def join():
        return workplace.start("tocsin", "run", "--", "sleep", 120, **settings)

    crowd = [join() for _ in range(PROCESSES)]

    def replace_dead():
        crowd[:] = [process if process.running() else join() for process in crowd]
        return crowd

    return replace_dead


def wreak_havoc(store, shop, crowd):
    """Kill mostly whoever evaluates, lock the store for a while; how many were killed."""
    chance = random.Random(6)
    killed, locked, began = 0, False, time.monotonic()
    while (seconds := time.monotonic() - began) < SECONDS:
        shop.report(bad_at(seconds))
        if seconds > LOCKED_AT and not locked:
            locked = True
            with store.transaction():
                time.sleep(LOCKED)  # the chaos itself
        time.sleep(BETWEEN_KILLS)
        holder = store.lock.holder()
        victim = holder if holder and chance.random() < 0.7 else chance.choice(crowd()).pid
        os.kill(victim, signal.SIGKILL)
        killed += 1
        crowd()
    return killed


def told(taken):
    """By group, the notifications in the order in which each was taken first."""
    groups = defaultdict(dict)
    for key, notification, _ in taken:
        groups[notification.group_key].setdefault(key, notification)
    return groups


def test_no_alert_is_lost_none_told_twice_and_each_group_in_order(workplace, receiver, crowd, e2e):
    store = workplace.store()
    e2e.wait_until(store.lock.holder, what="an evaluator")
    shop = Shop(store)
    killed = wreak_havoc(store, shop, crowd)
    expected = {str(number) for number in bad_at(SECONDS)}

    def settled():
        shop.report(bad_at(SECONDS))
        time.sleep(0.3)
        firing = {alert.labels["thing"] for alert in store.alerts.current() if alert.state == "firing"}
        return firing == expected and not store.notifications.waiting() and known(receiver.taken) == expected

    e2e.wait_until(settled, what="everything is told", patience=25)
    shop.close()
    entries = store.notifications.history()
    keys = Counter(key for key, _, _ in receiver.taken)
    assert {entry.state for entry in entries} == {"sent"}
    assert keys.keys() == {entry.key for entry in entries}
    assert repeated(receiver.taken) <= killed + 1
    assert sum(keys.values()) - len(keys) <= sum(receiver.faults[fault] for fault in CUT_OFF) + killed + 1
    decided = defaultdict(list)
    for entry in entries:
        decided[entry.group_key].append(entry.key)
    first = told(receiver.taken)
    assert {group: list(found) for group, found in first.items()} == decided
    for notifications in first.values():
        said = [contents(each) for each in notifications.values()]
        assert all(before != after for before, after in pairwise(said))
    assert killed >= SECONDS / BETWEEN_KILLS / 3
    assert all(receiver.faults[fault] for fault in FAULTS if FAULTS[fault] > 0.01), receiver.faults


def known(taken):
    """What fires, to somebody who has read everything in the order in which it came first."""
    firing = set()
    for notifications in told(taken).values():
        for notification in notifications.values():
            firing |= {alert.labels["thing"] for alert in notification.firing}
            firing -= {alert.labels["thing"] for alert in notification.resolved}
    return firing


def repeated(taken):
    """How often something came again although it had been acknowledged: its sender was gone by then."""
    acknowledged, count = set(), 0
    for key, _, fine in taken:
        count += key in acknowledged
        if fine:
            acknowledged.add(key)
    return count


def contents(notification):
    return sorted((alert.status, alert.fingerprint) for alert in notification.alerts)

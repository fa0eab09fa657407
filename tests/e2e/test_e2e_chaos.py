"""Whoever evaluates is killed again and again: nothing is lost, and nothing is decided twice."""

import json
import os
import signal
import sys
import time
from collections import Counter

import pytest

pytest.importorskip("numpy")

#: Raises a new issue now and then, in a process that may evaluate.
APPLICATION = """
import logging
import os
import time
import tocsin
from opentelemetry.sdk.trace import TracerProvider

tracer_provider = TracerProvider()
tocsin.install(tracer_provider=tracer_provider)
tracer = tracer_provider.get_tracer("shop")


def fail(kind):
    with tracer.start_as_current_span("order"):
        raise type(kind, (Exception,), {})(f"order failed")


number = 0
while True:
    kind = f"Error{os.getpid()}x{number}"
    try:
        fail(kind)
    except Exception:
        number += 1
    time.sleep(0.4)
"""
PROCESSES = 4
SECONDS = 15.0
BETWEEN_KILLS = 1.0


@pytest.fixture
def crowd(workplace, listener):
    """Several processes that write and may evaluate; those that died are replaced."""
    workplace.write("application.py", APPLICATION)
    settings = {"TOCSIN_WEBHOOK_URL": listener.url, "TOCSIN_PACKS": "issues"}

    def join():
        if len(workplace.processes) % PROCESSES == 0:
            return workplace.start("tocsin", "run", "--", "sleep", 60, **settings)
        return workplace.start(sys.executable, "application.py", **settings)

    crowd = [join() for _ in range(PROCESSES)]

    def replace_dead():
        crowd[:] = [process if process.running() else join() for process in crowd]

    return replace_dead


def kill_evaluators(lock, replace_dead):
    """Kill whoever holds the lock, again and again; how many there were."""
    killed = 0
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        time.sleep(BETWEEN_KILLS)  # the rhythm of the chaos
        if holder := lock.holder():
            os.kill(holder, signal.SIGKILL)
            killed += 1
        replace_dead()
    return killed


def deliveries(listener):
    """Idempotency keys by issue, one for each time that its alert was delivered."""
    keys = {}
    for _, headers, body in list(listener.received):
        for alert in json.loads(body)["alerts"]:
            if alert["labels"]["alertname"] == "NewIssue":
                keys.setdefault(alert["labels"]["issue"], []).append(headers["Idempotency-Key"])
    return keys


def test_every_new_issue_is_told_though_evaluators_are_killed(crowd, workplace, listener, e2e):
    lock = workplace.store().lock
    e2e.wait_until(lock.holder, what="an evaluator")
    killed = kill_evaluators(lock, crowd)
    for process in workplace.processes:
        if process.pid != lock.holder():
            process.stop(signal.SIGKILL)
    survivor = workplace.start(
        "tocsin", "run", "--", "sleep", 60, TOCSIN_WEBHOOK_URL=listener.url, TOCSIN_PACKS="issues"
    )
    issues = {str(issue.id) for issue in workplace.issues()}
    e2e.wait_until(lambda: deliveries(listener).keys() >= issues, what="every issue is told", patience=15)
    told = deliveries(listener)
    assert killed >= SECONDS / BETWEEN_KILLS / 2
    assert len(issues) >= 20
    assert {issue: len(set(keys)) for issue, keys in told.items() if len(set(keys)) != 1} == {}
    repeated = Counter({key: len(keys) - 1 for keys in told.values() for key in set(keys)})
    # Only what a kill cut off between the receiver's answer and the mark in the store.
    assert sum(repeated.values()) <= killed
    assert survivor.running()

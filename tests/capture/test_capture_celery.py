"""Failures of Celery tasks, run in this process; prefork children are in the end-to-end tests."""

import pytest

pytest.importorskip("celery")
pytest.importorskip("opentelemetry.instrumentation.celery")

import logging
import os
import time
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

from celery import Celery, signals
from celery.app import log as celery_log
from celery.exceptions import ChordError, Ignore, Reject, Retry, TimeLimitExceeded
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.logging.handler import LoggingHandler

from tocsin.capture.celery import SENT, _waited


class Sender(SimpleNamespace):
    """Whoever sends a signal."""

    __hash__ = object.__hash__


@pytest.fixture
def queue(host):
    queue = Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False)
    queue.conf.task_always_eager = True
    CeleryInstrumentor().instrument(tracer_provider=host.tracer_provider)
    yield queue
    CeleryInstrumentor().uninstrument()


def test_a_task_that_fails_is_one_occurrence(host, queue, issue_of):
    @queue.task(name="shop.poison")
    def poison(number):
        raise LookupError(f"no handler for message {number}")

    poison.delay(1)
    poison.delay(2)
    (issue,) = host.issues()
    assert (issue.count, issue.error_type, issue.handled) == (2, "LookupError", False)
    assert issue.culprit.endswith("in poison")
    newest, *_ = host.store.issues.occurrences(issue.id)
    assert newest.attributes["celery.task_name"] == "shop.poison"
    assert issue_of(host.spans()["run/shop.poison"])["fingerprint"] == issue.fingerprint


def test_a_retry_is_no_failure_until_it_is_given_up(host, queue):
    @queue.task(name="shop.flaky", bind=True, max_retries=2, default_retry_delay=0)
    def flaky(self):
        error = ConnectionError("refused")
        raise self.retry(exc=error)

    flaky.delay()
    assert list(host.counts().values()) == [1]


def test_a_child_that_goes_finishes_first(host):
    signals.worker_process_shutdown.send(sender=None, pid=1, exitcode=0)
    assert host.finished == [True]
    host.capture.unhook()
    signals.worker_process_shutdown.send(sender=None, pid=1, exitcode=0)
    assert host.finished == [True]


def test_what_a_task_throws_is_no_failure_although_the_instrumentation_records_it(host, queue):
    @queue.task(name="shop.expects", throws=(PermissionError,))
    def expects():
        raise PermissionError("as expected")

    expects.delay()
    assert host.counts() == {}
    assert "exception" not in {event.name for event in host.spans()["run/shop.expects"].events}


@pytest.mark.parametrize("steering", [Reject("no"), Ignore(), Retry("later"), ChordError("a member failed")])
def test_what_steers_a_worker_is_no_failure_even_where_it_is_logged(host, logger, steering):
    try:
        raise steering  # noqa: TRY301  as a task does
    except Exception:
        logger.exception("on its way")
    assert host.counts() == {}


def test_a_task_that_logged_before_it_fails_is_known_by_its_name_as_is_the_request_around_it(host, queue, logger):
    from flask import Flask

    app = Flask("shop")

    @queue.task(name="shop.eager")
    def eager():
        logger.error("soon")

    @app.get("/order/<number>")
    def order(number):
        eager.delay()
        logger.error("after")
        return number

    assert app.test_client().get("/order/1").status_code == 200
    told = {each.title: host.store.issues.occurrences(each.id)[0].attributes for each in host.issues()}
    assert told["soon"]["celery.task_name"] == "shop.eager"
    assert told["soon"]["http.route"] == told["after"]["http.route"] == "/order/<number>"
    assert "celery.task_name" not in told["after"]


def test_retries_are_counted(host, queue):
    @queue.task(name="shop.retried", bind=True, max_retries=2, default_retry_delay=0)
    def retried(self):
        if self.request.retries < 2:
            raise self.retry()

    retried.delay()
    (point,) = host.metrics("tocsin.celery.task.retries")
    assert point.value == 2
    assert vars(point)["celery.task_name"] == "shop.retried"
    assert host.counts() == {}


def test_a_hard_time_limit_that_is_told_of_twice_is_one_occurrence(host, raised):
    def on_hard_timeout():
        raise TimeLimitExceeded(1)

    def on_timeout():
        raise TimeLimitExceeded(1)

    def tell(how):
        error = raised(how)
        # Without the frame of the test's own call.
        error.__traceback__ = error.__traceback__.tb_next
        signals.task_failure.send(sender=Sender(name="shop.slow"), task_id="1", exception=error)

    tell(on_hard_timeout)
    tell(on_timeout)
    assert sum(issue.count for issue in host.issues()) == 1
    # The task came again: it timed out once more.
    tell(on_hard_timeout)
    assert sum(issue.count for issue in host.issues()) == 2
    tell(on_timeout)
    # One of which the pool had not told.
    tell(on_timeout)
    assert sum(issue.count for issue in host.issues()) == 3


def test_a_published_task_says_when_it_was(host):
    headers = {}
    signals.before_task_publish.send(sender="shop.any", headers=headers, body=None)
    assert abs(headers[SENT] - time.time()) < 60


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({}, None),
        ({SENT: "soon"}, None),
        ({SENT: 990.0}, 10.0),
        ({SENT: 1010.0}, 0.0),
        ({SENT: 900.0, "eta": datetime.fromtimestamp(995, timezone.utc).isoformat()}, 5.0),
        ({SENT: 900.0, "eta": (datetime.fromtimestamp(0, timezone.utc) + timedelta(seconds=1500)).isoformat()}, 0.0),
    ],
    ids=["nobody said", "no time", "ten seconds", "the sender's clock is ahead", "since it was due", "too early"],
)
def test_waiting_is_measured_from_when_a_task_could_have_begun(headers, waited):
    assert _waited(headers, now=1000.0) == waited


def test_a_heartbeat_is_that_of_the_process_which_gave_it(host):
    signals.heartbeat_sent.send(sender=Sender(eventer=Sender(hostname="celery@web-1")))
    (point,) = host.metrics("tocsin.celery.worker.heartbeat")
    assert abs(point.value - time.time()) < 60
    assert vars(point)["celery.hostname"] == "celery@web-1"
    child = os.fork()
    if child == 0:
        os._exit(len(host.metrics("tocsin.celery.worker.heartbeat")))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_opentelemetrys_handler_survives_celerys_logging(host, monkeypatch):
    handler = LoggingHandler(logger_provider=host.logger_provider)
    monkeypatch.setattr(logging.root, "handlers", [handler])
    monkeypatch.setattr(celery_log.Logging, "already_setup", False)
    queue = Celery("logging", set_as_current=False)
    queue.log.setup_logging_subsystem(loglevel="WARNING", colorize=False)
    assert handler in logging.root.handlers

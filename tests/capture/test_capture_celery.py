"""Failures of Celery tasks, run in this process; prefork children are in the end-to-end tests."""

import pytest

pytest.importorskip("celery")
pytest.importorskip("opentelemetry.instrumentation.celery")

from celery import Celery, signals
from opentelemetry.instrumentation.celery import CeleryInstrumentor


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

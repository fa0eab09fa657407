"""Tasks that end in every way in which a task can end. Run with `celery --app tasks worker`."""

import logging
import os
import signal
import sys
import time

from celery import Celery, chain, chord, group
from celery.backends.redis import RedisBackend
from celery.exceptions import Ignore, Reject
from celery.signals import task_prerun

URL = os.environ["REDIS_URL"]

app = Celery("tasks", broker=URL, backend=URL)
app.conf.update(
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=1,
    result_backend_transport_options={"retry_policy": {"max_retries": 1, "interval_start": 0, "interval_max": 0.1}},
    beat_schedule={
        "fails": {"task": "tasks.scheduled", "schedule": 0.5},
        "cannot be sent": {"task": "tasks.scheduled", "schedule": 0.5, "args": ["too many"]},
    },
)
log = logging.getLogger("shop.tasks")


class UnpicklableError(Exception):
    """Cannot be sent to another process."""

    def __init__(self, first, second):
        super().__init__(first)
        self.second = second, lambda: None


@app.task
def succeeds(*_):
    return 1


@app.task
def fails(number=1):
    raise LookupError(f"no handler for message {number}")


@app.task
def fails_unpicklably():
    raise UnpicklableError("one", "two")


@app.task(throws=(PermissionError,))
def fails_expectedly():
    raise PermissionError("as expected")


@app.task(bind=True, max_retries=3, default_retry_delay=0)
def recovers(self):
    if self.request.retries < 2:
        raise self.retry(exc=ConnectionError("refused for now"), countdown=0)


@app.task(bind=True, max_retries=1)
def gives_up(self):
    try:
        raise ConnectionResetError("refused for good")  # noqa: TRY301  as a library would
    except ConnectionResetError as error:
        raise self.retry(exc=error, countdown=0)  # noqa: B904  as Celery's manual has it


@app.task(autoretry_for=(BrokenPipeError,), max_retries=1, retry_backoff=False, default_retry_delay=0)
def gives_up_by_itself():
    raise BrokenPipeError("broken for good")


@app.task(bind=True, max_retries=0)
def gives_up_without_reason(self):
    raise self.retry(countdown=0)


@app.task(soft_time_limit=0.5)
def too_slow_softly():
    time.sleep(30)


@app.task(time_limit=0.5)
def too_slow():
    time.sleep(30)


@app.task
def killed():
    os.kill(os.getpid(), signal.SIGKILL)


@app.task
def exits():
    sys.exit(3)


@app.task(acks_late=True)
def fails_before_it_is_acknowledged():
    raise NotADirectoryError("acknowledged late")


@app.task(bind=True, acks_late=True, reject_on_worker_lost=True)
def killed_once(self):
    if not self.request.delivery_info["redelivered"]:
        os.kill(os.getpid(), signal.SIGKILL)


@app.task
def rejects():
    raise Reject("not for me", requeue=False)


@app.task
def ignores():
    raise Ignore


@app.task
def logs():
    log.error("stock of %s is low", "apples")
    log.info("and that is all")


@app.task
def logs_and_handles():
    try:
        {}["handled"]
    except KeyError:
        log.exception("caught")


@app.task
def logs_and_fails():
    try:
        raise FileNotFoundError("logged and raised")  # noqa: TRY301  as a library would
    except FileNotFoundError:
        log.exception("again")
        raise


@app.task
def returns_what_cannot_be_sent():
    return object()


@app.task
def member(number):
    if number:
        raise OverflowError(f"member {number}")
    return number


@app.task
def link(*_):
    raise FloatingPointError("second link")


@app.task
def on_error(request, error, traceback):
    log.warning("error callback for %s", request.id)


@app.task
def scheduled():
    raise EOFError("scheduled")


@task_prerun.connect
def note(task=None, **_):
    """What an application may do: nothing of it may break."""
    log.debug("%s begins", task.name)


@app.task
def never():
    """Is only sent in messages that are none."""


@app.task(backend=RedisBackend(app=app, url="redis://127.0.0.1:1/0"))
def returns_to_nobody():
    return 1


def send_gentle():
    """Everything that leaves the worker's processes alive."""
    for task in (
        succeeds, fails, fails_unpicklably, fails_expectedly, recovers, gives_up, gives_up_by_itself,
        gives_up_without_reason, too_slow_softly, fails_before_it_is_acknowledged, rejects, ignores, logs,
        logs_and_handles, logs_and_fails, returns_what_cannot_be_sent, returns_to_nobody,
    ):  # fmt: skip
        task.delay()
    app.send_task("tasks.missing")
    with app.producer_pool.acquire() as producer:
        headers = {"lang": "py", "task": "tasks.never", "id": "1", "eta": "soon"}
        producer.publish([[], {}, {}], routing_key="celery", headers=headers, serializer="json")
    both = group([member.s(0), member.s(1)])
    both.link_error(on_error.s())
    both.apply_async()
    chain(succeeds.s(), link.s(), succeeds.s()).apply_async(link_error=on_error.s())
    chord([member.s(0), member.s(2)])(succeeds.s().on_error(on_error.s()))


def send_rough():
    """What costs the worker a process each."""
    for task in (too_slow, killed, exits, killed_once):
        task.delay()

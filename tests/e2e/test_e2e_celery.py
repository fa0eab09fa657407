"""A real prefork worker with a real broker: each end of a task makes exactly the occurrences that it should."""

import re
import shutil
import subprocess
import time
from collections import Counter, defaultdict
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("celery")
pytest.importorskip("redis")
pytest.importorskip("opentelemetry.instrumentation.celery")
pytest.importorskip("opentelemetry.proto")

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tocsin.telemetry import samples

APPS = Path(__file__).parent / "apps"
ESCAPED, HANDLED = False, True

#: Task → the class of each of its failures, and whether it was handled.
GENTLE = {
    "tasks.succeeds": [],
    "tasks.fails": [("LookupError", ESCAPED)],
    "tasks.fails_unpicklably": [("tasks.UnpicklableError", ESCAPED)],
    # A task that `throws` has said that this is no failure.
    "tasks.fails_expectedly": [],
    # Retries are counted by a metric: they are no issue until the task is given up.
    "tasks.recovers": [],
    "tasks.gives_up": [("ConnectionResetError", ESCAPED)],
    "tasks.gives_up_by_itself": [("BrokenPipeError", ESCAPED)],
    "tasks.gives_up_without_reason": [("celery.exceptions.MaxRetriesExceededError", ESCAPED)],
    "tasks.too_slow_softly": [("billiard.exceptions.SoftTimeLimitExceeded", ESCAPED)],
    "tasks.fails_before_it_is_acknowledged": [("NotADirectoryError", ESCAPED)],
    # What a task steers its worker with.
    "tasks.rejects": [],
    "tasks.ignores": [],
    "tasks.logs": [("", HANDLED)],
    "tasks.logs_and_handles": [("KeyError", HANDLED)],
    "tasks.logs_and_fails": [("FileNotFoundError", ESCAPED)],
    "tasks.returns_what_cannot_be_sent": [("kombu.exceptions.EncodeError", ESCAPED)],
    "tasks.returns_to_nobody": [("redis.exceptions.ConnectionError", ESCAPED)],
    "tasks.missing": [("KeyError", ESCAPED)],
    "tasks.never": [("celery.exceptions.InvalidTaskError", ESCAPED)],
    # One in a group, one in a chord, of which the chord says once more that it failed.
    "tasks.member": [("OverflowError", ESCAPED), ("OverflowError", ESCAPED)],
    "tasks.link": [("FloatingPointError", ESCAPED)],
    "tasks.on_error": [],
}
#: The main process tells of these: the child is not there any more.
ROUGH = {
    "tasks.too_slow": [("billiard.exceptions.TimeLimitExceeded", ESCAPED)],
    "tasks.killed": [("billiard.exceptions.WorkerLostError", ESCAPED)],
    "tasks.exits": [("billiard.exceptions.WorkerLostError", ESCAPED)],
    # It went back to the broker, and succeeded.
    "tasks.killed_once": [("billiard.exceptions.WorkerLostError", HANDLED)],
}


@pytest.fixture(scope="module")
def redis(tmp_path_factory, e2e):
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    import redis

    port = e2e.free_port()
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path_factory.mktemp("redis")))
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    client = redis.Redis(port=port)

    def answers():
        try:
            return client.ping()
        except redis.ConnectionError:
            return False

    e2e.wait_until(answers, what="Redis answers")
    yield f"redis://127.0.0.1:{port}"
    client.close()
    server.terminate()
    server.wait()


@pytest.fixture(scope="module")
def start_worker(redis, e2e, tmp_path_factory):
    """A worker on a database of its own, the place where it runs, and what it exports."""
    places = []

    def start(name, *options, **env):
        place = e2e.Workplace(tmp_path_factory.mktemp(name))
        places.append((place, listener := e2e.Listener()))
        place.write("tasks.py", (APPS / "tasks.py").read_text())
        place.env |= {
            "REDIS_URL": f"{redis}/{len(places)}",
            "OTEL_SERVICE_NAME": "worker",
            "TOCSIN_EVALUATE": "false",
            # As by default: nothing may depend on its being short.
            "TOCSIN_FLUSH_INTERVAL": "1s",
        }
        worker = place.start(
            *("opentelemetry-instrument", "celery", "--app", "tasks", "worker"),
            *("--concurrency", 2, "--loglevel", "INFO", "--without-gossip", "--without-mingle", *options),
            OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
            OTEL_EXPORTER_OTLP_ENDPOINT=listener.url,
            OTEL_LOGS_EXPORTER="otlp",
            OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED="true",
            OTEL_PYTHON_LOG_LEVEL="info",
            **env,
        )
        return worker, place, listener

    yield start
    for place, listener in places:
        place.close()
        listener.close()


def occurrences(place, service="worker"):
    """Task → class of failure and whether it was handled, of each occurrence."""
    found, store = defaultdict(list), place.store()
    for issue in store.issues.recent() if place.store_path.exists() else ():
        if issue.service == service:
            for each in store.issues.occurrences(issue.id):
                found[each.attributes.get("celery.task_name")].append((issue.error_type, each.handled))
    return dict(found)


def totals(place, name):
    """The last value of each series of a metric, by its labels."""
    return {
        labels: value
        for batch in place.store().metric_batches.after(0, limit=10_000)
        for labels, _, value in samples(batch.payload)
        if dict(labels)["__name__"] == name
    }


def by_task(series):
    total = Counter()
    for labels, value in series.items():
        total[dict(labels)["celery_task_name"]] += value
    return dict(total)


def how_many(*tables):
    return sum(len(each) for table in tables for each in table.values())


@pytest.fixture(
    scope="module",
    params=[
        ("long-lived", (), {"OTEL_TRACES_SAMPLER": "always_off"}),
        ("recycled", ("--max-tasks-per-child", 1), {"OTEL_TRACES_EXPORTER": "otlp"}),
    ],
    ids=["long-lived children, no span sampled", "recycled children"],
)
def run(request, start_worker, e2e):
    """One worker through all of it."""
    name, options, env = request.param
    worker, place, listener = start_worker(name, *options, **env)

    def send(what):
        command = ("opentelemetry-instrument", "python", "-c", f"import tasks; tasks.send_{what}()")
        assert place.start(*command, OTEL_SERVICE_NAME="sender").wait() == 0

    def seen(expected):
        return lambda: how_many(occurrences(place)) >= expected

    send("gentle")
    e2e.wait_until(seen(how_many(GENTLE)), what="the failures of children that live on")
    send("rough")
    e2e.wait_until(seen(how_many(GENTLE, ROUGH)), what="the failures of children that die")
    e2e.wait_until(lambda: re.search(r"killed_once\[.*succeeded", worker.output()), what="the redelivered task")
    begun = time.monotonic()
    assert worker.stop() == 0
    return SimpleNamespace(
        place=place, worker=worker, listener=listener, name=name, exit=time.monotonic() - begun, seen=occurrences(place)
    )


@pytest.mark.parametrize("task", [*GENTLE, *ROUGH])
def test_a_task_ends(run, task):
    assert sorted(run.seen.get(task, [])) == (GENTLE | ROUGH)[task]


def test_every_occurrence_is_counted_and_kept(run):
    store = run.place.store()
    issues = [issue for issue in store.issues.recent() if issue.service == "worker"]
    assert issues
    assert [len(store.issues.occurrences(issue.id)) for issue in issues] == [issue.count for issue in issues]


def test_nothing_else_is_seen(run):
    assert set(run.seen) <= set(GENTLE | ROUGH)
    assert not [line for line in run.worker.said() if "failed" in line]


def test_the_counter_has_the_same_over_all_processes(run):
    """Children begin at zero, and their last counts are not lost with them."""
    assert sum(totals(run.place, "tocsin_errors_total").values()) == how_many(run.seen)


def test_retries_are_counted(run):
    assert by_task(totals(run.place, "tocsin_celery_task_retries_total")) == {
        "tasks.recovers": 2,
        "tasks.gives_up": 1,
        "tasks.gives_up_by_itself": 1,
    }


def test_the_time_in_the_queue_is_measured(run):
    name = "tocsin_celery_task_queue_duration_seconds"
    counts, sums = by_task(totals(run.place, f"{name}_count")), by_task(totals(run.place, f"{name}_sum"))
    assert counts["tasks.recovers"] == 3
    assert counts["tasks.fails"] == 1
    assert 0 < sums["tasks.fails"] < 30


def test_the_main_process_alone_gives_signs_of_life(run):
    ((labels, at),) = totals(run.place, "tocsin_celery_worker_heartbeat_seconds").items()
    assert dict(labels)["celery_hostname"].startswith("celery@")
    assert time.time() - 120 < at < time.time()


def test_logs_are_exported_although_celery_empties_the_root_logger(run):
    bodies = [
        record.body.string_value
        for path, _, body in run.listener.received
        if path == "/v1/logs"
        for resource in ExportLogsServiceRequest.FromString(body).resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]
    assert bodies.count("stock of apples is low") == 1
    assert bodies.count("and that is all") == 1


def test_spans_of_recycled_children_are_exported(run):
    names = Counter(
        span.name
        for path, _, body in run.listener.received
        if path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    )
    runs = {name: names[f"run/{name}"] for name in ("tasks.fails", "tasks.recovers", "tasks.logs")}
    expected = (
        {"tasks.fails": 1, "tasks.recovers": 3, "tasks.logs": 1} if run.name == "recycled" else dict.fromkeys(runs, 0)
    )
    assert runs == expected


def test_the_exit_is_bounded(run):
    # Celery itself waits a second or two for its children.
    assert run.exit < 10


def test_beat_schedules_what_fails_and_fails_itself(start_worker, e2e):
    worker, place, _ = start_worker("beat")
    beat = place.start(
        *("opentelemetry-instrument", "celery", "--app", "tasks", "beat", "--loglevel", "INFO"),
        OTEL_SERVICE_NAME="beat",
    )
    e2e.wait_until(lambda: {"worker", "beat"} <= {issue.service for issue in place.issues()}, what="both failures")
    # Told to end while it reads its schedule, it may fail over that.
    beat.stop()
    assert worker.stop() == 0
    ran = worker.output().count("raised unexpected: EOFError")
    assert occurrences(place) == {"tasks.scheduled": [("EOFError", ESCAPED)] * ran}
    not_sent = beat.output().count("Message Error")
    assert occurrences(place, "beat")[None].count(("celery.beat.SchedulingError", ESCAPED)) == not_sent

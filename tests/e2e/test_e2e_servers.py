"""Real servers with several processes: exact counts under concurrent traffic, series of their own, a bounded exit."""

import importlib.util
import shutil
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

pytest.importorskip("flask")
pytest.importorskip("fastapi")
pytest.importorskip("opentelemetry.instrumentation.flask")
pytest.importorskip("opentelemetry.instrumentation.fastapi")

from tocsin.telemetry import samples

APPS = Path(__file__).parent / "apps"
WORKERS = 2
#: Requests that fail, that log an error, and others.
FAILING, LOGGING, FINE = 60, 40, 60


class Server(NamedTuple):
    """How it is started, and what it needs."""

    command: str
    needs: tuple[str, ...] = ()
    #: The application is imported once, before the workers are forked.
    preloads: bool = False
    #: Neither its master nor its threads come to an end of Python's: what is left at the end is lost.
    ends_abruptly: bool = False


GUNICORN = f"gunicorn --workers {WORKERS} --bind 127.0.0.1:PORT --log-level warning"
UWSGI = (
    f"uwsgi --http-socket 127.0.0.1:PORT --master --processes {WORKERS} --threads 4 --die-on-term --disable-logging"
    # Python's threads, and its hooks at a fork: without these two, nothing of OpenTelemetry's runs in a worker either.
    " --enable-threads --py-call-uwsgi-fork-hooks --module servers:wsgi"
)
SERVERS = {
    "gunicorn, sync": Server(f"{GUNICORN} servers:wsgi", ("gunicorn",)),
    "gunicorn, gthread, preloaded": Server(
        f"{GUNICORN} -k gthread --threads 4 --preload servers:wsgi", ("gunicorn",), preloads=True
    ),
    "gunicorn, gevent": Server(f"{GUNICORN} -k gevent servers:wsgi", ("gunicorn", "gevent")),
    "gunicorn, uvicorn": Server(
        f"{GUNICORN} -k uvicorn_worker.UvicornWorker servers:asgi", ("gunicorn", "uvicorn_worker")
    ),
    "uvicorn": Server(f"uvicorn --workers {WORKERS} --port PORT --log-level warning servers:asgi", ("uvicorn",)),
    "uWSGI, lazy": Server(f"{UWSGI} --lazy-apps", ("uwsgi",), ends_abruptly=True),
    "uWSGI, preloaded": Server(UWSGI, ("uwsgi",), preloads=True, ends_abruptly=True),
}


@pytest.fixture
def serve(workplace, e2e):
    """A server under the launcher, with the identity that its user chose."""

    def serve(server):
        for need in server.needs:
            if (
                importlib.util.find_spec(need) is None
                and shutil.which(need, path=str(Path(sys.executable).parent)) is None
            ):
                pytest.skip(f"{need} is not installed")
        workplace.write("servers.py", (APPS / "servers.py").read_text())
        port = e2e.free_port()
        process = workplace.start(
            *("opentelemetry-instrument", *server.command.replace("PORT", str(port)).split()),
            TOCSIN_EVALUATE="false",
            # As by default: what is left at the end is written at the end.
            TOCSIN_FLUSH_INTERVAL="1s",
            TOCSIN_METRIC_INTERVAL="500ms" if server.ends_abruptly else "15s",
            OTEL_RESOURCE_ATTRIBUTES="service.instance.id=pod-7",
        )
        process.port = port
        e2e.wait_until(e2e.answers(port), what="the server answers")
        seen = set()
        e2e.wait_until(
            lambda: seen.add(e2e.request(port, "/health")) or len(seen) == WORKERS, what="all workers answer"
        )
        return process

    return serve


def series(place, name):
    """The last value of each series, and whether it ever went back."""
    last, reset = {}, []
    for batch in place.store().metric_batches.after(0, limit=10_000):
        for labels, _, value in samples(batch.payload):
            if dict(labels)["__name__"] == name:
                if value < last.get(labels, 0):
                    reset.append(labels)
                last[labels] = value
    return last, reset


def by_label(found, label):
    total = defaultdict(float)
    for labels, value in found.items():
        total[dict(labels).get(label, "")] += value
    return dict(total)


def found(place):
    """Issues by class, and totals of the metrics: of failures by class, and of requests by where they were counted."""
    issues = {issue.error_type: (issue.count, issue.handled) for issue in place.issues()}
    errors, served = (series(place, name)[0] for name in ("tocsin_errors_total", "shop_served_total"))
    return issues, by_label(errors, "error_type"), by_label(served, "where")


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
def test_counts_are_exact_over_processes(serve, workplace, e2e, server):
    process = serve(server)
    paths = [f"/fail/{number}" for number in range(FAILING)] + [f"/logged/{number}" for number in range(LOGGING)]
    paths += ["/ok"] * FINE
    with ThreadPoolExecutor(8) as clients:
        answers = [status for status, _ in clients.map(partial(e2e.request, process.port), paths)]
    assert answers == [500] * FAILING + [200] * (LOGGING + FINE)
    loads = 1 if server.preloads else WORKERS
    expected = (
        {"LookupError": (FAILING, False), "ValueError": (LOGGING, True), "": (loads, True)},
        {"LookupError": FAILING, "ValueError": LOGGING, "": loads},
        {"import": loads, "request": FINE},
    )
    if server.ends_abruptly:
        e2e.wait_until(lambda: found(workplace) == expected, what="everything is in the store")
    begun = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - begun < 10
    assert found(workplace) == expected
    last, resets = series(workplace, "shop_served_total")
    instances = {dict(labels)["instance"] for labels in last}
    assert len(instances) >= WORKERS
    assert all(instance.startswith("pod-7") for instance in instances)
    assert not resets
    assert not [line for line in process.said() if "failed" in line]

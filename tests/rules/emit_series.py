"""A small application under Tocsin: the series that its store has in the end go to `series.json` in a folder.

`OTEL_SEMCONV_STABILITY_OPT_IN` decides its conventions. It answers, fails and hangs up; it calls itself, and a port at
which nobody listens; it queries a database, waits in vain for a connection, runs a task, and opens circuits.
"""

import contextlib
import json
import socket
import sys
import threading
from pathlib import Path

import httpx
import requests
import sqlalchemy
from celery import Celery
from flask import Flask
from opentelemetry import metrics, trace
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from werkzeug.serving import make_server

import tocsin
from tocsin.plugin import runtime
from tocsin.telemetry import samples


class OutageError(Exception):
    """Something that the application calls is down."""


def main(folder):
    resource = Resource({"service.name": "shop", "service.version": "1.5"})
    trace.set_tracer_provider(TracerProvider(resource=resource))
    metrics.set_meter_provider(MeterProvider([], resource=resource))
    tocsin.install(store=str(folder / "tocsin.db"), metric_interval="1h", evaluation_interval="1h", flush_interval="1h")
    instrumentors = (CeleryInstrumentor, HTTPXClientInstrumentor, RequestsInstrumentor, SQLAlchemyInstrumentor)
    for instrumentor in instrumentors:
        instrumentor().instrument()
    serve()
    query(folder)
    run_task()
    open_circuits()
    for hit in (True, False):
        tocsin.cache_lookup("sessions", hit=hit)
    (folder / "series.json").write_text(json.dumps(stored()))


def serve():
    app = Flask("shop")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    FlaskInstrumentor().instrument_app(app)
    app.add_url_rule("/ok", view_func=lambda: "ok", endpoint="ok")
    app.add_url_rule("/down", view_func=lambda: ("down", 503), endpoint="down")
    app.add_url_rule("/broken", view_func=broken, endpoint="broken")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for get in (requests.get, httpx.get):
        for path in ("ok", "down", "broken"):
            get(f"http://127.0.0.1:{server.server_port}/{path}", timeout=5)
        with contextlib.suppress(requests.ConnectionError, httpx.ConnectError):
            get(f"http://127.0.0.1:{closed_port()}/", timeout=5)
    server.shutdown()


def broken():
    raise OutageError


def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def query(folder):
    engine = sqlalchemy.create_engine(
        f"sqlite:///{folder / 'shop.db'}",
        poolclass=sqlalchemy.pool.QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=0.01,
    )
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT 1"))
        with contextlib.suppress(sqlalchemy.exc.OperationalError):
            connection.execute(sqlalchemy.text("SELECT * FROM missing"))
        with contextlib.suppress(sqlalchemy.exc.TimeoutError):
            engine.connect()
    globals()["engine"] = engine  # in use until the end


def run_task():
    app = Celery("shop", set_as_current=False)

    @app.task(name="mail")
    def mail():
        raise OutageError

    mail.apply()


def open_circuits():
    # After the installation, as in an application that is launched.
    import circuitbreaker
    import pybreaker

    first = pybreaker.CircuitBreaker(fail_max=1, name="pybreaker")
    second = circuitbreaker.CircuitBreaker(failure_threshold=1, expected_exception=OutageError, name="circuitbreaker")
    closed = pybreaker.CircuitBreaker(name="closed")
    with contextlib.suppress(pybreaker.CircuitBreakerError):
        first.call(broken)
    with contextlib.suppress(OutageError):
        second.call(broken)
    circuitbreaker.CircuitBreakerMonitor.register(second)
    tocsin.circuit_open("own", True)
    globals()["circuits"] = (first, second, closed)


def stored():
    """Every series, as a mapping of its labels, with its newest value."""
    running = runtime()
    for _ in range(2):  # who evaluates has seen the issues by then
        running.capture.writer.flush()
        running.candidate.step()
        running.reader.collect()
    newest = {
        labels: value for batch in running.store.metric_batches.after(0) for labels, _, value in samples(batch.payload)
    }
    return [[dict(labels), value] for labels, value in newest.items()]


if __name__ == "__main__":
    main(Path(sys.argv[1]))

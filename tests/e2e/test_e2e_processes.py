"""Several processes, one store: counts are exact, alerts are delivered once, and a killed evaluator is replaced."""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("flask")
pytest.importorskip("gunicorn")
pytest.importorskip("celery")
pytest.importorskip("opentelemetry.instrumentation.flask")
pytest.importorskip("opentelemetry.instrumentation.celery")

SHOP = """
import os
from celery import Celery
from flask import Flask

broker = os.environ["BROKER"]
queue = Celery("shop", broker="filesystem://")
queue.conf.update(
    broker_transport_options={
        "data_folder_in": broker, "data_folder_out": broker, "control_folder": broker, "polling_interval": 0.2
    },
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
)


@queue.task
def poison(number):
    raise LookupError(f"no handler for message {number}")


app = Flask("shop")


@app.get("/health")
def health():
    return "ok"


@app.get("/pid")
def pid():
    return str(os.getpid())


@app.get("/fail/<kind>/<int:number>")
def fail(kind, number):
    if kind == "price":
        return str(int(f"price {number}"))
    return {"stock": 1}[f"sku-{number % 1}"]
"""

RULES = """
groups:
  - name: shop
    interval: 500ms
    rules:
      - alert: Failing
        expr: sum by (job) (tocsin_errors_total{job="shop"}) > 0
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.job }} fails"}
"""


@pytest.fixture
def gunicorn(workplace, e2e):
    workplace.write("shop.py", SHOP)
    broker = workplace.folder / "broker"
    broker.mkdir()
    workplace.env["BROKER"] = str(broker)
    port = e2e.free_port()

    def start(*launcher, **env):
        process = workplace.start(
            *(launcher or ("opentelemetry-instrument",)),
            *("gunicorn", "--workers", 4, "--threads", 2, "--bind", f"127.0.0.1:{port}", "shop:app"),
            **env,
        )
        e2e.wait_until(e2e.answers(port), what="gunicorn answers")
        process.port = port
        return process

    return start


def test_counts_are_exact_over_gunicorn_workers_and_celery_children(gunicorn, workplace, e2e):
    web = gunicorn()
    # All messages lie there before the worker looks: Celery's file transport shows them before they are complete.
    send = "import shop\nfor number in range(30): shop.poison.delay(number)"
    assert workplace.start(sys.executable, "-c", send, TOCSIN_ENABLED="false").wait() == 0
    worker = workplace.start(
        "opentelemetry-instrument",
        *("celery", "--app", "shop.queue", "worker", "--concurrency", 2, "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        OTEL_SERVICE_NAME="worker",
    )
    paths = [f"/fail/{kind}/{number}" for number in range(100) for kind in ("price", "stock")]
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda path: e2e.request(web.port, path)[0], paths))
    assert answers == [500] * 200

    def counts():
        return {(issue.service, issue.error_type): issue.count for issue in workplace.issues()}

    expected = {("shop", "ValueError"): 100, ("shop", "KeyError"): 100, ("worker", "LookupError"): 30}
    e2e.wait_until(lambda: sum(counts().values()) >= 230, what="all occurrences are in the store")
    assert web.stop() == 0
    assert worker.stop() == 0
    assert counts() == expected
    assert not [line for line in (*web.said(), *worker.said()) if "failed" in line]


def test_an_alert_is_delivered_once_though_every_process_could(gunicorn, workplace, listener, e2e):
    workplace.write("rules.yml", RULES)
    web = gunicorn(TOCSIN_WEBHOOK_URL=listener.url, TOCSIN_RULES="rules.yml", TOCSIN_PACKS="none")
    e2e.request(web.port, "/fail/price/1")
    e2e.wait_until(listener.alerts, what="the alert")
    time.sleep(3)  # several evaluations of several processes: the test is that nothing more comes
    assert [(status, name) for status, name, _ in listener.alerts()] == [("firing", "Failing")]


def test_a_killed_evaluator_is_replaced_and_does_not_page_again(gunicorn, workplace, listener, e2e):
    workplace.write("rules.yml", RULES)
    interval = 2
    evaluator = gunicorn(
        *("tocsin", "run", "--"),
        TOCSIN_WEBHOOK_URL=listener.url,
        TOCSIN_RULES="rules.yml",
        TOCSIN_PACKS="issues",
        TOCSIN_EVALUATION_INTERVAL=f"{interval}s",
    )
    lock = workplace.store().lock
    assert lock.holder() == evaluator.pid

    def firing():
        return sorted(name for status, name, _ in listener.alerts() if status == "firing")

    e2e.request(evaluator.port, "/fail/price/1")
    e2e.wait_until(lambda: firing() == ["Failing", "NewIssue"], what="both alerts")
    os.kill(evaluator.pid, signal.SIGKILL)
    evaluator.wait()
    e2e.wait_until(lock.holder, what="another evaluator", patience=2 * interval)
    assert e2e.request(evaluator.port, "/fail/stock/1")[0] == 500
    e2e.wait_until(lambda: "KeyError: 'sku-0'" in titles(listener), what="the new issue's alert")
    time.sleep(3 * interval)  # several evaluations: the test is that nothing more comes
    assert firing() == ["Failing", "NewIssue", "NewIssue"]
    assert len(set(titles(listener))) == 2


def titles(listener):
    return [labels["title"] for _, _, labels in listener.alerts() if "title" in labels]

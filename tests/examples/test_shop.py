"""The shop as real processes with nothing watching it: does it go wrong as its signatures say?"""

import re
import signal
import sys
from pathlib import Path

import psutil
import pytest

for package in ("celery", "flask", "gunicorn", "requests", "sqlalchemy"):
    pytest.importorskip(package, reason=f"the shop needs {package}")

SHOP = Path(__file__).parents[2] / "examples" / "shop"
sys.path.append(str(SHOP))

import faults  # noqa: E402  found by the line above, as are the next three
from deployment import open_shop  # noqa: E402
from processes import Processes  # noqa: E402
from signatures import FAULTS, ORDER, ORDINARY, Request  # noqa: E402

OWN_FRAME = re.compile(rf'File "{re.escape(str(SHOP))}/(\w+)/(\w+)\.py", line \d+, in (\w+)')
LAST_LINE = re.compile(r"^([\w.]+): ", re.MULTILINE)
SILENT = ("swallowed",)
SLOW_SECONDS = 1.1

IDLE = "import time; time.sleep(600)"
DEAF_WITH_A_CHILD = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
print("up", flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with pytest.MonkeyPatch.context() as environment:
        for server in ("DATABASE_URL", "REDIS_URL"):
            environment.delenv(server, raising=False)
        environment.setenv("SHOP_SLOW_SECONDS", str(SLOW_SECONDS))
        with Processes(tmp_path_factory.mktemp("shop")) as processes:
            shop = open_shop(processes)
            yield shop
            services = (shop.worker, shop.payments, shop.storefront)
            family = [child for each in services for child in psutil.Process(each.popen.pid).children(recursive=True)]
    assert [each.popen.returncode for each in services] == [0, 0, 0]
    assert not any(map(alive, family))


@pytest.fixture(params=FAULTS, ids=lambda fault: fault.name)
def fault(request, shop):
    if request.param.switch:
        shop.turn(request.param.switch, on=True)
    yield request.param
    if request.param.switch:
        shop.turn(request.param.switch, on=False)


@pytest.mark.parametrize(("ordinary", "status"), ORDINARY, ids=str)
def test_an_ordinary_request_is_answered_and_its_task_done(shop, ordinary, status):
    answer = shop.send(ordinary)
    assert answer.status_code == status
    if status == 202:
        shop.worker.wait_for_log(f"[{answer.json()['task']}] succeeded")


def test_an_order_is_paid_and_confirmed(shop):
    order = shop.send(ORDER).json()
    show = Request("GET", f"/orders/{order['id']}")
    shop.worker.wait_until(lambda: shop.send(show).json()["confirmed"], what="the order to be confirmed")
    assert shop.send(show).json() == order | {"total": 6200, "paid": True, "confirmed": True}


def test_a_fault_answers_and_is_logged_as_its_signature_says(shop, fault):
    services = {issue: getattr(shop, issue.service) for issue in fault.issues}
    printed = {issue: len(service.printed()) for issue, service in services.items()}
    answer = shop.send(fault.request)
    assert answer.status_code == fault.status
    if fault.task:
        shop.worker.wait_for_log(f"{fault.task}[{answer.json()['task']}] raised unexpected")
    for issue, service in services.items():
        tracebacks = own_tracebacks(service.printed()[printed[issue] :])
        expected = (issue.exception_type, issue.culprit)
        assert tracebacks == ([] if fault.name in SILENT else [expected] * issue.occurrences)


def own_tracebacks(log):
    """Type and innermost function of the shop's, for each traceback in which the shop has a part."""
    found = []
    for traceback in log.split("Traceback (most recent call last):\n")[1:]:
        frames = OWN_FRAME.findall(traceback)
        if frames:
            found.append((LAST_LINE.search(traceback)[1], ".".join(frames[-1])))
    return found


def test_a_slow_query_takes_its_time(shop):
    sales = Request("GET", "/reports/sales")
    shop.turn("slow-query", on=True)
    slow = shop.send(sales)
    shop.turn("slow-query", on=False)
    assert slow.elapsed.total_seconds() >= SLOW_SECONDS > shop.send(sales).elapsed.total_seconds()


def test_an_unknown_switch_is_refused(tmp_path):
    with pytest.raises(ValueError, match="unknown switch 'payment-50': choose one of flaky-task, payment-429, "):
        faults.turn("payment-50", on=True, board=tmp_path / "faults.json")


def test_the_readme_tells_of_every_fault():
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (yes|no) \|", (SHOP / "README.md").read_text(), re.MULTILINE)
    assert rows == [(fault.name, "yes" if fault.switch else "no") for fault in FAULTS]


def test_an_interrupt_stops_every_process(tmp_path):
    processes = Processes(tmp_path)
    running = [processes.start(name, [sys.executable, "-c", IDLE]) for name in ("first", "second")]
    with pytest.raises(KeyboardInterrupt), processes:
        raise KeyboardInterrupt
    assert [each.popen.returncode for each in running] == [-signal.SIGTERM] * 2


def test_a_process_deaf_to_sigterm_is_killed_with_its_children(tmp_path, monkeypatch):
    monkeypatch.setattr("processes.STOP_SECONDS", 0.1)
    with Processes(tmp_path) as processes:
        deaf = processes.start("deaf", [sys.executable, "-c", DEAF_WITH_A_CHILD])
        deaf.wait_until(lambda: deaf.printed().count("up") == 2, what="parent and child")
        (child,) = psutil.Process(deaf.popen.pid).children()
    assert deaf.popen.returncode == -signal.SIGKILL
    assert not alive(child)


def test_a_process_that_ends_early_shows_its_log(tmp_path):
    with Processes(tmp_path) as processes:
        brief = processes.start("brief", [sys.executable, "-c", "raise SystemExit('no such port')"])
        with pytest.raises(RuntimeError, match=r"(?s)brief: ended with 1, before port 1 .*no such port"):
            brief.wait_for_port(1)


def alive(process):
    """An orphan that was killed stays a zombie where nobody reaps it."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE

"""What fails beside the main thread of a real program is one occurrence with its frames."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("opentelemetry.instrumentation.threading")
pytest.importorskip("opentelemetry.instrumentation.asyncio")
from opentelemetry.instrumentation.version import __version__ as instrumentation_version

from tocsin.store import Store

SCRIPT = """
import asyncio, logging, multiprocessing, sys, threading, warnings
from concurrent.futures import ThreadPoolExecutor

class Worker(multiprocessing.Process):
    def run(self):
        fail()

def fail(*_):
    raise LookupError("out of stock")

def logs():
    logging.getLogger("shop").error("the last words")

def leave():
    sys.exit(3)

def children(method, target):
    context = multiprocessing.get_context(method)
    child = context.Process(target=target)
    child.start()
    child.join()
    print(child.exitcode)

def subclass():
    child = Worker()
    child.start()
    child.join()
    print(child.exitcode)

def pool(method):
    with multiprocessing.get_context(method).Pool(1) as pool:
        pool.map(fail, [1])

kept = []

def kept_future():
    executor = ThreadPoolExecutor(1)
    kept.append(executor.submit(fail))

def task():
    async def main():
        asyncio.create_task(work())
        await asyncio.sleep(0.01)
    async def work():
        fail()
    asyncio.run(main())

if __name__ == "__main__":
    CASE
"""

#: Older launchers leave the interpreters that a process starts alone.
INHERITED = tuple(map(int, re.findall(r"\d+", instrumentation_version)[:2])) >= (0, 66)
WORDS = ("the last words", 1, True)


def times(count):
    return [("LookupError: out of stock", count, False)]


CASES = {
    "fail()": (1, "", times(1)),
    "sys.exit('no')": (1, "", []),
    "threading.Thread(target=fail).start(); kept_future(); task()": (0, "", times(3)),
    "warnings.simplefilter('error'); warnings.warn('old')": (1, "", [("UserWarning: old", 1, False)]),
    "children('fork', fail); children('fork', logs); children('fork', leave); subclass()": (
        0,
        "1\n0\n3\n1\n",
        [*times(2), WORDS],
    ),
    "children('spawn', fail); children('spawn', logs)": (0, "1\n0\n", [*times(1), WORDS]),
    "pool('fork')": (1, "", times(1)),
    "ThreadPoolExecutor(1).submit(children, 'fork', fail).result()": (0, "1\n", times(1)),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_real_program(tmp_path, case):
    if "spawn" in case and not INHERITED:
        pytest.skip("newer launchers instrument child interpreters")
    code, printed, issues = CASES[case]
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.replace("CASE", case))
    store = Store(tmp_path / "tocsin.db")
    environment = os.environ | {
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "TOCSIN_STORE": str(store.path),
        "TOCSIN_EVALUATE": "false",
        "PYTHONWARNINGS": "ignore",
    }
    launcher = str(Path(sys.executable).parent / "opentelemetry-instrument")
    done = subprocess.run(
        [launcher, sys.executable, str(script)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found = [(issue.title, issue.count, issue.handled) for issue in store.issues.recent()]
    assert (done.returncode, done.stdout, sorted(found)) == (code, printed, issues), done.stderr

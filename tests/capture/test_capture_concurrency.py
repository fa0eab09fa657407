"""Failures in threads, pools, tasks and child processes: one occurrence each, whether or not somebody asks."""

import asyncio
import concurrent.futures
import contextlib
import gc
import logging
import multiprocessing
import os
import re
import subprocess
import sys
import threading
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("opentelemetry.instrumentation.threading")
pytest.importorskip("opentelemetry.instrumentation.asyncio")

from opentelemetry.instrumentation.asyncio import AsyncioInstrumentor
from opentelemetry.instrumentation.threading import ThreadingInstrumentor
from opentelemetry.instrumentation.version import __version__ as instrumentation_version

from tocsin.store import Store


def fail(*_):
    raise LookupError("out of stock")


ONE = [("LookupError: out of stock", 1, False)]


def seen(host):
    return [(issue.title, issue.count, issue.handled) for issue in host.issues()]


@pytest.fixture(params=[True, False], ids=["instrumented", "alone"])
def instrumented(request, start, monkeypatch):
    """A host whose hooks have nobody behind them."""
    for module, name in ((threading, "excepthook"), (sys, "unraisablehook"), (sys, "excepthook")):
        monkeypatch.setattr(module, name, lambda *_: None)
    monkeypatch.setenv("OTEL_PYTHON_ASYNCIO_COROUTINE_NAMES_TO_TRACE", "work")
    host = start()
    if request.param:
        ThreadingInstrumentor().instrument()
        AsyncioInstrumentor().instrument(tracer_provider=host.tracer_provider, meter_provider=host.meter_provider)
    yield host
    if request.param:
        ThreadingInstrumentor().uninstrument()
        AsyncioInstrumentor().uninstrument()


class TestThreads:
    def test_a_thread(self, instrumented):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        assert seen(instrumented) == ONE

    def test_a_timer(self, instrumented):
        timer = threading.Timer(0, fail)
        timer.start()
        timer.join()
        assert seen(instrumented) == ONE

    def test_a_thread_of_the_low_level_module(self, instrumented):
        import _thread

        done = threading.Event()

        def work():
            try:
                fail()
            finally:
                done.set()

        before = _thread._count()
        _thread.start_new_thread(work, ())
        done.wait(10)
        while _thread._count() > before:
            pass
        assert seen(instrumented) == ONE

    @pytest.mark.parametrize("orderly", [SystemExit, KeyboardInterrupt])
    def test_what_ends_a_thread_in_order(self, instrumented, orderly):
        def leave():
            raise orderly

        thread = threading.Thread(target=leave)
        thread.start()
        thread.join()
        assert seen(instrumented) == []


def ask_for_the_result(future):
    with pytest.raises(LookupError):
        future.result()


class TestPools:
    def test_never_asked(self, instrumented):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(fail)
        gc.collect()
        assert seen(instrumented) == ONE

    def test_never_asked_until_the_process_ends(self, instrumented):
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(fail)
        concurrent.futures.wait([future])
        assert seen(instrumented) == []
        instrumented.capture.finish()
        assert seen(instrumented) == ONE
        del future
        gc.collect()
        assert seen(instrumented) == ONE

    @pytest.mark.parametrize("ask", [lambda future: future.exception(), ask_for_the_result])
    def test_asked_and_dealt_with(self, instrumented, ask):
        with ThreadPoolExecutor(1) as pool:
            ask(pool.submit(fail))
        gc.collect()
        assert seen(instrumented) == []

    def test_it_is_told_of_where_it_failed_and_no_span_is_touched(self, instrumented, issue_of):
        future = Future()
        with instrumented.tracer.start_as_current_span("failing") as span:
            future.set_exception(LookupError("out of stock"))
        with instrumented.tracer.start_as_current_span("collecting"):
            del future
            gc.collect()
        assert instrumented.occurrence().span_id == f"{span.get_span_context().span_id:016x}"
        assert [issue_of(each) for each in instrumented.spans().values()] == [{}, {}]

    def test_asked_before_it_failed(self, instrumented):
        go_on = threading.Event()

        def work():
            go_on.wait(10)
            fail()

        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(work)
            with contextlib.suppress(concurrent.futures.TimeoutError):
                future.result(timeout=0)
            go_on.set()
            with pytest.raises(LookupError):
                future.result()
        del future
        gc.collect()
        assert seen(instrumented) == []

    def test_asked_by_a_callback(self, instrumented):
        future = Future()
        future.add_done_callback(lambda done: done.exception())
        future.set_exception(LookupError("out of stock"))
        del future
        gc.collect()
        assert seen(instrumented) == []

    def test_asked_and_raised_on(self, instrumented):
        def work():
            with ThreadPoolExecutor(1) as pool:
                pool.submit(fail).result()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        gc.collect()
        assert seen(instrumented) == ONE

    def test_logged_inside_and_never_asked(self, instrumented):
        def work():
            try:
                fail()
            except LookupError:
                logging.getLogger("shop").exception("failed")
                raise

        with ThreadPoolExecutor(1) as pool:
            pool.submit(work)
        gc.collect()
        assert seen(instrumented) == ONE

    def test_in_another_process(self, instrumented):
        context = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
            pool.submit(int, "x").exception()
            pool.submit(int, "y")
        gc.collect()
        assert [(issue.error_type, issue.count) for issue in instrumented.issues()] == [("ValueError", 1)]

    def test_a_future_that_has_a_result(self, instrumented):
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(int, "7").result() == 7
            assert pool.submit(int, "7").exception() is None
            assert list(pool.map(int, "123")) == [1, 2, 3]
        assert seen(instrumented) == []

    def test_the_class_is_given_back(self, instrumented):
        future = Future()
        future.set_exception(LookupError("asked after all"))
        instrumented.capture.unhook()
        assert "_exception" not in vars(Future)
        assert isinstance(future.exception(), LookupError)


class TestTasks:
    def run(self, main):
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(main())
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
            gc.collect()

    def test_awaited_and_dealt_with(self, instrumented):
        async def work():
            fail()

        async def main():
            with pytest.raises(LookupError):
                await work()

        AsyncioInstrumentor().uninstrument()  # it records what leaves a task, as its span's
        self.run(main)
        assert seen(instrumented) == []

    def test_awaited_and_raised_on(self, instrumented):
        async def work():
            fail()

        async def main():
            await asyncio.create_task(work())

        def run():
            self.run(main)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        assert seen(instrumented) == ONE

    def test_never_awaited(self, instrumented):
        async def work():
            fail()

        async def main():
            task = asyncio.create_task(work())
            await asyncio.wait([task])

        self.run(main)
        assert seen(instrumented) == ONE

    def test_never_awaited_under_a_handler_of_the_application(self, instrumented):
        async def work():
            fail()

        told = []

        async def main():
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["exception"]))
            await asyncio.wait([asyncio.create_task(work())])

        self.run(main)
        assert seen(instrumented) == ONE
        assert len(told) == 1

    def test_cancelled(self, instrumented):
        async def work():
            await asyncio.sleep(60)

        async def main():
            task = asyncio.create_task(work())
            await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        self.run(main)
        assert seen(instrumented) == []

    def test_a_callback_of_the_loop(self, instrumented):
        async def main():
            asyncio.get_running_loop().call_soon(fail)
            await asyncio.sleep(0)

        self.run(main)
        assert seen(instrumented) == ONE

    @pytest.mark.skipif(sys.version_info < (3, 11), reason="task groups are newer")
    def test_a_task_group(self, instrumented):
        async def work():
            fail()

        async def main():
            async with asyncio.TaskGroup() as group:
                group.create_task(work())

        thread = threading.Thread(target=lambda: self.run(main))
        thread.start()
        thread.join()
        assert seen(instrumented)[0][1:] == (1, False)
        assert len(seen(instrumented)) == 1

    def test_a_thread_of_the_loop(self, instrumented):
        async def main():
            with pytest.raises(LookupError):
                await asyncio.to_thread(fail)
            await asyncio.wait([asyncio.ensure_future(asyncio.to_thread(fail))])

        self.run(main)
        assert seen(instrumented) == ONE


class TestHooks:
    def test_what_cannot_be_raised(self, instrumented):
        class Careless:
            def __del__(self):
                fail()

        Careless()
        gc.collect()
        assert seen(instrumented) == ONE

    def test_warnings_as_errors(self, instrumented):
        def work():
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                warnings.warn("old", DeprecationWarning, stacklevel=1)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert seen(instrumented) == [("DeprecationWarning: old", 1, False)]

    def test_they_are_given_back(self, instrumented):
        before = asyncio.BaseEventLoop.call_exception_handler
        bootstrap = multiprocessing.process.BaseProcess._bootstrap
        instrumented.capture.unhook()
        assert vars(asyncio.BaseEventLoop)["call_exception_handler"] is not before
        assert vars(multiprocessing.process.BaseProcess)["_bootstrap"] is not bootstrap


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

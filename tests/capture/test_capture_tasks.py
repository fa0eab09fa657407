"""What fails in tasks of asyncio, and what Python can only tell a hook, is one occurrence."""

import asyncio
import contextlib
import gc
import multiprocessing
import sys
import threading
import warnings

import pytest

pytest.importorskip("opentelemetry.instrumentation.threading")
pytest.importorskip("opentelemetry.instrumentation.asyncio")

from opentelemetry.instrumentation.asyncio import AsyncioInstrumentor


def fail(*_):
    raise LookupError("out of stock")


ONE = [("LookupError: out of stock", 1, False)]


def seen(host):
    return [(issue.title, issue.count, issue.handled) for issue in host.issues()]


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

"""What fails in threads and in pools of them is one occurrence, however it is instrumented."""

import concurrent.futures
import contextlib
import gc
import logging
import multiprocessing
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

pytest.importorskip("opentelemetry.instrumentation.threading")
pytest.importorskip("opentelemetry.instrumentation.asyncio")


def fail(*_):
    raise LookupError("out of stock")


ONE = [("LookupError: out of stock", 1, False)]


def seen(host):
    return [(issue.title, issue.count, issue.handled) for issue in host.issues()]


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

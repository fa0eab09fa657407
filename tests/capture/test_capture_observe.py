import asyncio
import gc
import inspect
import os
import subprocess
import sys
import textwrap
import weakref
from contextlib import aclosing

import pytest

import tocsin
from tocsin.guard import guard


def observed(host):
    """(name, outcome, error type) → how many."""
    host.capture.writer.flush()
    collected = host._metrics.get_metrics_data()
    return {
        (
            point.attributes["tocsin.observed.name"],
            point.attributes["tocsin.observed.outcome"],
            point.attributes.get("error.type"),
        ): point.count
        for resource in (collected.resource_metrics if collected else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "tocsin.observed.duration"
        for point in metric.data.data_points
    }


@tocsin.observe("add")
def add(a: int, *, b: int = 2) -> int:
    """Sum."""
    return a // b if b == 0 else a + b


@tocsin.observe("coroutine")
async def coroutine(a):
    await asyncio.sleep(0)
    return 1 // a


@tocsin.observe("generator")
def generator(n):
    received = []
    for number in range(n):
        try:
            received.append((yield number))
        except KeyError as error:
            received.append(error)
    return received


@tocsin.observe("async generator")
async def async_generator(n):
    for number in range(n):
        try:
            got = yield number
        except KeyError:
            got = "caught"
        if got is not None:
            yield got


class Shop:
    @tocsin.observe("method")
    def method(self):
        return self

    @classmethod
    @tocsin.observe("class")
    def inside(cls):
        return cls

    @tocsin.observe("class")
    @classmethod
    def outside(cls):
        return cls

    @tocsin.observe("static")
    @staticmethod
    def static(number):
        return number


class TestFunctions:
    def test_what_it_does_stays_what_it_was(self, host):
        assert add(1, b=3) == 4
        assert (add.__name__, add.__doc__) == ("add", "Sum.")
        assert str(inspect.signature(add)) == "(a: int, *, b: int = 2) -> int"
        assert observed(host) == {("add", "success", None): 1}

    def test_a_failure_is_counted_once_and_recorded_as_handled(self, host):
        with pytest.raises(ZeroDivisionError) as caught:
            add(1, b=0)
        assert observed(host) == {("add", "failure", "ZeroDivisionError"): 1}
        (issue,) = host.issues()
        assert (issue.count, issue.handled) == (1, True)
        assert tocsin.capture(caught.value) == issue.fingerprint
        assert host.issues()[0].count == 1

    def test_methods(self, host):
        shop = Shop()
        assert shop.method() is shop
        assert Shop.inside() is Shop.outside() is shop.outside() is Shop
        assert Shop.static(3) == shop.static(3) == 3
        assert observed(host) == {
            ("method", "success", None): 1, ("class", "success", None): 3, ("static", "success", None): 2,
        }  # fmt: skip

    def test_as_a_block_also_one_within_the_other(self, host):
        block = tocsin.observe("block")
        with block, block:
            pass
        with pytest.raises(KeyError), tocsin.observe("block"):
            raise KeyError("x")
        assert observed(host) == {("block", "success", None): 2, ("block", "failure", "KeyError"): 1}

    def test_an_exit_is_no_failure(self, host):
        with pytest.raises(SystemExit), tocsin.observe("block"):
            raise SystemExit
        assert observed(host) == {("block", "cancelled", None): 1}
        assert not host.issues()

    def test_called_wrongly_it_measures_all_the_same(self, host, monkeypatch):
        monkeypatch.setattr(guard, "strict", False)
        before = guard.failures["observe"]
        with tocsin.observe("orders.value", 12.5), tocsin.observe():
            pass
        assert guard.failures["observe"] == before + 2
        assert {name for name, *_ in observed(host)} == {"orders.value", "unnamed"}

    def test_names_are_bounded(self, host):
        for number in range(500):
            with tocsin.observe(f"job {number}"):
                pass
        assert len(observed(host)) <= 101


class TestCoroutines:
    def test_success_failure_and_cancellation(self, host):
        async def work():
            assert inspect.iscoroutinefunction(coroutine)
            assert await coroutine(1) == 1
            with pytest.raises(ZeroDivisionError):
                await coroutine(0)
            task = asyncio.create_task(coroutine(1))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with tocsin.observe("block"):
                pass

        asyncio.run(work())
        assert observed(host) == {
            ("coroutine", "success", None): 1,
            ("coroutine", "failure", "ZeroDivisionError"): 1,
            ("coroutine", "cancelled", None): 1,
            ("block", "success", None): 1,
        }

    def test_durations_of_concurrent_calls_do_not_mix(self, host):
        async def work():
            return await asyncio.gather(*(coroutine(1) for _ in range(50)))

        assert asyncio.run(work()) == [1] * 50
        assert observed(host) == {("coroutine", "success", None): 50}


class TestGenerators:
    def test_sent_thrown_and_returned(self, host):
        assert inspect.isgeneratorfunction(generator)
        running = generator(3)
        assert next(running) == 0
        assert running.send("a") == 1
        thrown = KeyError("b")
        assert running.throw(thrown) == 2
        with pytest.raises(StopIteration) as stopped:
            running.send("c")
        assert stopped.value.value == ["a", thrown, "c"]
        assert observed(host) == {("generator", "success", None): 1}

    def test_closed_early(self, host):
        running = generator(3)
        next(running)
        running.close()
        assert observed(host) == {("generator", "success", None): 1}

    def test_failing(self, host):
        running = generator(3)
        next(running)
        with pytest.raises(ValueError):
            running.throw(ValueError("x"))
        assert observed(host) == {("generator", "failure", "ValueError"): 1}

    def test_asynchronous_ones(self, host):
        async def work():
            assert inspect.isasyncgenfunction(async_generator)
            assert [number async for number in async_generator(3)] == [0, 1, 2]
            running = async_generator(2)
            assert await anext(running) == 0
            assert await running.asend("sent") == "sent"
            assert await anext(running) == 1
            assert await running.athrow(KeyError("x")) == "caught"
            with pytest.raises(ValueError):
                await running.athrow(ValueError("x"))
            async with aclosing(async_generator(3)) as closing:
                await anext(closing)

        asyncio.run(work())
        assert observed(host) == {
            ("async generator", "success", None): 2,
            ("async generator", "failure", "ValueError"): 1,
        }


class TestCapture:
    def test_within_except_it_needs_no_argument(self, host):
        try:
            [].pop()
        except IndexError:
            fingerprint = tocsin.capture()
        (issue,) = host.issues()
        assert (issue.fingerprint, issue.handled, issue.count) == (fingerprint, True, 1)

    @pytest.mark.parametrize("nothing", [None, SystemExit(), KeyboardInterrupt(), "text", ValueError])
    def test_what_is_no_failure(self, host, nothing):
        assert tocsin.capture(nothing) is None
        assert not host.issues()

    def test_nothing_is_kept_alive(self, host):
        class LostError(LookupError):
            pass

        error = LostError("lost")
        gone = weakref.ref(error)
        assert tocsin.capture(error)
        del error
        gc.collect()
        assert gone() is None

    def test_completion_shows_the_public_names(self):
        assert dir(tocsin) == sorted(tocsin.__all__)

    def test_it_is_a_package_too(self):
        import tocsin.capture as package

        assert package.Capture is not None
        assert tocsin.capture(None) is None


def test_before_a_failure_only_what_sees_every_span_is_imported(tmp_path):
    program = """
        import sys, tocsin
        from opentelemetry.sdk.trace import TracerProvider
        provider = TracerProvider()
        tocsin.install(tracer_provider=provider, evaluate=False)
        tocsin.set_context(plan="pro")
        tocsin.note("hello")
        with provider.get_tracer("shop").start_as_current_span("work"):
            pass
        late = [f"tocsin.capture.{name}" for name in ("details", "frames", "values", "versions", "release")]
        assert not {*late} & {*sys.modules}, {*late} & {*sys.modules}
        assert tocsin.capture(LookupError("lost"))
        assert late[0] in sys.modules
    """
    env = {**os.environ, "TOCSIN_STORE": str(tmp_path / "tocsin.db")}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_bare_decorator_takes_the_name_of_the_function():
    @tocsin.observe
    def price(row):
        """What it costs."""
        return row + 1

    assert (price(1), price.__doc__) == (2, "What it costs.")

"""`tocsin.observe("name")`: how long a piece of the application takes, how it ends, and what fails in it."""

import inspect
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from functools import wraps
from time import perf_counter
from types import TracebackType
from typing import Any, TypeVar, cast

from tocsin.capture.report import listener
from tocsin.guard import guard

F = TypeVar("F")

_RAISED = (StopIteration, StopAsyncIteration, GeneratorExit)


class observe:  # noqa: N801  is called like a function
    """Measures what it decorates, or the block that it is entered for: functions, coroutines, generators of both kinds.

    Each call adds to the histogram `tocsin.observed.duration` (seconds) under its name and its outcome: `success`,
    `failure`, or `cancelled`; a failure has its class as `error.type` and is recorded as handled, for the caller may
    still catch it. A generator lasts until it ends or is closed, its consumer's time included. Results, exceptions and
    signatures are what they were; methods of classes may be decorated on either side of `@classmethod`.

    Takes less than a microsecond where nothing fails. Does nothing where Tocsin is not installed.
    """

    __slots__ = ("_begun", "_name")

    _name: str
    _begun: list[float]

    def __new__(cls, name: Any = "unnamed", *_: object, **__: object) -> Any:
        """Called wrongly it measures all the same: `__init__` says so once. Bare, it takes the function's name."""
        if callable(name):
            return _observed(getattr(name, "__qualname__", "unnamed"), name)
        self = super().__new__(cls)
        self._name = name
        self._begun = []
        return self

    @guard("observe")
    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """One block at a time, or one within the other; for several at once there are several."""
        self._begun.append(perf_counter())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_: TracebackType | None
    ) -> None:
        _end(self._name, self._begun.pop(), error)

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace_)

    def __call__(self, function: F) -> F:
        """The same function, observed."""
        if isinstance(function, classmethod | staticmethod):
            return cast("F", type(function)(self(function.__func__)))
        return cast("F", _observed(self._name, cast("Callable[..., Any]", function)))


def _observed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(function):
        return _async_generator(name, function)
    if inspect.iscoroutinefunction(function):
        return _coroutine(name, function)
    return _generator(name, function) if inspect.isgeneratorfunction(function) else _function(name, function)


def _function(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def observed(*args: Any, **kwargs: Any) -> Any:
        begun = perf_counter()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            _end(name, begun, error)
            raise
        _end(name, begun, None)
        return result

    return observed


def _coroutine(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    async def observed(*args: Any, **kwargs: Any) -> Any:
        with observe(name):
            return await function(*args, **kwargs)

    return observed


def _generator(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def observed(*args: Any, **kwargs: Any) -> Any:
        with observe(name):
            return (yield from function(*args, **kwargs))

    return observed


def _async_generator(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Hands on what it is sent and what is thrown into it, as `yield from` does for the other kind."""

    @wraps(function)
    async def observed(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with observe(name), suppress(StopAsyncIteration):
            async with aclosing(function(*args, **kwargs)) as generator:
                value = await generator.__anext__()
                while True:
                    try:
                        sent = yield value
                    except GeneratorExit:  # noqa: PERF203  each value may be answered by an exception
                        raise
                    except BaseException as error:  # noqa: BLE001  the generator may catch it
                        value = await generator.athrow(error)
                    else:
                        value = await generator.asend(sent)

    return observed


@guard("observe")
def _end(name: str, begun: float, error: BaseException | None) -> None:
    seconds, recorder = perf_counter() - begun, listener.recorder
    if recorder is None:
        return
    if error is None or isinstance(error, _RAISED):
        recorder.inbox.observe((name, seconds, None))
    else:
        recorder.inbox.observe((name, seconds, type(error).__qualname__))
        recorder.see(error, handled=True)

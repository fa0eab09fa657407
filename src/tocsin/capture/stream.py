"""The body of a response that is made while it is sent: nobody but the server sees it fail."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import Any

from opentelemetry import trace
from wrapt import ObjectProxy

from tocsin.capture.recorder import Recorder
from tocsin.guard import guard

See = Callable[[BaseException], object]


def seeing(recorder: Recorder, context: Mapping[str, str]) -> See:
    """What to do with the exception: it belongs to the request that was served when this was called."""
    span = trace.get_current_span()
    return guard("stream")(lambda error: recorder.see(error, handled=False, span=span, context=context))


def watched(body: Iterable[Any], see: See) -> Iterator[Any]:
    """The same body."""
    try:
        yield from body
    except Exception as error:
        see(error)
        raise


async def watched_async(body: AsyncIterable[Any], see: See) -> AsyncIterator[Any]:
    """The same body."""
    try:
        async for part in body:
            yield part
    except Exception as error:
        see(error)
        raise


class Watched(ObjectProxy):  # type: ignore[type-arg]  # older wrapt takes none
    """The same body, for whoever looks at more of it than its parts."""

    def __init__(self, body: Iterable[Any], see: See) -> None:
        super().__init__(body)
        self._self_see = see

    def __iter__(self) -> Iterator[Any]:
        return watched(self.__wrapped__, self._self_see)

"""Failures of requests that Django serves, through WSGI and through ASGI."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from tocsin.capture.patch import patch, together
from tocsin.capture.recorder import Recorder
from tocsin.capture.request import Request, current_request
from tocsin.capture.stream import seeing, watched, watched_async
from tocsin.guard import guard


def hook_django(base: ModuleType, recorder: Recorder) -> Callable[[], None]:
    """See what no view or middleware caught, what a middleware answers with 500 or above, and such answers.

    Returns a function that takes the hooks away.
    """
    from django.core.signals import got_request_exception as signal  # noqa: PLC0415  only where the application uses it

    watch, handler = DjangoWatch(recorder), base.BaseHandler
    signal.connect(watch.on_exception, weak=False)
    return together(
        lambda: signal.disconnect(watch.on_exception),
        patch(handler, "process_exception_by_middleware", watch.process_exception),
        patch(handler, "get_response", watch.get_response),
        patch(handler, "get_response_async", watch.get_response_async),
    )


class DjangoWatch:
    """What the hooks do."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def get_response(self, wrapped: Callable[..., Any], _handler: Any, args: Any, kwargs: Any) -> Any:
        """Around all middleware. No exception leaves it: Django makes responses of them."""
        with self._request(args) as request:
            response = wrapped(*args, **kwargs)
            self._answered(request, response)
            return response

    async def get_response_async(self, wrapped: Callable[..., Any], _handler: Any, args: Any, kwargs: Any) -> Any:
        """The same for ASGI."""
        with self._request(args) as request:
            response = await wrapped(*args, **kwargs)
            self._answered(request, response)
            return response

    def process_exception(self, wrapped: Callable[..., Any], _handler: Any, args: Any, kwargs: Any) -> Any:
        """What a middleware may answer in the view's stead."""
        response = wrapped(*args, **kwargs)
        request = current_request()
        if response is not None and request is not None and args:
            request.error = args[0]
        return response

    @guard("Django hook")
    def on_exception(self, **_: Any) -> None:
        """What nobody caught, sent while it is being handled."""
        request, error = current_request(), sys.exc_info()[1]
        if error is not None:
            (request or self._request(())).escaped(error)

    def _request(self, args: tuple[Any, ...]) -> Request:
        return Request(self._recorder, lambda: _describe(args[0]) if args else {}, lambda: _ask(*args[:1]))

    @guard("Django hook")
    def _answered(self, request: Request, response: Any) -> None:
        request.answered(response.status_code)
        # A file that the server itself may send is left as it is.
        if response.streaming and getattr(response, "file_to_stream", None) is None:
            watch = watched_async if getattr(response, "is_async", False) else watched
            response.streaming_content = watch(response.streaming_content, seeing(self._recorder, request.describe()))


def _ask(request: Any = None) -> dict[str, object]:
    meta = getattr(request, "META", {})
    return {"query": meta.get("QUERY_STRING", ""), "headers": dict(getattr(request, "headers", {}))}


def _describe(request: Any) -> dict[str, str]:
    match = getattr(request, "resolver_match", None)
    return {
        "http.request.method": str(getattr(request, "method", "")),
        "http.route": str(getattr(match, "route", "") or ""),
    }

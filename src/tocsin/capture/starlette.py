"""Failures of requests that Starlette serves, and with it FastAPI."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from tocsin.capture.patch import patch, together
from tocsin.capture.recorder import Recorder
from tocsin.capture.request import Request, current_request
from tocsin.guard import guard


def hook_starlette(applications: ModuleType, recorder: Recorder) -> Callable[[], None]:
    """See what leaves an application, what a handler answers with 500 or above, and such answers.

    Background tasks included: they run before the application returns. Returns a function that takes the hooks away.
    """

    async def serve(wrapped: Callable[..., Any], _app: Any, args: Any, kwargs: Any) -> Any:
        scope, receive, send = args or (kwargs.get(name) for name in ("scope", "receive", "send"))
        if scope.get("type") == "lifespan":
            return await wrapped(*args, **kwargs)
        with Request(recorder, lambda: _describe(scope), lambda: _ask(scope)) as request:
            return await wrapped(scope, receive, _watched(send, request))

    return together(patch(applications.Starlette, "__call__", serve))


def hook_exception_handlers(handling: ModuleType, recorder: Recorder) -> Callable[[], None]:  # noqa: ARG001  as the other hooks
    """Remember what a handler of the application is going to answer. Returns a function that takes the hook away."""

    def lookup(wrapped: Callable[..., Any], _: Any, args: Any, kwargs: Any) -> Any:
        request = current_request()
        if request is not None and args:
            request.error = args[-1]
        return wrapped(*args, **kwargs)

    return patch(handling, "_lookup_exception_handler", lookup)


def _watched(send: Callable[..., Any], request: Request) -> Callable[..., Any]:
    """In an exception handler, the exception that it answers is the one being handled."""

    async def watched(message: Any) -> None:
        if message.get("type") == "http.response.start":
            answered(message)
        await send(message)

    @guard("Starlette hook")
    def answered(message: Any) -> None:
        request.answered(message.get("status", 0))

    return watched


def _ask(scope: Any) -> dict[str, object]:
    """What else was asked, by ASGI's names."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers", ())}
    return {"query": scope.get("query_string", b"").decode("latin-1"), "headers": headers}


def _describe(scope: Any) -> dict[str, str]:
    route = scope.get("route")
    path = getattr(route, "path_format", None) or getattr(route, "path", None) or ""
    return {"http.request.method": scope.get("method", ""), "http.route": str(path)}

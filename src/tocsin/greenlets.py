"""gevent: it makes greenlets of the threads that start after its patch, and knows none of those that run already."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from wrapt import FunctionWrapper, register_post_import_hook

from tocsin.guard import guard


def around_patching(paused: Callable[[], AbstractContextManager[None]]) -> None:
    """Be `paused` while the application, or its server in a worker, patches the threads."""

    def patch_thread(wrapped: Callable[..., Any], _: Any, args: Any, kwargs: Any) -> Any:
        with paused():
            return wrapped(*args, **kwargs)

    @guard("gevent hook")
    def on_import(monkey: Any) -> None:
        monkey.patch_thread = FunctionWrapper(monkey.patch_thread, patch_thread)

    register_post_import_hook(on_import, "gevent.monkey")

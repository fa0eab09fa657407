"""The one fail-safe primitive: whatever goes wrong in our code, the host application does not notice."""

import traceback
from collections import Counter
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import ParamSpec, TypeVar

from tocsin.notices import notices

P = ParamSpec("P")
R = TypeVar("R")


#: Characters of an exception that are shown.
MAX_SAID = 500


class Guard:
    """Suppresses, counts and reports once the exceptions of the code it wraps.

    Only `Exception` is suppressed: `KeyboardInterrupt`, `SystemExit` and the like belong to the host.
    """

    def __init__(self) -> None:
        #: Suppressed exceptions by place; read by the `tocsin.self.guard_failures` metric.
        self.failures: Counter[str] = Counter()
        #: Set by our own tests: raise instead of suppressing.
        self.strict = False

    def __call__(self, where: str) -> Callable[[Callable[P, R]], Callable[P, R | None]]:
        """Decorate an entry from the host into our code; the entry returns None where it failed."""

        def decorate(entry: Callable[P, R]) -> Callable[P, R | None]:
            @wraps(entry)
            def guarded(*args: P.args, **kwargs: P.kwargs) -> R | None:
                try:
                    return entry(*args, **kwargs)
                except Exception as error:  # noqa: BLE001  the reason this module exists
                    self.suppress(where, error)
                    return None

            return guarded

        return decorate

    def block(self, where: str) -> "Block":
        """Guard a block instead of a function."""
        return Block(self, where)

    def suppress(self, where: str, error: Exception) -> None:
        """Count and report an exception that stops here; in our tests, raise it."""
        self.failures[where] += 1
        if self.strict:
            raise error
        try:
            said = _words_of(error)[:MAX_SAID].strip()
            notices.say(f"{where} failed with {said}. The application goes on without it.", once=f"guard:{where}")
        except Exception:  # noqa: BLE001  there may be no stack or no memory left to say it
            return


class Block:
    """A guarded block, as a context manager: a class, for every failure of the application goes through some."""

    __slots__ = ("_guard", "_where")

    def __init__(self, guard: Guard, where: str) -> None:
        self._guard = guard
        self._where = where

    def __enter__(self) -> None:
        """Nothing is to be prepared."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._guard.suppress(self._where, error)
        return True


def _words_of(error: Exception) -> str:
    """What a traceback would print last; the class of an exception, or of one behind it, that cannot be printed."""
    try:
        return "".join(traceback.format_exception_only(error))
    except Exception:  # noqa: BLE001  a foreign exception may raise anything when it is looked at
        return str(type.__dict__["__name__"].__get__(type(error)))


guard = Guard()

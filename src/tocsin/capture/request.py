"""A request while it is served: what failed in it, and how it was answered. The verdict falls once."""

import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING

from opentelemetry import trace

from tocsin.capture.draft import Draft, mark
from tocsin.guard import guard

if TYPE_CHECKING:
    from tocsin.capture.recorder import Recorder
    from tocsin.capture.scope import Scope

#: The innermost request that is being served right now.
_current: ContextVar["Request | None"] = ContextVar("tocsin_request", default=None)


class Request:
    """Around the framework's call of the application, as a context manager: what leaves it, escaped.

    `describe` gives method and route as attributes of the occurrence, once the framework knows them, and `ask` what
    else was asked: `query`, `headers`. Of one exception that a handler answered, of what was logged on the way, and of
    the status, the answer makes one occurrence.
    """

    #: The request within which this one is served.
    outer: "Request | None" = None
    #: What is set and noted in it, outside of any trace.
    scope: "Scope | None" = None
    #: The exception that a handler of the application was called with.
    error: BaseException | None = None
    #: The failure that was seen, the escaped one before any other.
    draft: Draft | None = None
    _is_judged = False
    _token: "Token[Request | None] | None" = None

    def __init__(
        self,
        recorder: "Recorder",
        describe: Callable[[], Mapping[str, str]],
        ask: Callable[[], Mapping[str, object]] = dict,
    ) -> None:
        self._recorder = recorder
        self.describe = describe
        self.ask = ask

    def __enter__(self) -> "Request":  # noqa: PYI034  Self is newer than Python 3.10
        self.outer = _current.get()
        self._token = _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_: TracebackType | None
    ) -> None:
        self._leave(error)
        self.error = None

    @guard("request")
    def _leave(self, error: BaseException | None) -> None:
        if error is not None:
            self.escaped(error)
        if self._token is not None:
            _current.reset(self._token)

    def escaped(self, error: BaseException, span: trace.Span | None = None) -> None:
        """An exception that nobody caught."""
        self._is_judged = True
        self._see(error, _behind(error) or error, handled=False, span=span)

    def answered(self, status: int, span: trace.Span | None = None) -> BaseException | None:
        """How the request was answered; the first answer counts. The exception that it failed with, if there is one."""
        if self._is_judged:
            return None
        self._is_judged = True
        if not self._recorder.is_failed_request(status):
            return None
        handled = status < 500
        answer = self.error or sys.exc_info()[1]
        error = _behind(answer)
        if error is not None:
            self._see(answer, error, handled=handled, span=span)
        elif self.draft is None:
            self.remember(self._recorder.see_answer(status, handled=handled, span=span, context=self.describe()))
        elif not handled:
            self._recorder.escalate(self.draft, span)
        return error

    def _see(
        self, answer: BaseException | None, error: BaseException, *, handled: bool, span: trace.Span | None
    ) -> None:
        draft = self._recorder.see(error, handled=handled, span=span, context=self.describe())
        if draft is not None and answer is not None:
            mark(answer, draft)
        self.remember(draft)

    def remember(self, draft: Draft | None) -> None:
        """A failure was seen; the requests within which this one is served failed by it, too."""
        request: Request | None = self if draft is not None else None
        while request is not None:
            if request.draft is None or request.draft.handled:
                request.draft = draft
            request = request.outer


def current_request() -> Request | None:
    """The innermost request that is being served right now."""
    return _current.get()


def _behind(error: BaseException | None) -> BaseException | None:
    """The exception that an answer stands for: `abort(500)` is one itself, and may stand for what it translates."""
    while error is not None and is_answer(error):
        wrapped = getattr(error, "original_exception", None)
        context = None if error.__suppress_context__ else error.__context__
        error = wrapped or error.__cause__ or context
    return error


def is_answer(error: BaseException) -> bool:
    """Whether raising this is a way to respond: Werkzeug's and Starlette's `HTTPException`."""
    return any(each.__name__ == "HTTPException" for each in type(error).__mro__)

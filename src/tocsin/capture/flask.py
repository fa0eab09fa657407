"""Failures that Flask keeps to itself: those that a broad error handler turns into a response."""

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from opentelemetry import trace

from tocsin.capture.recorder import Recorder
from tocsin.guard import guard

#: Where an exception waits, in the WSGI environment, until it is known how the request was answered.
ANSWERED = "tocsin.answered_error"


def hook_flask(flask: ModuleType, recorder: Recorder) -> Callable[[], None]:
    """See what no handler of the application caught, and what one caught only to answer 500 or above.

    A handler that answers less than 500 has dealt with the error: that is no failure.
    Returns a function that takes the hooks away.
    """
    # Flask asks this for every exception, aside from the call stack: hooked here, we are in nobody's traceback.
    original = flask.Flask._find_error_handler  # noqa: SLF001  see above

    @wraps(original)
    def find_error_handler(self: Any, e: Exception, *args: Any) -> Any:
        handler = original(self, e, *args)
        if handler is not None:
            remember(e)
        return handler

    @guard("Flask hook")
    def remember(error: Exception) -> None:
        if not _is_http(error):
            flask.request.environ[ANSWERED] = error

    @guard("Flask hook")
    def on_exception(_app: Any, exception: Exception, **_: Any) -> None:
        recorder.see(exception, handled=False, context=_context(flask))

    @guard("Flask hook")
    def on_finished(_app: Any, response: Any, **_: Any) -> None:
        error = flask.request.environ.pop(ANSWERED, None)
        if error is not None and response.status_code >= 500:
            recorder.see(error, handled=False, context=_context(flask))
            _record(error, trace.get_current_span())

    flask.Flask._find_error_handler = find_error_handler  # noqa: SLF001  see above
    flask.got_request_exception.connect(on_exception, weak=False)
    flask.request_finished.connect(on_finished, weak=False)

    def unhook() -> None:
        flask.Flask._find_error_handler = original  # noqa: SLF001  see above
        flask.got_request_exception.disconnect(on_exception)
        flask.request_finished.disconnect(on_finished)

    return unhook


def _record(error: Exception, span: trace.Span) -> None:
    """As the instrumentation records what no handler caught; a handler may have done so itself."""
    if not any(event.name == "exception" for event in getattr(span, "events", ())):
        span.record_exception(error)


def _is_http(error: Exception) -> bool:
    """Whether this is `abort(…)`: an answer, not a failure."""
    return hasattr(error, "get_response")


def _context(flask: ModuleType) -> dict[str, str]:
    rule = flask.request.url_rule
    return {"http.request.method": flask.request.method, "http.route": rule.rule if rule else ""}

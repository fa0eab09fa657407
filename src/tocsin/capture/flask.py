"""Failures of requests that Flask serves: those that it keeps to itself, too."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from opentelemetry import trace

from tocsin.capture.patch import patch, together
from tocsin.capture.recorder import Recorder
from tocsin.capture.request import Request, current_request
from tocsin.capture.stream import Watched, seeing
from tocsin.guard import guard


def hook_flask(flask: ModuleType, recorder: Recorder) -> Callable[[], None]:
    """See what no handler of the application caught, what one caught only to answer 500 or above, and such answers.

    A handler that answers less than that has dealt with the error: that is no failure.
    Returns a function that takes the hooks away.
    """
    from werkzeug.wrappers import Response  # noqa: PLC0415  only where the application uses it

    watch = FlaskWatch(flask, recorder)
    # The class itself: the instrumentation puts one of its own into the package.
    application = flask.app.Flask
    flask.got_request_exception.connect(watch.on_exception, weak=False)
    return together(
        lambda: flask.got_request_exception.disconnect(watch.on_exception),
        # Flask asks this for every exception, aside from the call stack: hooked here, we are in nobody's traceback.
        patch(application, "_find_error_handler", watch.find_error_handler),
        patch(application, "__call__", watch.serve),
        # Later than the signal for it, after all that can fail in the application, and at a fifth of its price.
        patch(Response, "__call__", watch.answer),
    )


class FlaskWatch:
    """What the hooks do."""

    def __init__(self, flask: ModuleType, recorder: Recorder) -> None:
        self._flask = flask
        self._recorder = recorder

    def serve(self, wrapped: Callable[..., Any], _app: Any, args: Any, kwargs: Any) -> Any:
        """Around everything: middleware and teardown functions, too."""
        with Request(self._recorder, self._describe, self._ask):
            return wrapped(*args, **kwargs)

    def find_error_handler(self, wrapped: Callable[..., Any], _app: Any, args: Any, kwargs: Any) -> Any:
        """What is going to be answered, by a handler of the application or as it is."""
        request = current_request()
        if request is not None and args:
            request.error = args[0]
        return wrapped(*args, **kwargs)

    @guard("Flask hook")
    def on_exception(self, _app: Any, exception: Exception, **_: Any) -> None:
        """What nobody caught. Under a server of its own, `Flask.wsgi_app` may be called without us around it."""
        request = current_request() or Request(self._recorder, self._describe, self._ask)
        request.escaped(exception)

    def answer(self, wrapped: Callable[..., Any], response: Any, args: Any, kwargs: Any) -> Any:
        """What is answered is about to be sent."""
        self._on_answer(response)
        return wrapped(*args, **kwargs)

    @guard("Flask hook")
    def _on_answer(self, response: Any) -> None:
        request = current_request()
        if request is not None:
            error = request.answered(response.status_code)
            if error is not None:
                _record(error, trace.get_current_span())
        if response.is_streamed and not response.direct_passthrough:
            response.response = Watched(response.response, seeing(self._recorder, self._describe()))

    def _describe(self) -> dict[str, str]:
        if not self._flask.has_request_context():
            return {}
        request = self._flask.request
        return {"http.request.method": request.method, "http.route": request.url_rule.rule if request.url_rule else ""}

    def _ask(self) -> dict[str, object]:
        if not self._flask.has_request_context():
            return {}
        request = self._flask.request
        return {"query": request.query_string.decode("latin-1"), "headers": dict(request.headers)}


def _record(error: BaseException, span: trace.Span) -> None:
    """As the instrumentation records what no handler caught; a handler may have done so itself."""
    if not any(event.name == "exception" for event in getattr(span, "events", ())):
        span.record_exception(error)

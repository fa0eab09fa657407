"""Whatever goes wrong in our code, the host application does not notice; a line on stderr says so, once."""

import logging
import sys
import threading

import pytest

from tocsin.guard import Guard
from tocsin.guard import guard as the_guard
from tocsin.notices import notices


@pytest.fixture
def guard(monkeypatch):
    monkeypatch.setattr(notices, "_said", set())
    return Guard()


class UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def test_it_suppresses_counts_and_says_so_once(guard, capsys):
    @guard("flask hook")
    def hook(number):
        """Documented."""
        return 1 / number

    assert (hook(1), hook(0), hook(0)) == (1.0, None, None)
    assert guard.failures == {"flask hook": 2}
    assert capsys.readouterr().err == (
        "tocsin: flask hook failed with ZeroDivisionError: division by zero. The application goes on without it.\n"
    )
    assert (hook.__name__, hook.__doc__) == ("hook", "Documented.")


def test_a_block_is_guarded_too(guard, capsys):
    with guard.block("exit"):
        raise OSError("disk\nfull")
    assert guard.failures == {"exit": 1}
    assert "exit failed with OSError: disk full." in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_belongs_to_the_host_passes(guard, error):
    @guard("hook")
    def hook():
        raise error

    with pytest.raises(error):
        hook()
    assert not guard.failures


def test_an_exception_without_words_is_said_without(guard, capsys):
    with guard.block("hook"):
        raise UnprintableError
    assert "UnprintableError" in capsys.readouterr().err


def test_a_long_exception_is_cut(guard, capsys):
    with guard.block("hook"):
        raise ValueError("x" * 1_000_000)
    assert len(capsys.readouterr().err) < 1000


def test_our_own_tests_are_told(guard):
    guard.strict = True
    with pytest.raises(ValueError, match="x"), guard.block("hook"):
        raise ValueError("x")


@pytest.fixture
def told(monkeypatch):
    """What the interpreter's hooks of the host were told, which are there before ours."""
    told = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: told.append(kind))
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_type))
    return told


@pytest.fixture
def app(told, monkeypatch, tmp_path):
    """A Flask application with everything on, in which the recorder has a bug."""
    pytest.importorskip("flask")
    pytest.importorskip("opentelemetry.instrumentation.flask")
    from flask import Flask
    from opentelemetry.instrumentation.flask import FlaskInstrumentor
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    from tocsin.capture import Capture, attach_log_record_processor, attach_span_processor
    from tocsin.capture.recorder import Inbox, Recorder
    from tocsin.config import Config
    from tocsin.store import Store

    def bug(*_, **__):
        raise ZeroDivisionError("bug in tocsin")

    for kind, name in ((Recorder, "see"), (Recorder, "see_message"), (Recorder, "see_exported"), (Inbox, "measure")):
        monkeypatch.setattr(kind, name, bug)
    monkeypatch.setattr("tocsin.capture.spans.is_measured", bug)
    monkeypatch.setattr("tocsin.capture.redaction.Redaction._span", bug)
    monkeypatch.setattr("tocsin.capture.redaction.Redaction._log_record", bug)
    monkeypatch.setattr(the_guard, "strict", False)
    monkeypatch.setattr(notices, "_said", set())
    resource = Resource.create()
    tracer_provider, logger_provider, meter_provider = (
        kind(resource=resource, shutdown_on_exit=False) for kind in (TracerProvider, LoggerProvider, MeterProvider)
    )
    capture = Capture(
        Config(store=tmp_path / "tocsin.db"),
        store=Store(tmp_path / "tocsin.db"),
        resource=resource,
        meter=meter_provider.get_meter("tocsin"),
    )
    attach_span_processor(tracer_provider, capture.span_processor)
    attach_log_record_processor(logger_provider, capture.log_record_processor)
    capture.hook(finish=lambda: None)
    app = Flask("shop")
    FlaskInstrumentor().instrument_app(app, tracer_provider=tracer_provider)
    app.tracer, app.logger_provider = tracer_provider.get_tracer("shop"), logger_provider
    yield app
    capture.unhook()
    FlaskInstrumentor().uninstrument_app(app)


def test_a_bug_in_any_hook_reaches_nobody(app, capsys, monkeypatch):
    monkeypatch.setattr("tocsin.capture.traceback_text.TracebackText.format", lambda *_: 1 / 0)

    @app.get("/fail")
    def fail():
        with app.tracer.start_as_current_span("inner") as span:
            span.add_event("exception", {"exception.type": "ValueError"})
            logging.getLogger("shop").error("failing")
        raise LookupError("nothing here")

    @app.get("/swallowed")
    def swallowed():
        raise OverflowError("too much")

    @app.errorhandler(OverflowError)
    def on_overflow(error):
        return "sorry", 503

    client = app.test_client()
    assert client.get("/fail").status_code == 500
    assert client.get("/swallowed").status_code == 503
    assert client.get("/missing").status_code == 404

    app.logger_provider.get_logger("shop").emit(body="a record")
    assert set(the_guard.failures) == {
        "Flask hook",
        "logging hook",
        "record_exception hook",
        "span processor, ending",
        "span processor, failure",
        "masking of spans",
        "masking of log records",
        "log record's traceback",
    }
    said = capsys.readouterr().err.splitlines()
    assert len([line for line in said if line.startswith("tocsin: ")]) == len(the_guard.failures)


def test_a_bug_keeps_no_hook_of_the_host_from_being_called(told, app):
    sys.excepthook(LookupError, LookupError("x"), None)
    thread = threading.Thread(target=int, args=("x",))
    thread.start()
    thread.join()
    assert told == [LookupError, ValueError]
    assert the_guard.failures["excepthook"] == 2

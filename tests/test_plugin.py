"""Tocsin gets into a process: once, whatever it finds there, and never at the application's expense."""

import subprocess
import sys
import textwrap

import pytest

PREAMBLE = """
import sys, threading, time
from opentelemetry import metrics, trace, _logs
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
import tocsin
from tocsin import plugin
from tocsin.store import Store

exporter = InMemorySpanExporter()

def provider(**options):
    made = TracerProvider(resource=Resource.create({"service.name": "shop"}), **options)
    made.add_span_processor(SimpleSpanProcessor(exporter))
    return made

def fail():
    try:
        with trace.get_tracer("shop").start_as_current_span("work"):
            raise LookupError("card of jane@example.com")
    except LookupError:
        pass

"""


@pytest.fixture
def run(tmp_path):
    """Runs a script in a process of its own: installing is for the life of a process."""

    def run(script, *command, **env):
        (tmp_path / "script.py").write_text(PREAMBLE + textwrap.dedent(script))
        defaults = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": ":".join(filter(None, sys.path)),
            "HOME": str(tmp_path),
            "TOCSIN_STORE": str(tmp_path / "tocsin.db"),
            "TOCSIN_EVALUATE": "false",
        }
        done = subprocess.run(
            command or [sys.executable, "script.py"],
            env=defaults | env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        done.said = [line for line in done.stderr.splitlines() if line.startswith("tocsin: ")]
        done.others = [line for line in done.stderr.splitlines() if not line.startswith("tocsin: ")]
        return done

    return run


@pytest.fixture
def issues(tmp_path):
    """What a process has left in the store."""
    from tocsin.store import Store

    store = Store(tmp_path / "tocsin.db")
    yield lambda: [(issue.title, issue.count) for issue in store.issues.recent()]
    store.close()


def test_install_attaches_to_an_sdk_that_was_configured_in_code(run, issues):
    done = run("""
        trace.set_tracer_provider(provider())
        tocsin.install()
        fail()
        (span,) = exporter.get_finished_spans()
        print(span.attributes["tocsin.error.handled"], span.events[0].attributes["exception.message"])
    """)
    assert (done.stdout, done.others) == ("True card of [email]\n", [])
    assert len(done.said) == 1
    assert "service shop" in done.said[0]
    assert issues() == [("LookupError: card of [email]", 1)]


def test_install_twice_is_install_once(run, issues):
    done = run("""
        trace.set_tracer_provider(provider())
        for _ in range(3):
            tocsin.install()
        plugin.pre_instrument()
        plugin.post_instrument()
        fail()
        processors = trace.get_tracer_provider()._active_span_processor._span_processors
        print(len([each for each in processors if "Tocsin" in type(each).__name__]))
        threads = [each.name for each in threading.enumerate() if each.name.startswith("tocsin")]
        print(len(threads) == len(set(threads)))
    """)
    assert (done.stdout, len(done.said), done.others) == ("1\nTrue\n", 1, [])
    assert issues() == [("LookupError: card of [email]", 1)]


def test_install_after_the_launchers_hooks_says_which_settings_come_too_late(run):
    done = run("""
        plugin.pre_instrument()
        plugin.post_instrument()
        tocsin.install(release="8", mask=False)
        tocsin.install()
        print(plugin.runtime().settings.config.release)
    """)
    assert done.stdout == "\n"
    assert done.said[-1] == "tocsin: install() came too late for release, mask: Tocsin is installed already"


def test_bad_settings_are_said_and_the_rest_holds(run, tmp_path):
    done = run("""
        trace.set_tracer_provider(provider())
        tocsin.install(flush_interval="soon", flsh_interval="1s", webhook_url="no-url-at-all", release="8")
        config = plugin.runtime().settings.config
        print(config.flush_interval, config.release)
    """)
    assert (done.stdout, done.returncode) == ("1.0 8\n", 0)
    assert len(done.said) == 2
    assert "flush_interval = 'soon' (argument flush_interval): must be a duration" in done.said[1]
    assert "flsh_interval (argument): is not a setting; did you mean flush_interval?" in done.said[1]
    assert "webhook_url (argument webhook_url): must be a URL" in done.said[1]
    assert "no-url-at-all" not in done.stderr


def test_the_banner_has_no_secret(run):
    done = run("""
        trace.set_tracer_provider(provider())
        tocsin.install(webhook_url="https://hooks.example.com/very-secret", evaluate=True)
    """)
    assert done.said
    assert "very-secret" not in done.stderr


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ({"OTEL_SDK_DISABLED": "true"}, "tocsin: off, because OTEL_SDK_DISABLED is true"),
        ({"OTEL_SDK_DISABLED": " True "}, "tocsin: off, because OTEL_SDK_DISABLED is true"),
        ({"TOCSIN_ENABLED": "false"}, "tocsin: off, because of TOCSIN_ENABLED"),
    ],
)
def test_off_is_off_and_said(run, tmp_path, env, line):
    done = run(
        """
        import logging
        trace.set_tracer_provider(provider())
        before = sys.excepthook, threading.excepthook, logging.Logger.callHandlers
        tocsin.install()
        plugin.pre_instrument()
        plugin.post_instrument()
        fail()
        print(before == (sys.excepthook, threading.excepthook, logging.Logger.callHandlers), plugin.runtime())
        print([each.name for each in threading.enumerate() if each.name.startswith("tocsin")])
        """,
        **env,
    )
    assert done.stdout == "True None\n[]\n"
    assert (done.said, done.others) == ([line], [])
    assert not (tmp_path / "tocsin.db").exists()


def test_a_tracer_provider_that_is_not_the_sdks(run, issues):
    done = run("""
        import logging

        class Foreign(trace.TracerProvider):
            def get_tracer(self, *_, **__):
                return trace.NoOpTracer()

        trace.set_tracer_provider(Foreign())
        tocsin.install()
        fail()
        logging.getLogger("shop").error("order %s is lost", 7)
    """)
    assert done.returncode == 0
    assert "tocsin: spans are neither masked nor measured, for Foreign is not the SDK's" in done.said
    assert len(done.said) == 2
    assert issues() == [("order %s is lost", 1)]


def test_an_installation_that_fails_is_said_and_nothing_else(run):
    done = run("""
        plugin.Runtime = lambda *_, **__: 1 / 0
        tocsin.install()
        plugin.pre_instrument()
        plugin.post_instrument()
        print("on it goes")
    """)
    assert (done.stdout, done.returncode, done.others) == ("on it goes\n", 0, [])
    assert done.said == [
        "tocsin: installation failed with ZeroDivisionError: division by zero. The application goes on without it."
    ]


def test_providers_that_cannot_be_loaded_are_the_hosts_trouble_alone(run):
    done = run("""
        def broken():
            raise RuntimeError("no such provider")

        trace.get_tracer_provider = broken
        tocsin.install()
        plugin.pre_instrument()
        print("on it goes")
    """)
    assert (done.stdout, done.returncode) == ("on it goes\n", 0)
    assert "installation failed with RuntimeError: no such provider" in done.said[0]


@pytest.mark.parametrize("closing", ["sys.stderr.close()", "sys.stderr = None", "import os; os.close(2)"])
def test_without_a_stderr(run, issues, closing):
    done = run(f"""
        {closing}
        trace.set_tracer_provider(provider())
        tocsin.install(flush_interval="soon")
        fail()
        print("done")
    """)
    assert (done.stdout, done.returncode) == ("done\n", 0)
    assert issues() == [("LookupError: card of [email]", 1)]


def test_failures_of_the_last_moment_are_in_the_store(run, issues):
    done = run("""
        trace.set_tracer_provider(provider())
        tocsin.install(flush_interval="1h")
        raise LookupError("the end")
    """)
    assert done.returncode == 1
    assert done.others[-1] == "LookupError: the end"
    assert issues() == [("LookupError: the end", 1)]


def test_a_hanging_exporter_does_not_keep_the_process(run, issues):
    done = run("""
        class Hanging(InMemorySpanExporter):
            def shutdown(self):
                threading.Event().wait()

        made = TracerProvider()
        made.add_span_processor(SimpleSpanProcessor(Hanging()))
        trace.set_tracer_provider(made)
        tocsin.install(exit_timeout="300ms", flush_interval="1h")
        fail()
    """)
    assert done.returncode == 0
    assert done.said[-1] == "tocsin: traces not sent within 0.3 s at exit; is the endpoint up?"
    assert issues() == [("LookupError: card of [email]", 1)]


@pytest.mark.parametrize("options", ["", "shutdown_on_exit=False"])
def test_a_provider_that_the_application_shuts_down_is_shut_down_once(run, options):
    done = run(f"""
        class Counting(InMemorySpanExporter):
            def shutdown(self):
                print("shut down")

        made = TracerProvider({options})
        made.add_span_processor(SimpleSpanProcessor(Counting()))
        meter_provider = MeterProvider({options})
        trace.set_tracer_provider(made)
        metrics.set_meter_provider(meter_provider)
        tocsin.install()
        made.shutdown()
        meter_provider.shutdown()
    """)
    assert (done.stdout, done.others) == ("shut down\n", [])


def test_a_provider_that_the_application_leaves_is_shut_down_once(run):
    done = run("""
        class Counting(InMemorySpanExporter):
            def shutdown(self):
                print("shut down")

        made = TracerProvider()
        made.add_span_processor(SimpleSpanProcessor(Counting()))
        trace.set_tracer_provider(made)
        tocsin.install()
    """)
    assert (done.stdout, done.others) == ("shut down\n", [])


def test_a_forked_child_writes_its_own(run, issues):
    done = run("""
        import os, warnings
        warnings.simplefilter("ignore")
        trace.set_tracer_provider(provider())
        tocsin.install(flush_interval="50ms")
        fail()
        pid = os.fork()
        if pid == 0:
            fail()
            plugin.runtime().finish()
            os._exit(0)
        print(os.waitpid(pid, 0)[1])
    """)
    assert done.stdout == "0\n"
    assert issues() == [("LookupError: card of [email]", 2)]


def test_what_is_public_is_there_without_importing_the_sdk(run):
    done = run(
        "",
        sys.executable,
        "-c",
        "import sys, tocsin; print(tocsin.__version__ != '', 'opentelemetry.sdk' in sys.modules);"
        "print(tocsin.install, tocsin.TocsinSpanProcessor, tocsin.TocsinLogRecordProcessor)",
    )
    assert done.stdout.startswith("True False\n<function install")

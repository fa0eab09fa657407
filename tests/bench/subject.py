"""One process that is measured: a Flask application, asked for blocks of requests over stdin, answering on stdout."""

import gc
import json
import logging
import os
import sys
import time
from pathlib import Path

import psutil
from flask import Flask
from opentelemetry import trace
from sqlalchemy import create_engine, text
from werkzeug.test import create_environ, run_wsgi_app

if "--sentry" in sys.argv:
    import sentry_sdk

    sentry_sdk.init(dsn=sys.argv[sys.argv.index("--sentry") + 1], traces_sample_rate=0.0)

handler = logging.StreamHandler(Path("/dev/null").open("w"))  # noqa: SIM115  for the life of the process
handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
logging.getLogger().addHandler(handler)

app = Flask("subject")
engine = create_engine("sqlite://")
tracer = trace.get_tracer("subject")
#: What an application asks binds its values.
QUERY = text("SELECT :order AS id")
#: A storm's failures happen where an application of this size may fail: in each of a thousand functions.
VERBS = ["book", "cancel", "check", "count", "find", "load", "price", "reserve", "save", "ship"]
THINGS = ["address", "basket", "coupon", "invoice", "order", "parcel", "payment", "product", "refund", "voucher"]
PLACES = ["archive", "branch", "depot", "fair", "gallery", "harbour", "kiosk", "market", "office", "warehouse"]
#: Different messages of a storm.
MESSAGES = 10_000


def functions(folder):
    """Twelve calls that lead to a failure one after the other, and those of a storm, each in a line of its own."""
    source = ["def deep_0():\n    raise ValueError('12 frames deep')\n"]
    source += [f"def deep_{number}():\n    deep_{number - 1}()\n" for number in range(1, 12)]
    source += [storm_functions(verb, thing) for verb in VERBS for thing in THINGS]
    source += [storm_function(verb, "thing", THINGS, f"{verb}_{{}}", "place, number") for verb in VERBS]
    path = folder / f"application_{os.getpid()}.py"
    path.write_text("\n".join(source))
    names = {"__name__": "application"}
    exec(compile(path.read_text(), str(path), "exec"), names)
    return names


def storm_functions(verb, thing):
    """What is done with a thing in each place, and what calls that."""
    done = [
        f"def {verb}_{thing}_of_{place}(number):\n    raise ValueError(f'{thing} {{number}} is lost')\n"
        for place in PLACES
    ]
    return "\n".join([*done, storm_function(f"{verb}_{thing}", "place", PLACES, f"{verb}_{thing}_of_{{}}", "number")])


def storm_function(name, key, keys, callee, given):
    """What calls one of ten, by its key."""
    table = ", ".join(f"'{each}': {callee.format(each)}" for each in keys)
    call = f"def {name}({key}, {given}):\n    {name.upper()}[{key}]({given})\n"
    return f"{name.upper()} = {{{table}}}\n\n{call}"


application = functions(Path(sys.argv[1]))


@app.get("/ok")
def ok():
    with engine.connect() as connection:
        return str(connection.execute(QUERY, {"order": 1}).scalar())


@app.get("/fail")
def fail():
    application["deep_11"]()


def serve(path, requests):
    """Wall and CPU microseconds a request."""
    environ = create_environ(path, "http://localhost")
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(requests):
        run_wsgi_app(app, environ.copy())
    return (time.perf_counter() - wall) / requests * 1e6, (time.process_time() - cpu) / requests * 1e6


class Storm:
    """Failures of a thousand stacks and ten thousand messages, each in a span of its own."""

    def __init__(self):
        self._failures = 0

    def __call__(self, failures):
        """Wall and CPU microseconds a failure."""
        wall, cpu = time.perf_counter(), time.process_time()
        for number in range(self._failures, self._failures + failures):
            self._fail(number)
        self._failures += failures
        return (time.perf_counter() - wall) / failures * 1e6, (time.process_time() - cpu) / failures * 1e6

    def _fail(self, number):
        verb, thing, place = VERBS[number % 10], THINGS[number // 10 % 10], PLACES[number // 100 % 10]
        try:
            with tracer.start_as_current_span("work"):
                application[verb](thing, place, number % MESSAGES)
        except ValueError:
            pass


def memory():
    """Megabytes that only this process has."""
    return psutil.Process().memory_full_info().uss / 2**20


def main():
    gc.freeze()
    print(json.dumps(time.process_time() * 1000), flush=True)
    storm = Storm()
    commands = {"memory": lambda _: memory(), "storm": storm}
    for line in sys.stdin:
        name, count = line.split()
        answer = commands[name](int(count)) if name in commands else serve(name, int(count))
        print(json.dumps(answer), flush=True)


main()

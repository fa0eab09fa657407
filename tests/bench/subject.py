"""One process that is measured: a Flask application, asked for blocks of requests over stdin, answering on stdout."""

import gc
import json
import logging
import sys
import time
from pathlib import Path

import psutil
from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

if "--sentry" in sys.argv:
    import sentry_sdk

    sentry_sdk.init(dsn=sys.argv[sys.argv.index("--sentry") + 1], traces_sample_rate=0.0)

handler = logging.StreamHandler(Path("/dev/null").open("w"))  # noqa: SIM115  for the life of the process
handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
logging.getLogger().addHandler(handler)

app = Flask("subject")


def deep(frames):
    if frames == 0:
        raise ValueError("12 frames deep")
    deep(frames - 1)


@app.get("/ok")
def ok():
    return "fine"


@app.get("/fail")
def fail():
    deep(11)


def block(path, requests):
    """Wall and CPU microseconds a request."""
    environ = create_environ(path, "http://localhost")
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(requests):
        run_wsgi_app(app, environ.copy())
    return (time.perf_counter() - wall) / requests * 1e6, (time.process_time() - cpu) / requests * 1e6


def memory():
    """Megabytes that only this process has."""
    return psutil.Process().memory_full_info().uss / 2**20


def main():
    gc.freeze()
    print("ready", flush=True)
    for line in sys.stdin:
        path, requests = line.split()
        answer = memory() if path == "memory" else block(path, int(requests))
        print(json.dumps(answer), flush=True)


main()

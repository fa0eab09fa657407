"""One application, in two frameworks, for every server: `servers:wsgi` and `servers:asgi`."""

import logging
import os
import time

from fastapi import FastAPI
from flask import Flask
from opentelemetry import metrics
from starlette.responses import PlainTextResponse

log = logging.getLogger("shop")
served = metrics.get_meter("shop").create_counter("shop.served")

# With --preload, this is before the fork: it happened once, and not in each worker.
log.error("loaded with a warning")
served.add(1, {"where": "import"})

wsgi = Flask("servers")
asgi = FastAPI()


@wsgi.get("/health")
def health():
    return str(os.getpid())


@wsgi.get("/ok")
def ok():
    served.add(1, {"where": "request"})
    return "ok"


@wsgi.get("/fail/<int:number>")
def fail(number):
    time.sleep(0.001)
    raise LookupError(f"nothing under {number}")


@wsgi.get("/logged/<int:number>")
def logged(number):
    try:
        int(f"number {number}")
    except ValueError:
        log.exception("not a number")
    return "ok"


@asgi.get("/health")
async def async_health():
    return PlainTextResponse(health())


@asgi.get("/ok")
async def async_ok():
    return PlainTextResponse(ok())


@asgi.get("/fail/{number}")
async def async_fail(number: int):
    raise LookupError(f"nothing under {number}")


@asgi.get("/logged/{number}")
def threaded_logged(number: int):
    return PlainTextResponse(logged(number))

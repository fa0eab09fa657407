"""Raises the errors of the applications beside this file: each cause several times, deployed here and there, entered in
several ways, exported as spans and log records of older and newer SDKs do. Nothing is stored; libraries are real."""

import asyncio
import concurrent.futures
import importlib
import itertools
import random
import re
import shutil
import socket
import sys
import threading
import traceback
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import click
import flask

APPS = Path(__file__).parent / "apps"

ENTRY = """
import asyncio, concurrent.futures, functools
import click, flask


def direct(fn):
    return fn()


def web(fn):
    app = flask.Flask("entry")
    app.testing = True

    @app.route("/do")
    def handle():
        return str(fn())

    return app.test_client().get("/do")


def worker(fn):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return pool.submit(fn).result()


def loop(fn):
    return asyncio.run(asyncio.to_thread(fn))


def command(fn):
    @click.command()
    def run():
        fn()

    return run.main([], standalone_mode=False)


def timed(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def decorated(fn):
    return timed(timed(fn))()


def wrapped(fn):
    try:
        return fn()
    except Exception as error:
        raise RuntimeError("the request failed") from error
"""
WAYS = ("direct", "web", "worker", "loop", "command", "decorated", "wrapped")
#: Where an application lies, and where its libraries do.
ROOTS = (
    ("/srv/app", "/srv/venv/lib/python3.12/site-packages", "/usr/lib/python3.12"),
    ("/opt/releases/20260101", "/opt/venv/lib/python3.13/site-packages", "/usr/local/lib/python3.13"),
    ("/home/deploy/current", "/home/deploy/.venv/lib/python3.11/site-packages", "/usr/lib/python3.11"),
    ("/var/task", "/var/lang/lib/python3.12/site-packages", "/var/lang/lib/python3.12"),
    ("/app", "/usr/local/lib/python3.14/site-packages", "/usr/local/lib/python3.14"),
    ("/srv/deploy/blue", "/srv/deploy/venv/lib/python3.11/site-packages", "/usr/lib/python3.11"),
    ("/srv/shops/releases/r20260103", "/srv/venv/lib/python3.12/site-packages", "/usr/lib/python3.12"),
    ("C:\\inetpub\\live", "C:\\venv\\Lib\\site-packages", "C:\\Python312\\Lib"),
    ("/usr/local/lib/python3.12/site-packages", "/usr/local/lib/python3.12/site-packages", "/usr/local/lib/python3.12"),
)
#: How an SDK writes one exception down.
FORMS = ("span", "old span", "log")


class Answers(BaseHTTPRequestHandler):
    """Answers `/503/…` with 503, `/html/…` with no JSON, `/slow/…` too late."""

    def do_GET(self):
        kind = self.path.split("/")[1]
        if kind == "slow":
            threading.Event().wait(0.2)
        self.send_response(int(kind) if kind.isdigit() else 200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"<html>")

    do_POST = do_GET  # noqa: N815  as the server calls it

    def handle(self):
        with suppress(OSError):
            super().handle()

    def log_message(self, *_):
        pass


class World(SimpleNamespace):
    """What the causes find: modules, a server, ports where nobody listens, folders."""

    def closed(self, n):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            return listener.getsockname()[1]

    def host(self, name, kind):
        return f"http://{name}.internal:{self.port}/{kind}"

    def folder(self, n):
        return str(self.scratch)

    def object(self, **attributes):
        return type("Order", (), attributes)()

    def redis(self, values):
        import fakeredis

        server = fakeredis.FakeRedis()
        server.mset(values)
        return server


@contextmanager
def deployed(package, root, shift):
    """The package and an entry module, imported from a root of their own with lines shifted."""
    shutil.copytree(package, root / package.name)
    (root / "main_entry.py").write_text("\n" * shift + ENTRY)
    for module in (root / package.name).glob("*.py"):
        module.write_text("# a release\n" * shift + module.read_text())
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    try:
        names = [f"{package.name}.{path.stem}" for path in sorted(package.glob("[a-z]*.py"))]
        yield (
            {name.rpartition(".")[2]: importlib.import_module(name) for name in names},
            importlib.import_module("main_entry"),
        )
    finally:
        sys.path.remove(str(root))
        for name in [name for name in sys.modules if name.split(".")[0] in {package.name, "main_entry"}]:
            del sys.modules[name]


@contextmanager
def internal_names():
    """`*.internal` is this machine, `*.invalid` is nowhere."""
    real = socket.getaddrinfo

    def look_up(host, *args, **kwargs):
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name.endswith(".invalid"):
            raise socket.gaierror(-2, "Name or service not known")
        return real("127.0.0.1" if name.endswith(".internal") else host, *args, **kwargs)

    socket.getaddrinfo = look_up
    try:
        yield
    finally:
        socket.getaddrinfo = real


def raised(way, call):
    try:
        way(call)
    except BaseException as error:  # noqa: BLE001  whatever it is, it is what was asked for
        return error
    raise AssertionError("nothing was raised")


def exported(error, form, places):
    kind = type(error)
    name = (
        kind.__qualname__
        if form != "span" or kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    text = "".join(traceback.format_exception(error))
    for here, there in places:
        text = text.replace(here, there)
    text = re.sub(r'File "C:[^"]*"', lambda match: match[0].replace("/", "\\"), text)
    return {"exception.type": name, "exception.message": str(error), "exception.stacktrace": _without_generator(text)}


def _without_generator(text):
    """The stack trace without the frames of this file and of the causes."""
    kept, skipping = [], False
    for line in text.split("\n"):
        bare = line.lstrip(" |")
        if bare.startswith('File "'):
            skipping = "make_errors.py" in bare or "causes.py" in bare
        elif not line[:1].isspace() or (
            not bare.startswith((" ", "~", "^")) and not line.startswith(("    ", "  |    "))
        ):
            skipping = False
        if not skipping:
            kept.append(line)
    return "\n".join(kept)


def errors(name, folder, *, roots=ROOTS, each=9):
    """The labelled events of one set (`visible`, `held_out`): {id, root, entry, category, form, attributes}."""
    chance = random.Random(name)
    (package,) = (path for path in (APPS / name).iterdir() if path.is_dir() and not path.name.startswith("__"))
    causes = importlib.util.spec_from_file_location(f"{name}_causes", APPS / name / "causes.py")
    module = importlib.util.module_from_spec(causes)
    causes.loader.exec_module(module)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    numbers = itertools.count()
    found = []
    with internal_names():
        for index, (root, libraries, standard) in enumerate(roots):
            here = folder / f"root{index}"
            scratch = folder / f"scratch{index}"
            scratch.mkdir()
            with deployed(package, here, index) as (modules, entry):
                world = World(**modules, port=server.server_address[1], scratch=scratch)
                places = ((str(here), root), (_SITE, libraries), (_STANDARD, standard))
                for position, (label, category, call) in enumerate(module.CAUSES):
                    way = WAYS[(index + position) % len(WAYS)]
                    n = index + 1
                    error = raised(getattr(entry, way), lambda call=call, world=world, n=n: call(world, n))
                    attributes = exported(error, FORMS[chance.randrange(3)], places)
                    found.append(
                        {
                            "id": f"{name}-{next(numbers)}",
                            "root": label,
                            "entry": f"{label}@{way}",
                            "category": category,
                            "attributes": attributes,
                        }
                    )
                    error.__traceback__ = None
    server.shutdown()
    server.server_close()
    return found


_SITE = str(Path(flask.__file__).parents[1])
_STANDARD = str(Path(asyncio.__file__).parents[1])
__all__ = ["click", "concurrent", "errors"]

"""A database call that fails is one occurrence, however it is raised, with its statement and without its values."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from opentelemetry.trace import SpanKind

pytest.importorskip("sqlalchemy")
pytest.importorskip("opentelemetry.instrumentation.sqlalchemy")
pytest.importorskip("opentelemetry.instrumentation.logging")

import sqlalchemy
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from sqlalchemy import create_engine, exc, text

from tocsin.capture.database import MAX_STATEMENT, without_values


class RepositoryError(Exception):
    def __init__(self, orig):
        super().__init__("the repository does not answer")
        self.orig = orig


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """A server of its own; PostgreSQL refuses to be root."""
    pytest.importorskip("psycopg", reason="PostgreSQL needs psycopg")
    folder, port, user = tmp_path_factory.mktemp("postgres"), free_port(), {}
    if os.geteuid() == 0:
        name = next((name for name in ("postgres", "nobody") if is_user(name)), None)
        if name is None:
            pytest.skip("there is no user but root to run PostgreSQL")
        for path in (folder, *folder.parents[:-2]):
            path.chmod(0o755)
        shutil.chown(folder, name)
        user = {"user": name}
    initdb = [program("initdb"), "--auth=trust", "--username=shop", "--no-sync", "--pgdata", str(folder / "data")]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **user)
    command = [program("postgres"), "-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **user)
    try:
        wait_for(f"host=127.0.0.1 port={port} user=shop dbname=postgres")
        yield f"postgresql+psycopg://shop@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(30)


def program(name):
    """The program, also where Debian hides it."""
    found = shutil.which(name) or next(iter(sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))), None)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def is_user(name):
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(address):
    import psycopg

    deadline = time.monotonic() + 30
    while True:
        try:
            return psycopg.connect(address).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    return f"sqlite:///{tmp_path}/shop.db" if request.param == "sqlite" else request.getfixturevalue("postgres")


@pytest.fixture(params=[True, False], ids=["instrumented", "alone"])
def engine(request, host, address):
    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.01, "poolclass": sqlalchemy.QueuePool}
    made = create_engine(address, **options)
    if request.param:
        SQLAlchemyInstrumentor().instrument(engine=made, tracer_provider=host.tracer_provider)
    yield made
    made.dispose()
    if request.param:
        SQLAlchemyInstrumentor().uninstrument()


def no_such_table(engine):
    with engine.connect() as connection:
        connection.execute(text("SELECT name FROM carts WHERE owner = 'Jane Doe' AND size > 17"))


def lost_connection(engine):
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.driver_connection.close()
        else:
            backend = connection.execute(text("SELECT pg_backend_pid()")).scalar()
            other = create_engine(engine.url)
            with other.connect() as killer:
                killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
            other.dispose()
        connection.execute(text("SELECT 'Jane Doe'"))


def exhausted_pool(engine):
    with engine.connect():
        engine.connect()


FAILURES = {no_such_table: "SELECT name FROM carts WHERE owner = ? AND size > ?", lost_connection: "SELECT ?"}


def raised_through(host, logger, fail):
    with pytest.raises(exc.SQLAlchemyError), host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER):
        fail()


def caught(host, logger, fail):
    with host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER):
        try:
            fail()
        except exc.SQLAlchemyError:
            logger.exception("failed")


def wrapped_with_cause(host, logger, fail):
    def work():
        try:
            fail()
        except exc.SQLAlchemyError as error:
            logger.exception("failed")
            raise RepositoryError(None) from error

    with pytest.raises(RepositoryError), host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER):
        work()


def wrapped_with_orig(host, logger, fail):
    def translate(error):
        raise RepositoryError(error)

    def work():
        try:
            fail()
        except exc.SQLAlchemyError as error:
            logger.exception("failed")
            translate(error)

    with pytest.raises(RepositoryError), host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER):
        work()


def original_logged(host, logger, fail):
    """The driver's exception is logged, SQLAlchemy's goes on."""

    def work():
        try:
            fail()
        except exc.SQLAlchemyError as error:
            logger.error("failed", exc_info=getattr(error, "orig", None) or error)  # noqa: TRY400  not the same
            raise

    with pytest.raises(exc.SQLAlchemyError), host.tracer.start_as_current_span("SERVER", kind=SpanKind.SERVER):
        work()


WAYS = [raised_through, caught, wrapped_with_cause, wrapped_with_orig, original_logged]


def named(function):
    return getattr(function, "__name__", str(function))


@pytest.mark.parametrize("way", WAYS, ids=named)
@pytest.mark.parametrize("failure", FAILURES, ids=named)
def test_a_failing_statement_is_one_occurrence(host, logger, engine, failure, way):
    way(host, logger, lambda: failure(engine))
    (issue,) = host.issues()
    assert (issue.count, issue.handled) == (1, way is caught)
    occurrence = host.occurrence()
    assert occurrence.attributes["db.query.text"] == FAILURES[failure]
    assert occurrence.attributes["db.system.name"] == engine.dialect.name
    assert occurrence.attributes["db.namespace"] == engine.url.database
    assert "Jane" not in str(occurrence.attributes)


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_an_exhausted_pool_is_one_occurrence(host, logger, engine, way):
    way(host, logger, lambda: exhausted_pool(engine))
    (issue,) = host.issues()
    assert (issue.count, issue.handled) == (1, way is caught)
    assert issue.category == "resource_exhaustion"


def test_what_the_application_expected_is_no_failure(host, engine):
    with contextlib.suppress(exc.SQLAlchemyError):
        no_such_table(engine)
    assert host.issues() == []


def test_a_server_that_is_down(host, logger):
    pytest.importorskip("psycopg")
    engine = create_engine(f"postgresql+psycopg://shop@127.0.0.1:{free_port()}/shop")
    raised_through(host, logger, engine.connect)
    (issue,) = host.issues()
    assert (issue.count, issue.handled, issue.category) == (1, False, "network")
    assert host.occurrence().attributes["db.system.name"] == "postgresql"


def test_unhooked_it_listens_no_more(host, engine):
    host.capture.unhook()
    with pytest.raises(exc.SQLAlchemyError) as caught:
        no_such_table(engine)
    assert "__tocsin_call__" not in vars(caught.value.orig)


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT 1", "SELECT ?"),
        (
            "SELECT * FROM t2 WHERE a = $1 AND b = :p2 AND c = %s",
            "SELECT * FROM t2 WHERE a = $1 AND b = :p2 AND c = %s",
        ),
        ("INSERT INTO t VALUES ('O''Reilly', -1.5e3, NULL)", "INSERT INTO t VALUES (?, -?, NULL)"),
        ("SELECT 'it''s' -- jane@example.com\nFROM t", "SELECT ? \nFROM t"),
        ("/* jane */ SELECT $tag$it's$tag$, 'cut", "SELECT ?, ?"),
        ('SELECT "name" FROM "t2" WHERE a = "Jane Doe"', 'SELECT "name" FROM "t2" WHERE a = ?'),
    ],
)
def test_values_are_left_out(statement, shown):
    assert without_values(statement) == shown


@pytest.mark.parametrize("statement", ["'" * 100_001, "$" * 100_001, "/*" * 50_000, "1 " * 50_000, "--" * 50_000])
def test_a_hostile_statement_takes_no_time(statement):
    begun = time.process_time()
    assert len(without_values(statement)) <= MAX_STATEMENT
    assert time.process_time() - begun < 1

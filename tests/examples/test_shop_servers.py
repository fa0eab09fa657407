"""The shop under Tocsin with real servers: PostgreSQL instead of SQLite, Redis instead of a folder."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

for package in ("celery", "flask", "gunicorn", "psycopg", "redis", "requests", "sqlalchemy"):
    pytest.importorskip(package, reason=f"the shop with servers needs {package}")

SHOP = Path(__file__).parents[2] / "examples" / "shop"
sys.path.append(str(SHOP))

from deployment import open_shop  # noqa: E402  found by the line above, as are the next four
from judgement import judge_issues  # noqa: E402
from processes import Processes, free_port  # noqa: E402
from signatures import FAULTS, PAYMENTS, STOREFRONT, WORKER  # noqa: E402

from tocsin.store import Store  # noqa: E402

BIN = Path(sys.executable).parent
TRIED = ("duplicate-customer", "bad-input", "poison-task", "payment-500")


def program(name):
    """The program, also where Debian hides it."""
    found = shutil.which(name) or next(iter(sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))), None)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def redis(tmp_path):
    import redis

    port = free_port()
    command = [
        program("redis-server"),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    with Processes(tmp_path / "redis") as processes:
        processes.start("redis", command).wait_for_port(port)
        url = f"redis://127.0.0.1:{port}/0"
        assert redis.Redis.from_url(url).ping()
        yield url


@pytest.fixture
def postgres(tmp_path):
    """A server of its own; PostgreSQL refuses to be root."""
    folder, port = tmp_path / "postgres", free_port()
    folder.mkdir()
    user = {}
    if os.geteuid() == 0:
        name = next((name for name in ("postgres", "nobody") if _is_user(name)), None)
        if name is None:
            pytest.skip("there is no user but root to run PostgreSQL")
        for path in (folder, *folder.parents[:-2]):
            path.chmod(0o755)
        shutil.chown(folder, name)
        user = {"user": name}
    initdb = [program("initdb"), "--auth=trust", "--username=shop", "--pgdata", str(folder / "data")]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **user)
    server = subprocess.Popen(
        [program("postgres"), "-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        **user,
    )
    try:
        url = f"postgresql+psycopg://shop@127.0.0.1:{port}/postgres"
        _wait_for(url)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def _is_user(name):
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


def _wait_for(url):
    import psycopg

    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url.replace("+psycopg", "")).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@pytest.mark.timeout(180)
def test_the_same_issues_with_postgresql_and_redis(redis, postgres, tmp_path):
    faults = [fault for fault in FAULTS if fault.name in TRIED]
    store = Store(tmp_path / "tocsin.db")
    launcher = (str(BIN / "opentelemetry-instrument"),)
    environment = {
        "DATABASE_URL": postgres,
        "REDIS_URL": redis,
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "TOCSIN_STORE": str(store.path),
        "TOCSIN_FLUSH_INTERVAL": "100ms",
    }
    with Processes(tmp_path / "shop") as processes:
        services = dict.fromkeys((STOREFRONT, PAYMENTS, WORKER), launcher)
        shop = open_shop(processes, launchers=services, environment=environment)
        for fault in faults:
            if fault.switch:
                shop.turn(fault.switch, on=True)
            assert [shop.send(fault.request).status_code for _ in range(3)] == [fault.status] * 3
        expected = 3 * sum(len(fault.issues) for fault in faults)
        deadline = time.monotonic() + 30
        while sum(issue.count for issue in store.issues.recent()) < expected and time.monotonic() < deadline:
            time.sleep(0.1)
    findings = judge_issues(dict.fromkeys(TRIED, 3), faults, store.issues.recent())
    assert [finding for finding in findings if not finding.ok] == []

import json
import os
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

PATIENCE = 60.0
PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("migrate", database="snappea", verbosity=0)
from projects.models import Project; from teams.models import Team
team = Team.objects.create(name="Single Team")
print(Project.objects.create(name="shop", team=team).dsn)
call_command("create_auth_token")
"""


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_for(url):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return urllib.request.urlopen(url, timeout=5).read()
        except OSError:
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.1)


@pytest.fixture(scope="session")
def bugsink(tmp_path_factory):
    """A real server that speaks Sentry's protocol."""
    home = Path(os.environ.get("TOCSIN_BUGSINK", Path(__file__).parents[2] / ".venv-bugsink")) / "bin"
    if not (home / "bugsink-manage").exists():
        pytest.skip(f"no Bugsink at {home.parent}; set TOCSIN_BUGSINK to a virtual environment with it")
    folder, port = tmp_path_factory.mktemp("bugsink"), _free_port()
    environ = {"PATH": f"{home}:{os.environ['PATH']}", "PYTHONPATH": str(folder), "HOME": str(folder)}

    def run(*command):
        done = subprocess.run(
            [home / command[0], *command[1:]], cwd=folder, env=environ, check=True, capture_output=True, text=True
        )
        return done.stdout.strip().splitlines()

    run("bugsink-create-conf", "--template=local", f"--port={port}", "--host=127.0.0.1")
    environ["DJANGO_SETTINGS_MODULE"] = "bugsink_conf"
    *_, dsn, token = run("python", "-c", PREPARE)
    address = f"127.0.0.1:{port}"
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [
                home / "gunicorn",
                "--bind",
                address,
                "--workers=1",
                "--threads=4",
                "--graceful-timeout=1",
                "bugsink.wsgi",
            ],
            cwd=folder,
            env=environ,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(f"http://{address}/health/ready")
        yield SimpleNamespace(dsn=dsn, read=_Reader(f"http://{address}/api/canonical/0", token))
    finally:
        server.terminate()
        server.wait(PATIENCE)


class _Reader:
    def __init__(self, url, token):
        self._url, self._token = url, token

    def __call__(self, path):
        request = urllib.request.Request(f"{self._url}{path}", headers={"Authorization": f"Bearer {self._token}"})
        return json.load(urllib.request.urlopen(request, timeout=10))

    def issues(self):
        return self("/issues/?project=1")["results"]

    def events(self, issue):
        return [self(f"/events/{event['id']}/") for event in self(f"/events/?issue={issue['id']}")["results"]]

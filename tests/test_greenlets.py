"""gevent's patch, made by the application after Tocsin was installed: its threads go on, as greenlets."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("gevent")

SCRIPT = """
import sys
import threading

from opentelemetry.instrumentation.auto_instrumentation import sitecustomize  # as the launcher does

import logging
before = {thread.name for thread in threading.enumerate() if thread.name.startswith("tocsin-")}

from gevent import monkey
monkey.patch_all()

import time
after = {thread.name for thread in threading.enumerate() if thread.name.startswith("tocsin-")}
assert before == after, (before, after)
logging.getLogger("shop").error("it goes on")
deadline = time.monotonic() + 20

from pathlib import Path
from tocsin.store import Store
import os

store = Store(Path(os.environ["TOCSIN_STORE"]))
while not store.issues.recent() and time.monotonic() < deadline:
    time.sleep(0.05)
print([issue.title for issue in store.issues.recent()])
"""


def test_what_is_seen_is_written_by_greenlets_and_the_exit_is_silent(tmp_path):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "TOCSIN_"))}
    env |= {f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")}
    env |= {"TOCSIN_STORE": str(tmp_path / "tocsin.db"), "TOCSIN_FLUSH_INTERVAL": "50ms", "TOCSIN_EVALUATE": "false"}
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    process = subprocess.run(
        [sys.executable, script], env=env, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert (process.stdout, process.returncode) == ("['it goes on']\n", 0), process.stderr
    assert "Exception ignored" not in process.stderr

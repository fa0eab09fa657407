import inspect
import json
import os
import time
from contextlib import closing
from datetime import datetime, timezone

import pytest

from tocsin.notify import Notification, NotifiedAlert, encode
from tocsin.store import (
    Alert,
    AlertTransition,
    LoggedNotification,
    Occurrence,
    OutboxEntry,
    Sighting,
    Store,
)

HOUR = 3600.0


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """No test sees, or touches, what the machine has configured."""
    for name in [name for name in os.environ if name.startswith(("OTEL_", "TOCSIN_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "tocsin.db")) as store:
        yield store


@pytest.fixture
def invoke(store):
    """Run a command on the store; the answer has `exit_code`, `stdout` and `stderr`."""
    testing = pytest.importorskip("click.testing")
    from tocsin.cli.command import tocsin

    # Before click 8.2 the two streams are one unless this is said; from then on it cannot be said.
    separate = {"mix_stderr": False} if "mix_stderr" in inspect.signature(testing.CliRunner).parameters else {}
    runner = testing.CliRunner(**separate)

    def invoke(*args, on_store=True, stdin=None):
        chosen = ["--store", str(store.path)] if on_store else []
        return runner.invoke(tocsin, [*args, *chosen], input=stdin, prog_name="tocsin")

    return invoke


@pytest.fixture
def document(invoke):
    """Run a command with --json; its one JSON document."""

    def document(*args, **options):
        answer = invoke(*args, "--json", **options)
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)

    return document


@pytest.fixture
def record(store):
    """Let an issue be seen."""

    def record(fingerprint, **values):
        now = time.time()
        trace = {"stacktrace": "Traceback\n  boom\n", "trace_id": "ab" * 16}
        sample = Occurrence(at=now - 180, message="division by zero", **trace)
        sighting = {
            "service": "shop",
            "title": "ZeroDivisionError: division by zero",
            "culprit": "shop.views:boom",
            "error_type": "ZeroDivisionError",
            "category": "internal",
            "severity": "error",
            "handled": False,
            "release": "1.2",
            "count": 3,
            "first_at": now - 2 * HOUR,
            "last_at": now - 180,
            "samples": (sample,),
        }
        seen = Sighting(fingerprint=fingerprint, **sighting | values)
        store.issues.record([seen], status_after=lambda issue, *_: issue.status)

    return record


@pytest.fixture
def alerts(store):
    """An alert that fires and was sent, and one that is pending without a value."""
    now = time.time()
    labels = {"alertname": "HighErrorRate", "service": "shop"}
    common = {"group": "packs;errors", "rule": "HighErrorRate", "fingerprint": "f1", "labels": labels}
    firing = Alert(
        **common,
        annotations={"summary": "errors are high"},
        state="firing",
        value=0.25,
        active_at=now - 600,
        fired_at=now - 300,
    )
    pending = Alert(
        group="g",
        rule="NoData",
        fingerprint="f2",
        labels={"alertname": "NoData"},
        annotations={},
        state="pending",
        value=float("nan"),
        active_at=now - 60,
    )
    resolved = Alert(
        group="g",
        rule="Over",
        fingerprint="f3",
        labels={"alertname": "Over"},
        annotations={},
        state="inactive",
        value=0.0,
        active_at=now - 900,
        resolved_at=now - 30,
    )
    store.alerts.replace([pending, firing, resolved])
    store.alerts.log(
        AlertTransition(**common, at=at, state=state, value=0.25)
        for at, state in ((now - 600, "pending"), (now - 300, "firing"))
    )
    notified = NotifiedAlert(
        status="firing", labels=labels, annotations={}, starts_at=datetime.now(timezone.utc), fingerprint="f1"
    )
    notification = Notification(
        receiver="team",
        status="firing",
        alerts=(notified,),
        group_labels={},
        common_labels=labels,
        common_annotations={},
        group_key="{}:{}",
    )
    entry = OutboxEntry(
        key="k", receiver="team", integration=0, group_key="{}:{}", payload=encode(notification), created_at=now - 290
    )
    told = LoggedNotification(
        group_key="{}:{}", receiver="team", integration=0, at=now - 290, firing=("f1",), resolved=()
    )
    store.notifications.enqueue([(entry, told)])
    store.notifications.sent("k", at=now - 289)

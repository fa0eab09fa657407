"""Receivers that need a package of their own: Sentry and Apprise."""

import hashlib
import json
import subprocess
import sys

import pytest

from tocsin.notify import RECEIVERS, DeliveryError
from tocsin.testing import notification

GROUP = hashlib.sha256(notification().group_key.encode()).hexdigest()


def test_sentry_gets_an_event_with_one_id_a_key(server):
    pytest.importorskip("sentry_sdk")
    dsn = f"http://k3y@127.0.0.1:{server.port}/7"
    for key in ("1", "1", "2"):
        RECEIVERS["sentry"](dsn=dsn, environment="live").deliver(notification(), key=key)
    events = [json.loads(request.body.split(b"\n")[2]) for request in server.requests]
    assert server.requests[0].path == "/api/7/envelope/"
    assert "sentry_key=k3y" in server.requests[0].headers["X-Sentry-Auth"]
    assert events[0]["event_id"] == events[1]["event_id"] != events[2]["event_id"]
    event = events[0]
    assert (event["level"], event["environment"], event["tags"]["job"]) == ("fatal", "live", "shop")
    assert event["fingerprint"] == ["tocsin", GROUP]
    assert "Look at the newest issues" in event["extra"]["alerts"]


def test_sentry_leaves_the_applications_sentry_alone(server):
    sentry_sdk = pytest.importorskip("sentry_sdk")
    seen = []
    with sentry_sdk.isolation_scope():
        sentry_sdk.set_tag("mine", "yes")
        sentry_sdk.get_isolation_scope().add_event_processor(lambda event, hint: seen.append(event) or event)
        RECEIVERS["sentry"](dsn=f"http://k@127.0.0.1:{server.port}/7").deliver(notification(), key="1")
    assert seen == []
    assert b"mine" not in server.requests[0].body
    assert not sentry_sdk.get_client().is_active()


@pytest.mark.parametrize("dsn", ["", "https://nokey.example/1", "T0SECRET"])
def test_a_dsn_that_is_none_is_refused_and_not_shown(dsn):
    pytest.importorskip("sentry_sdk")
    with pytest.raises(ValueError, match="write one like https://key@host/project") as caught:
        RECEIVERS["sentry"](dsn=dsn)
    assert "T0SECRET" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what apprise imports on older Pythons
def test_apprise_sends_to_every_service(server):
    pytest.importorskip("apprise")
    url = f"json://127.0.0.1:{server.port}"
    RECEIVERS["apprise"](urls=(f"{url}/a", f"{url}/b")).deliver(notification(), key="k")
    assert [request.path for request in server.requests] == ["/a", "/b"]
    assert server.requests[-1].json()["title"] == "[FIRING:1] critical: shop fails 12% of its requests"
    assert "value: 12% (threshold 5%)" in server.requests[-1].json()["message"]
    assert server.requests[-1].json()["type"] == "failure"
    server.status = 500
    with pytest.raises(DeliveryError, match="url 1, 2 did not take the message") as caught:
        RECEIVERS["apprise"](urls=(f"{url}/a", f"{url}/b")).deliver(notification(), key="k")
    assert caught.value.recoverable
    with pytest.raises(DeliveryError, match="url 1 is none that Apprise knows") as caught:
        RECEIVERS["apprise"](urls=("nonsense://T0SECRET",)).deliver(notification(), key="k")
    assert not caught.value.recoverable


@pytest.mark.parametrize(("kind", "module"), [("sentry", "transport.sentry_client"), ("apprise", "receivers.apprise")])
def test_an_extra_that_is_missing_is_named(kind, module, monkeypatch):
    monkeypatch.setattr(f"tocsin.notify.{module}.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=rf"pip install 'tocsin\[{kind}\]'"):
        RECEIVERS[kind](**{"sentry": {"dsn": "https://k@h/1"}, "apprise": {"urls": ("json://x",)}}[kind])


def test_extras_are_imported_only_when_they_are_used():
    code = (
        "import sys, tocsin.alerting; from tocsin.notify import RECEIVERS; RECEIVERS['slack'](api_url='http://h/');"
        "print(sorted({'apprise', 'sentry_sdk', 'requests'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

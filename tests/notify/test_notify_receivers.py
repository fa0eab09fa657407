import io
import json
import os
import stat
import subprocess
import sys
from datetime import datetime, timezone

import msgspec
import pytest

from tocsin.notify import RECEIVERS, Authorization, DeliveryError, HttpOptions, acknowledges, decode, encode
from tocsin.notify.receivers.console import Console
from tocsin.notify.receivers.file import File
from tocsin.notify.receivers.webhook import Webhook


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_payload_is_alertmanagers(make_notification):
    assert json.loads(encode(make_notification())) == {
        "receiver": "team",
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "HighLatency", "severity": "critical"},
                "annotations": {"summary": "95 % of requests take > 2 s", "value": "2.31 s"},
                "startsAt": "2026-03-01T12:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "",
                "fingerprint": "0123456789abcdef",
            }
        ],
        "groupLabels": {"alertname": "HighLatency"},
        "commonLabels": {"alertname": "HighLatency", "severity": "critical"},
        "commonAnnotations": {},
        "externalURL": "https://tocsin.example/",
        "version": "4",
        "groupKey": '{}:{alertname="HighLatency"}',
        "truncatedAlerts": 0,
    }


def test_a_payload_comes_back_as_it_was(make_notification, make_alert):
    notification = make_notification(make_alert(), make_alert("resolved"))
    assert decode(encode(notification)) == notification
    with pytest.raises(ValueError, match="receiver"):
        decode(b"{}")


def test_the_webhook_gets_payload_key_and_credentials(server, make_notification):
    webhook = Webhook(url=server.url, http=HttpOptions(authorization=Authorization(credentials="s3cret")))
    webhook.deliver(make_notification(), key="abc")
    [request] = server.requests
    assert decode(request.body) == make_notification()
    assert request.headers["Idempotency-Key"] == "abc"
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in repr(Authorization(credentials="s3cret"))


def test_basic_authentication_with_a_password_file(server, tmp_path, make_notification):
    (tmp_path / "password").write_text("pass\n")
    authorization = Authorization(user="me", credentials=tmp_path / "password")
    Webhook(url=server.url, http=HttpOptions(authorization=authorization)).deliver(make_notification(), key="abc")
    assert server.requests[0].headers.get_all("Authorization") == ["Basic bWU6cGFzcw=="]


def test_the_webhook_sends_no_more_than_max_alerts(server, make_notification, make_alert):
    alerts = [make_alert(pod=str(number)) for number in range(5)]
    Webhook(url=server.url, max_alerts=2).deliver(make_notification(*alerts), key="abc")
    sent = decode(server.requests[0].body)
    assert sent.alerts == tuple(alerts[:2])
    assert sent.truncated_alerts == 3


def test_the_file_gets_a_line_a_notification(tmp_path, make_notification):
    path = tmp_path / "new" / "alerts.jsonl"
    for _ in range(2):
        File(path=path).deliver(make_notification(), key="k")
    assert [decode(line) for line in path.read_bytes().splitlines()] == [make_notification()] * 2
    assert not stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXO


def test_processes_share_a_file(tmp_path, make_notification):
    path = tmp_path / "alerts.jsonl"
    code = (
        "import sys; from tocsin.notify.receivers.file import File; from tocsin.notify import decode;"
        "n = decode(sys.stdin.buffer.read()); [File(path=sys.argv[1]).deliver(n, key='') for _ in range(200)]"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE) for _ in range(3)]
    for writer in writers:
        writer.communicate(encode(make_notification()))
    assert [decode(line) for line in path.read_bytes().splitlines()] == [make_notification()] * 600


def test_a_file_that_cannot_be_written(tmp_path, make_notification):
    with pytest.raises(DeliveryError, match="Is a directory") as caught:
        File(path=tmp_path).deliver(make_notification(), key="k")
    assert caught.value.recoverable


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110  at import
def test_a_full_disk(make_notification):
    with pytest.raises(DeliveryError, match="No space left") as caught:
        File(path="/dev/full").deliver(make_notification(), key="k")
    assert caught.value.recoverable


def test_the_console_shows_one_line_an_alert(make_notification, make_alert):
    stream = io.StringIO()
    Console(stream=stream).deliver(make_notification(make_alert(), make_alert("resolved", pod="b")), key="k")
    assert stream.getvalue() == (
        "FIRING HighLatency: 95 % of requests take > 2 s (severity=critical) since 2026-03-01 12:00:00 UTC\n"
        "RESOLVED HighLatency: 95 % of requests take > 2 s (pod=b, severity=critical) "
        "from 2026-03-01 12:00:00 UTC to 2026-03-01 12:05:00 UTC\n"
    )


def test_the_console_has_colour_on_a_terminal_only(make_notification):
    terminal = Terminal()
    Console(stream=terminal).deliver(make_notification(), key="k")
    assert terminal.getvalue().startswith("\x1b[1;31mFIRING\x1b[0m HighLatency")


def test_the_console_is_the_stderr_of_the_moment(capsys, make_notification):
    Console().deliver(make_notification(), key="k")
    assert capsys.readouterr().err.startswith("FIRING")


def test_labels_cannot_forge_lines_or_colours(make_notification, make_alert):
    stream = io.StringIO()
    Console(stream=stream).deliver(make_notification(make_alert(path="a\nFIRING \x1b[31mb")), key="k")
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def test_a_closed_console_is_gone_for_good(make_notification):
    stream = io.StringIO()
    stream.close()
    with pytest.raises(DeliveryError) as caught:
        Console(stream=stream).deliver(make_notification(), key="k")
    assert not caught.value.recoverable


def test_times_keep_their_fractions(make_alert):
    alert = msgspec.structs.replace(make_alert(), starts_at=datetime.fromtimestamp(0.25, tz=timezone.utc))
    assert json.loads(msgspec.json.encode(alert))["startsAt"] == "1970-01-01T00:00:00.250000Z"


def test_who_understands_acknowledgements():
    assert {kind for kind in RECEIVERS if acknowledges(kind)} == {"opsgenie", "pagerduty"}
    assert not acknowledges("nobody")

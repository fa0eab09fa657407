"""The contract that third parties run, over every receiver of ours and over the stub."""

import io
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tocsin.notify import RECEIVERS, DeliveryError
from tocsin.notify.transport.smtp import MailServer
from tocsin.testing import MemoryReceiver, ReceiverContract, notification


@pytest.fixture(scope="class")
def accepting():
    """Takes whatever comes, at its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ok": true, "channel": "C1", "ts": "17.1"}')

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


class OverHttp(ReceiverContract):
    secrets = ("S3CRET",)

    @pytest.fixture(autouse=True)
    def address(self, accepting):
        self.url = accepting

    def make(self, **settings):
        return RECEIVERS[self.kind](**settings)


class TestDiscord(OverHttp):
    kind = "discord"

    def receiver(self):
        return self.make(webhook_url=f"{self.url}/S3CRET")

    def failing_receiver(self):
        return self.make(webhook_url="http://127.0.0.1:1/S3CRET")


class TestMSTeams(TestDiscord):
    kind = "msteams"


class TestSlack(OverHttp):
    kind = "slack"

    def receiver(self):
        return self.make(api_url=f"{self.url}/S3CRET")

    def failing_receiver(self):
        return self.make(api_url="http://127.0.0.1:1/S3CRET")


class TestSlackApp(OverHttp):
    kind = "slack_app"

    def receiver(self):
        return self.make(app_token="S3CRET", channel="#ops", app_url=self.url)

    def failing_receiver(self):
        return self.make(app_token="S3CRET", channel="#ops", app_url="http://127.0.0.1:1/")


class TestWebhook(OverHttp):
    kind = "webhook"

    def receiver(self):
        return self.make(url=f"{self.url}/S3CRET", hmac_secret="S3CRET")

    def failing_receiver(self):
        return self.make(url="http://127.0.0.1:1/S3CRET")


class TestPagerDuty(OverHttp):
    kind = "pagerduty"

    def receiver(self):
        return self.make(routing_key="S3CRET", url=self.url)

    def failing_receiver(self):
        return self.make(routing_key="S3CRET", url="http://127.0.0.1:1/")


class TestOpsgenie(OverHttp):
    kind = "opsgenie"

    def receiver(self):
        return self.make(api_key="S3CRET", api_url=self.url)

    def failing_receiver(self):
        return self.make(api_key="S3CRET", api_url="http://127.0.0.1:1/")


class TestTelegram(OverHttp):
    kind = "telegram"

    def receiver(self):
        return self.make(bot_token="S3CRET", chat_id="-7", api_url=self.url)

    def failing_receiver(self):
        return self.make(bot_token="S3CRET", chat_id="-7", api_url="http://127.0.0.1:1/")


class TestTwilio(OverHttp):
    kind = "twilio"

    def receiver(self, url=None):
        numbers = {"sender": "+15550001", "to": ("+15550002", "+15550003")}
        return self.make(account_sid="AC1", auth_token="S3CRET", api_url=url or self.url, **numbers)

    def failing_receiver(self):
        return self.receiver("http://127.0.0.1:1/")


class TestSendGrid(OverHttp):
    kind = "sendgrid"

    def receiver(self, url=None):
        return self.make(api_key="S3CRET", to="a@b.example", sender="t@b.example", api_url=url or self.url)

    def failing_receiver(self):
        return self.receiver("http://127.0.0.1:1/")


class TestSentry(OverHttp):
    kind = "sentry"

    @pytest.fixture(autouse=True)
    def extra(self):
        pytest.importorskip("sentry_sdk")

    def receiver(self):
        return self.make(dsn=f"{self.url.replace('://', '://S3CRET@')}/7")

    def failing_receiver(self):
        return self.make(dsn="http://S3CRET@127.0.0.1:1/7")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what it imports on older Pythons
class TestApprise(OverHttp):
    kind = "apprise"

    @pytest.fixture(autouse=True)
    def extra(self):
        pytest.importorskip("apprise")

    def receiver(self):
        return self.make(urls=(f"{self.url.replace('http', 'json')}/S3CRET",))

    def failing_receiver(self):
        return self.make(urls=("json://127.0.0.1:1/S3CRET",))


class TestConsole(ReceiverContract):
    def receiver(self):
        return RECEIVERS["console"](stream=io.StringIO())


class TestLog(ReceiverContract):
    def receiver(self):
        return RECEIVERS["log"]()


class TestFile(ReceiverContract):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path):
        self.path = tmp_path

    def receiver(self):
        return RECEIVERS["file"](path=self.path / "alerts.jsonl")

    def failing_receiver(self):
        return RECEIVERS["file"](path=self.path)


class TestEmail(ReceiverContract):
    """With the real server of the tests of e-mail."""

    secrets = ("S3CRET",)

    @pytest.fixture(autouse=True)
    def address(self, mail_server):
        self.port = mail_server.port

    def receiver(self, port=None):
        server = MailServer(smarthost=f"127.0.0.1:{port or self.port}", require_tls=False, password="S3CRET")
        return RECEIVERS["email"](to="a@b.example", sender="t@b.example", server=server)

    def failing_receiver(self):
        return self.receiver(1)


class TestStub(ReceiverContract):
    def receiver(self):
        return MemoryReceiver()

    def failing_receiver(self):
        return MemoryReceiver(failures=[DeliveryError("down", recoverable=True)])


def test_the_stub_keeps_what_it_takes_after_its_failures():
    stub = MemoryReceiver(failures=[DeliveryError("down", recoverable=True)])
    with pytest.raises(DeliveryError, match="down"):
        stub.deliver(notification(), key="1")
    stub.deliver(notification(), key="1")
    assert [(delivery.key, delivery.notification) for delivery in stub.delivered] == [("1", notification())]


class Leaky(MemoryReceiver):
    def preview(self, told):
        return "to https://host/S3CRET"


class Broken(MemoryReceiver):
    def deliver(self, told, *, key):
        raise RuntimeError("S3CRET")


class LeakyContract(ReceiverContract):
    secrets = ("S3CRET",)

    def receiver(self):
        return Leaky()

    def failing_receiver(self):
        return Broken()


def test_the_contract_finds_what_is_wrong():
    with pytest.raises(AssertionError, match="a secret is shown"):
        LeakyContract().test_a_preview_is_text_without_secrets()
    with pytest.raises(RuntimeError):
        LeakyContract().test_a_failure_is_a_delivery_error_without_secrets()
    with pytest.raises(NotImplementedError):
        ReceiverContract().test_it_delivers_what_fires()


def test_receivers_of_other_packages_are_found_by_entry_point(tmp_path, monkeypatch):
    (tmp_path / "others.py").write_text("from tocsin.testing import MemoryReceiver as Mine\nSlack = None\n")
    info = tmp_path / "others-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[tocsin_receivers]\nmine = others:Mine\nslack = others:Slack\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "mine" in RECEIVERS
    receiver = RECEIVERS["mine"]()
    receiver.deliver(notification(), key="1")
    assert len(receiver.delivered) == 1
    assert RECEIVERS["slack"].__module__ == "tocsin.notify.receivers.slack"
    with pytest.raises(KeyError):
        RECEIVERS["yours"]

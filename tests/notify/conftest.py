import json
import ssl
from contextlib import contextmanager
from datetime import datetime, timezone
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from tocsin.notify import Notification, NotifiedAlert

BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
ENDED = datetime(2026, 3, 1, 12, 5, tzinfo=timezone.utc)


def _alert(status="firing", **labels):
    return NotifiedAlert(
        status=status,
        labels={"alertname": "HighLatency", "severity": "critical", **labels},
        annotations={"summary": "95 % of requests take > 2 s", "value": "2.31 s"},
        starts_at=BEGAN,
        fingerprint="0123456789abcdef",
        **({"ends_at": ENDED} if status == "resolved" else {}),
    )


def _notification(*alerts):
    alerts = alerts or (_alert(),)
    return Notification(
        receiver="team",
        status="firing" if any(alert.status == "firing" for alert in alerts) else "resolved",
        alerts=alerts,
        group_labels={"alertname": "HighLatency"},
        common_labels={"alertname": "HighLatency", "severity": "critical"},
        common_annotations={},
        external_url="https://tocsin.example/",
        group_key='{}:{alertname="HighLatency"}',
    )


@pytest.fixture
def make_alert():
    return _alert


@pytest.fixture
def make_notification():
    return _notification


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


class _Request(SimpleNamespace):
    def json(self):
        return json.loads(self.body)


class _Handler(BaseHTTPRequestHandler):
    """Does what the state of its server says."""

    def do_POST(self):
        state = self.server.state
        body = self.rfile.read(int(self.headers["Content-Length"]))
        state.requests.append(_Request(method=self.command, path=self.path, headers=self.headers, body=body))
        if state.hang:
            state.released.wait(10)
        if state.drip:
            self._drip()
        self.close_connection = state.hang or state.reset or state.drip
        if not self.close_connection:
            self._answer(state)

    def do_PUT(self):
        self.do_POST()

    def _answer(self, state):
        self.send_response(state.status)
        for name, value in state.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(state.body)))
        self.end_headers()
        self.wfile.write(state.body)

    def _drip(self):
        """A byte now and then, for as long as somebody reads."""
        try:
            while not self.server.state.released.wait(0.02):
                self.wfile.write(b"H")
        except OSError:
            return

    def log_message(self, *_):
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Clients that hang up are what is tested."""


@contextmanager
def _serving(context=None):
    # What Slack's API says of a message it took is fine with everybody else.
    answer = b'{"ok": true, "channel": "C1", "ts": "17.1"}'
    state = SimpleNamespace(status=200, headers={}, body=answer, hang=False, reset=False, drip=False, requests=[])
    with _Server(("127.0.0.1", 0), _Handler) as listening:
        if context is not None:
            listening.socket = context.wrap_socket(listening.socket, server_side=True)
        listening.state, state.released, state.port = state, Event(), listening.server_port
        state.url = f"http{'s' if context else ''}://127.0.0.1:{state.port}/services/T0SECRET/B0SECRET"
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            state.released.set()
            listening.shutdown()
            thread.join()


@pytest.fixture
def server():
    """An HTTP server on loopback: set `status`, `headers`, `body`, `hang`, `reset` or `drip`; look at `requests`."""
    with _serving() as state:
        yield state


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A certificate authority of our own: `context` for servers on 127.0.0.1, `ca` is its certificate's file."""
    trustme = pytest.importorskip("trustme")
    made = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    ca = tmp_path_factory.mktemp("ca") / "ca.pem"
    made.cert_pem.write_to_path(ca)
    return SimpleNamespace(context=context, ca=ca, authority=made)


@pytest.fixture
def tls_server(authority):
    """The same server with a certificate that nobody trusts unless told to."""
    with _serving(authority.context) as state:
        yield state


class _Mailbox:
    """Takes mail as SMTP servers do; `refuse` is what it answers instead, by step, `without` what it does not offer."""

    def __init__(self):
        self.letters = []
        self.refuse = {}
        self.logins = []
        self.without = ""

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802  given by aiosmtpd
        session.host_name = hostname
        return [answer.replace(self.without, "") if self.without else answer for answer in responses]

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  given by aiosmtpd
        answer = self.refuse.get(address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  given by aiosmtpd
        answer = self.refuse.get("DATA")
        if answer:
            return answer
        tls = session.ssl is not None or bool(server.transport.get_extra_info("ssl_object"))
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append(
            SimpleNamespace(
                sender=envelope.mail_from, to=envelope.rcpt_tos, parsed=parsed, tls=tls, hello=session.host_name
            )
        )
        return "250 OK"


@contextmanager
def _mail_serving(**options):
    controller = pytest.importorskip("aiosmtpd.controller")
    smtp = pytest.importorskip("aiosmtpd.smtp")
    box = _Mailbox()

    def authenticate(server, session, envelope, mechanism, data):
        login, password = (part.decode() for part in data)
        box.logins.append((mechanism, login, password))
        return smtp.AuthResult(success=(login, password) == ("me", "pass"), handled=False)

    serving = controller.Controller(box, hostname="127.0.0.1", port=0, authenticator=authenticate, **options)
    trigger = serving._trigger_server

    def triggered():
        # The system has chosen one in the meantime.
        box.port = serving.port = serving.server.sockets[0].getsockname()[1]
        trigger()

    serving._trigger_server = triggered
    serving.start()
    try:
        yield box
    finally:
        serving.stop()


@pytest.fixture
def mail_server():
    """A plain one."""
    with _mail_serving(auth_require_tls=False) as box:
        yield box


@pytest.fixture
def starttls_server(authority):
    """One that wants STARTTLS, then a login."""
    with _mail_serving(
        tls_context=authority.context, require_starttls=True, auth_required=True, auth_require_tls=True
    ) as box:
        yield box


@pytest.fixture
def implicit_tls_server(authority):
    with _mail_serving(ssl_context=authority.context) as box:
        yield box

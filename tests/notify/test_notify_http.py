"""The way to a server: addresses, proxies, certificates, headers."""

import json
import socket
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.notify import Authorization, DeliveryError, HttpOptions, Tls, watched
from tocsin.notify.transport.addresses import is_public, resolve
from tocsin.notify.transport.connection import proxy_of
from tocsin.notify.transport.http import Endpoint
from tocsin.notify.transport.target import Target


def refusal(endpoint):
    with pytest.raises(DeliveryError) as caught:
        endpoint.post(b"{}")
    return caught.value


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::"),
    ],
)
def test_what_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_what_is_public(address):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_clothes_is_judged_by_itself(address):
    assert is_public(f"::ffff:{address}") == is_public(str(address)) == is_public(f"64:ff9b::{address}")


@pytest.fixture
def names(monkeypatch):
    """Names that resolve as said here, one answer after the other, the last one for ever."""
    known = {}
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *rest, **named):
        if host not in known:
            return real(host, port, *rest, **named)
        addresses = known[host].pop(0) if len(known[host]) > 1 else known[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"]])
def test_one_private_address_is_enough_to_refuse_a_host(addresses, names):
    names["hooks.example"] = [addresses]
    error = refusal(Endpoint("https://hooks.example/T0SECRET", HttpOptions(private_targets="deny")))
    assert not error.recoverable
    assert "hooks.example is at an address that is not public" in str(error)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "[::1]"])
def test_other_ways_to_write_a_private_address_are_refused(host, server):
    error = refusal(Endpoint(f"http://{host}:{server.port}/", HttpOptions(private_targets="deny", timeout=1)))
    assert "not public" in str(error) or "cannot be reached" in str(error)
    assert server.requests == []


def test_the_checked_address_is_the_one_that_is_connected_to(names, server, monkeypatch):
    """A name that resolves to something else a moment later (rebinding) changes nothing."""
    monkeypatch.setattr("tocsin.notify.transport.addresses.is_public", lambda address: address == "127.0.0.1")
    names["hooks.example"] = [["127.0.0.1"], ["10.255.255.1"]]
    options = HttpOptions(private_targets="deny", timeout=2)
    Endpoint(f"http://hooks.example:{server.port}/", options).post(b"{}")
    assert server.requests[0].headers["Host"] == f"hooks.example:{server.port}"
    assert names["hooks.example"] == [["10.255.255.1"]]


def test_the_next_address_is_tried_where_one_does_not_answer(names, server):
    names["hooks.example"] = [["127.0.0.2", "127.0.0.1"]]
    Endpoint(f"http://hooks.example:{server.port}/").post(b"{}")
    assert len(server.requests) == 1


def test_private_targets_are_allowed_or_denied():
    with pytest.raises(ValueError, match="use allow or deny"):
        HttpOptions(private_targets="yes")


def test_our_authority_is_trusted_by_file_and_by_text(tls_server, authority):
    for ca in (authority.ca, authority.ca.read_text()):
        Endpoint(tls_server.url, HttpOptions(tls=Tls(ca=ca))).post(b"{}")
    assert len(tls_server.requests) == 2


def test_the_name_in_the_certificate_must_be_the_hosts(tls_server, authority, names):
    names["hooks.example"] = [["127.0.0.1"]]
    url = f"https://hooks.example:{tls_server.port}/"
    error = refusal(Endpoint(url, HttpOptions(tls=Tls(ca=authority.ca))))
    assert "cannot be trusted: Hostname mismatch" in str(error)
    Endpoint(url, HttpOptions(tls=Tls(ca=authority.ca, server_name="localhost"))).post(b"{}")
    Endpoint(url, HttpOptions(tls=Tls(insecure_skip_verify=True))).post(b"{}")


def test_a_client_certificate_is_shown(tls_server, authority, tmp_path):
    authority.context.verify_mode = 2  # required
    authority.context.load_verify_locations(authority.ca)
    try:
        with pytest.raises(DeliveryError):
            Endpoint(tls_server.url, HttpOptions(tls=Tls(ca=authority.ca), timeout=2)).post(b"{}")
        client = authority.authority.issue_cert("client.example")
        cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
        client.cert_chain_pems[0].write_to_path(cert)
        client.private_key_pem.write_to_path(key)
        Endpoint(tls_server.url, HttpOptions(tls=Tls(ca=authority.ca, cert=cert, key=key))).post(b"{}")
    finally:
        authority.context.verify_mode = 0
    assert len(tls_server.requests) == 1


def test_certificates_that_cannot_be_read(tmp_path):
    (tmp_path / "empty").write_text("nothing")
    for ca in (tmp_path / "absent", tmp_path / "empty"):
        error = refusal(Endpoint("https://127.0.0.1:1/", HttpOptions(tls=Tls(ca=ca))))
        assert error.recoverable or "reach" in str(error)


@pytest.mark.parametrize("settings", [{"min_version": "SSL3"}, {"cert": "x"}, {"key": "x"}])
def test_senseless_tls_is_refused_at_once(settings):
    with pytest.raises(ValueError, match=r"TLS version|needs both"):
        Tls(**settings)


def test_headers_of_ones_own_and_credentials(server, tmp_path):
    (tmp_path / "token").write_text("from-file\n")
    options = HttpOptions(
        authorization=Authorization(credentials=tmp_path / "token"),
        headers={"X-Scope": ("a", tmp_path / "token")},
    )
    Endpoint(server.url, options).post(b"{}")
    headers = server.requests[0].headers
    assert headers["Authorization"] == "Bearer from-file"
    assert headers["X-Scope"] == "a, from-file"


def test_what_is_answered_is_read_up_to_a_limit(server):
    server.body = b"x" * 5_000_000
    assert Endpoint(server.url).post(b"{}") == b""
    assert len(Endpoint(server.url).post(b"{}", answered=True)) == 256 * 1024


def test_a_handshake_without_an_end():
    def drip(listening):
        open_socket, _ = listening.accept()
        with open_socket, suppress(OSError):
            open_socket.sendall(b"\x16\x03\x03\x40\x00")
            while not over.wait(0.02):
                open_socket.sendall(b"\x02")

    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=drip, args=(listening,))
        thread.start()
        error = refusal(Endpoint(f"https://127.0.0.1:{listening.getsockname()[1]}/", HttpOptions(timeout=0.2)))
        over.set()
        thread.join()
    assert (error.recoverable, str(error)) == (True, "127.0.0.1 did not answer within 0.2 s")


def test_the_steps_are_told_to_who_watches(tls_server, authority):
    steps = []
    with watched(lambda name, outcome: steps.append((name, outcome))):
        Endpoint(tls_server.url, HttpOptions(tls=Tls(ca=authority.ca))).post(b"{}")
    Endpoint(tls_server.url, HttpOptions(tls=Tls(ca=authority.ca))).post(b"{}")
    assert [name for name, _ in steps] == ["resolved", "connected", "TLS", "answered"]
    assert "SECRET" not in str(steps)


class Proxy(BaseHTTPRequestHandler):
    """Opens tunnels to wherever it is asked, and says what it was asked."""

    def do_CONNECT(self):
        self.server.asked.append(SimpleNamespace(path=self.path, headers=self.headers))
        if self.server.refuse:
            self.send_error(403)
            return
        with socket.create_connection(("127.0.0.1", self.server.to)) as onward:
            self.send_response(200)
            self.end_headers()
            back = Thread(target=self._pump, args=(onward, self.connection))
            back.start()
            self._pump(self.connection, onward)
            back.join()
        self.close_connection = True

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def log_message(self, *_):
        pass


@pytest.fixture
def proxy(tls_server):
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as listening:
        listening.asked, listening.refuse, listening.to = [], False, tls_server.port
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def test_https_goes_through_a_tunnel(proxy, tls_server, authority):
    """The proxy resolves the name, so it need not be known here; the certificate is the server's."""
    options = HttpOptions(
        proxy_url=f"http://me:pass@127.0.0.1:{proxy.server_port}",
        proxy_headers={"X-Team": ("shop",)},
        tls=Tls(ca=authority.ca, server_name="localhost"),
    )
    steps = []
    with watched(lambda name, outcome: steps.append(name)):
        Endpoint("https://hooks.invalid/T0SECRET", options).post(b'{"a": 1}')
    [asked] = proxy.asked
    assert asked.path == "hooks.invalid:443"
    assert asked.headers["Proxy-Authorization"] == "Basic bWU6cGFzcw=="
    assert asked.headers["X-Team"] == "shop"
    [request] = tls_server.requests
    assert (request.path, json.loads(request.body), request.headers["Host"]) == ("/T0SECRET", {"a": 1}, "hooks.invalid")
    assert request.headers["Proxy-Authorization"] is None
    assert steps == ["resolved", "connected", "tunnel", "TLS", "answered"]


def test_a_proxy_that_refuses_is_worth_another_try(proxy):
    proxy.refuse = True
    options = HttpOptions(proxy_url=f"http://127.0.0.1:{proxy.server_port}")
    error = refusal(Endpoint("https://hooks.invalid/T0SECRET", options))
    assert error.recoverable
    assert "T0SECRET" not in str(error)


def test_a_guarded_target_behind_a_proxy_is_refused_too(proxy, names):
    options = HttpOptions(proxy_url=f"http://127.0.0.1:{proxy.server_port}", private_targets="deny")
    names["inside.example"] = [["10.0.0.7"]]
    assert "not public" in str(refusal(Endpoint("https://inside.example/", options)))
    assert proxy.asked == []


def test_which_proxy(monkeypatch):
    target = Target.parse("https://hooks.example/")
    monkeypatch.delenv("no_proxy", raising=False)
    assert proxy_of(target, HttpOptions()) is None
    monkeypatch.setenv("https_proxy", "http://env.example:3128")
    assert proxy_of(target, HttpOptions()).host == "env.example"
    assert proxy_of(target, HttpOptions(proxy_from_environment=False)) is None
    assert proxy_of(target, HttpOptions(proxy_url="http://own.example")).host == "own.example"
    assert proxy_of(target, HttpOptions(proxy_url="http://own.example", no_proxy="hooks.example")) is None
    monkeypatch.setenv("no_proxy", ".example")
    assert proxy_of(target, HttpOptions()) is None


@pytest.mark.parametrize("url", ["socks5://host", "https://host", "host"])
def test_a_proxy_that_we_cannot_use_is_refused_at_once(url):
    with pytest.raises(ValueError, match=r"proxy_url|the URL"):
        HttpOptions(proxy_url=url)


def test_resolving_says_what_it_found(names):
    names["hooks.example"] = [["1.1.1.1", "1.1.1.1", "1.0.0.1"]]
    assert resolve("hooks.example", 443, public_only=True) == ["1.1.1.1", "1.0.0.1"]

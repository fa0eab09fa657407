"""Connections to HTTP servers, through whatever is in between."""

import urllib.request
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse
from ssl import SSLSocket

from tocsin.notify.progress import step
from tocsin.notify.secret import Secret, reveal
from tocsin.notify.transport.addresses import resolve
from tocsin.notify.transport.deadline import deadline
from tocsin.notify.transport.http_options import DENY, HttpOptions
from tocsin.notify.transport.target import Target

#: Addresses of a host that are tried, one after the other.
TRIED = 3


def connect(target: Target, options: HttpOptions) -> tuple[HTTPConnection, str, dict[str, str]]:
    """An open connection, what to ask it for, and the headers that a proxy wants with that.

    Raises:
        DeliveryError: the target is refused, or a file with certificates cannot be used.
        OSError: there is no way to the server, or it cannot be trusted.
    """
    proxy = proxy_of(target, options)
    if proxy is None:
        connection = _direct(target, options)
    else:
        _check_behind_proxy(target, options)
        connection = _to(proxy, resolve(proxy.host, proxy.port, public_only=False), options)
    if target.scheme == "https":
        _behind_tls(connection, proxy, target, options)
    elif proxy is not None:
        return connection, target.url, _proxy_headers(proxy, {})
    return connection, target.path, {}


def _behind_tls(connection: HTTPConnection, proxy: Target | None, target: Target, options: HttpOptions) -> None:
    try:
        with deadline(connection.sock, options.timeout):
            if proxy is not None:
                _tunnel(connection, proxy, target, options)
            _secure(connection, target, options)
    except BaseException:
        connection.close()
        raise


def proxy_of(target: Target, options: HttpOptions) -> Target | None:
    """The proxy for this target, from the options or from the environment."""
    if options.proxy_url:
        return None if _bypassed(target, options.no_proxy) else Target.parse(options.proxy_url)
    url = urllib.request.getproxies().get(target.scheme) if options.proxy_from_environment else None
    return Target.parse(url) if url and not urllib.request.proxy_bypass(target.host) else None


def _bypassed(target: Target, no_proxy: str) -> bool:
    by_rule = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]  # documented by its use in `proxy_bypass`
    return bool(no_proxy and by_rule(target.host, {"no": no_proxy}))


def _direct(target: Target, options: HttpOptions) -> HTTPConnection:
    """To an address that was checked, whatever the host resolves to a moment later."""
    addresses = resolve(target.host, target.port, public_only=options.private_targets == DENY)
    return _to(target, addresses, options)


def _check_behind_proxy(target: Target, options: HttpOptions) -> None:
    """As far as can be known from here: a host that only the proxy can resolve is the proxy's to judge."""
    if options.private_targets == DENY:
        try:
            resolve(target.host, target.port, public_only=True)
        except OSError:
            return


def _to(server: Target, addresses: list[str], options: HttpOptions) -> HTTPConnection:
    tried = addresses[:TRIED]
    for position, address in enumerate(tried):
        connection = HTTPConnection(address, server.port, timeout=options.timeout)
        try:
            connection.connect()
        except OSError:
            if position + 1 == len(tried):
                raise
            continue
        step("connected", f"to {address} port {server.port}")
        return connection
    raise OSError(0, "the host has no address")


def _tunnel(connection: HTTPConnection, proxy: Target, target: Target, options: HttpOptions) -> None:
    """Ask the proxy, on the connection to it, for the server behind it."""
    asking = HTTPConnection(proxy.host, proxy.port)
    asking.sock = connection.sock
    behind = f"[{target.host}]:{target.port}" if ":" in target.host else f"{target.host}:{target.port}"
    asking.putrequest("CONNECT", behind, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Host": behind, **_proxy_headers(proxy, options.proxy_headers)}.items():
        asking.putheader(name, value)
    asking.endheaders()
    with HTTPResponse(connection.sock, method="CONNECT") as response:
        response.begin()
        if response.status != 200:
            raise OSError(0, f"the proxy {proxy.host} answered {response.status}")
    step("tunnel", f"{proxy.host} opened one to {target.host}")


def _proxy_headers(proxy: Target, more: Mapping[str, tuple[Secret, ...]]) -> dict[str, str]:
    authorization = proxy.headers.get("authorization")
    proof = {"Proxy-Authorization": authorization} if authorization else {}
    return proof | {name: ", ".join(map(reveal, values)) for name, values in more.items()}


def _secure(connection: HTTPConnection, target: Target, options: HttpOptions) -> None:
    name = options.tls.server_name or target.host
    secured = options.tls.context().wrap_socket(connection.sock, server_hostname=name)
    connection.sock = secured
    step("TLS", describe(secured, verified=not options.tls.insecure_skip_verify))


def describe(secured: SSLSocket, *, verified: bool) -> str:
    """`TLSv1.3, certificate verified`."""
    return f"{secured.version()}, certificate {'verified' if verified else 'not verified (insecure_skip_verify)'}"

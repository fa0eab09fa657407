"""Where a host is, and whether that is a public place: the guard against server-side request forgery."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.progress import step

#: IPv4 addresses in IPv6 clothes, for networks that translate.
_NAT64 = ip_network("64:ff9b::/96")


def resolve(host: str, port: int, *, public_only: bool) -> list[str]:
    """The addresses of the host, in the order in which to try them; connect to these and to nothing else.

    Raises:
        DeliveryError: with `public_only`, one of them is private, link-local, loopback or otherwise not public.
        OSError: the host is not known.
    """
    found = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    addresses = list(dict.fromkeys(map(str, found)))
    step("resolved", f"{host} → {', '.join(addresses)}")
    if public_only and not all(map(is_public, addresses)):
        raise DeliveryError(
            f"{host} is at an address that is not public, and private_targets is deny: use a public host, or allow",
            recoverable=False,
        )
    return addresses


def is_public(address: str) -> bool:
    """Whether the address can belong to somebody else's server on the Internet."""
    meant = _meant(ip_address(address.partition("%")[0]))
    return meant.is_global and not meant.is_multicast


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address

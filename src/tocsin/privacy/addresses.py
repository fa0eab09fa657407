"""Addresses: of people's mail, and of machines in a network."""

import re
from collections.abc import Iterator

from tocsin.privacy.reading import Finding, Reading

#: Endings of files, which are no top-level domains: `icon@2x.png`.
_FILES = "png|jpe?g|gif|svg|webp|ico|css|js|mjs|json|html?|xml|ya?ml|toml|txt|log|pyc|so|dll|exe|jar|class|service"
_LOCAL_BACKWARDS = re.compile(r"[\w+%-](?:\.?[\w+%-]){0,63}(?:'(?![bruf](?!\w))\w[\w.]{0,31})?")
_DOMAIN = re.compile(
    rf"(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?\.){{1,8}}(?!(?:{_FILES})\b)(?:[^\W\d_]{{2,24}}|xn--[a-z0-9-]{{2,59}})(?![^\W_]|@)"
)
_LONGEST_LOCAL = 100
#: What stands before the host of a URL is no mailbox.
_USERINFO = re.compile(r"://[^\s/?#\"'<>]*\Z")
_LONGEST_USERINFO = 256

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_HEXTET = r"[0-9A-Fa-f]{1,4}"
_IP = re.compile(
    rf"(?<![\w.:])(?:{_OCTET}(?:\.{_OCTET}){{3}}(?!\w|\.\d)"
    rf"|(?:{_HEXTET}(?::{_HEXTET}){{7}}|::(?:ffff:)?{_OCTET}(?:\.{_OCTET}){{3}}|::{_HEXTET}(?::{_HEXTET}){{0,6}}"
    rf"|{_HEXTET}(?::{_HEXTET}){{0,5}}::(?:{_HEXTET}(?::{_HEXTET}){{0,5}})?)(?![\w:]))"
)


def emails(reading: Reading) -> Iterator[Finding]:
    """E-mail addresses with a domain."""
    text = reading.text
    at = text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        local = _LOCAL_BACKWARDS.match(text[max(at - _LONGEST_LOCAL, 0) : at][::-1])
        if domain and local and not _USERINFO.search(text, max(at - _LONGEST_USERINFO, 0), at):
            yield Finding(at - local.end(), domain.end(), "email")
        at = text.find("@", at + 1)


def ips(reading: Reading) -> Iterator[Finding]:
    """IP addresses, version 4 and 6; four numbers with dots may also be a version."""
    for match in _IP.finditer(reading.text):
        yield Finding(match.start(), match.end(), "ip")

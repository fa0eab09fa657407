"""How a TLS connection is made: whom to trust, and who we are."""

import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.secret import Secret, reveal

Pem: TypeAlias = Secret
"""Certificates or a key in PEM: the text itself, or the file that holds it."""

VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Alertmanager's `tls_config`. Files are read at each connection, so that they may be replaced."""

    ca: Pem = ""
    cert: Pem = ""
    key: Pem = field(default="", repr=False)
    server_name: str = ""
    insecure_skip_verify: bool = False
    min_version: str = "TLS12"
    max_version: str = ""

    def __post_init__(self) -> None:
        for version in (self.min_version, self.max_version):
            if version and version not in VERSIONS:
                raise ValueError(f"{version!r} is no TLS version, use one of {', '.join(VERSIONS)}")
        if bool(self.cert) != bool(self.key):
            raise ValueError("a client certificate needs both cert and key, or their files")

    def context(self) -> ssl.SSLContext:
        """Raises DeliveryError where a file cannot be read or is no PEM, which may change."""
        try:
            return self._context()
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror or type(error).__name__
            raise DeliveryError(f"the certificates of tls_config cannot be used: {reason}", recoverable=True) from error

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=reveal(self.ca) or None)
        context.minimum_version = VERSIONS[self.min_version or "TLS12"]
        if self.max_version:
            context.maximum_version = VERSIONS[self.max_version]
        if self.insecure_skip_verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert:
            self._identify(context)
        return context

    def _identify(self, context: ssl.SSLContext) -> None:
        """OpenSSL takes a certificate of ours from a file only; that one is readable by us alone, and gone at once."""
        with tempfile.NamedTemporaryFile("w", suffix=".pem", encoding="ascii") as both:
            both.write(f"{reveal(self.cert)}\n{reveal(self.key)}\n")
            both.flush()
            context.load_cert_chain(Path(both.name))


#: Whom this machine trusts.
SYSTEM = Tls()

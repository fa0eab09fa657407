"""One conversation with a mail server."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.progress import step
from tocsin.notify.secret import Secret, reveal
from tocsin.notify.transport.addresses import resolve
from tocsin.notify.transport.connection import describe
from tocsin.notify.transport.deadline import deadline
from tocsin.notify.transport.tls import SYSTEM, Tls

#: For each step of a conversation, in seconds; the whole takes no longer than so many of them.
TIMEOUT = 10.0
STEPS = 6
#: The port where TLS begins at once.
IMPLICIT_TLS_PORT = 465
_LOCAL = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A mail server and how to speak to it; `implicit_tls` is None where the port decides. Times are seconds.

    Raises:
        ValueError: `smarthost` is no `host:port`.
    """

    smarthost: str
    hello: str = "localhost"
    username: str = ""
    password: Secret = field(default="", repr=False)
    secret: Secret = field(default="", repr=False)
    identity: str = ""
    require_tls: bool = True
    implicit_tls: bool | None = None
    tls: Tls = SYSTEM
    timeout: float = TIMEOUT

    def __post_init__(self) -> None:
        host, _, port = self.smarthost.rpartition(":")
        if not host or not port.isdecimal():
            raise ValueError(f"smarthost is {self.smarthost!r}, write one like smtp.example.org:587")

    @property
    def host(self) -> str:
        return self.smarthost.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.smarthost.rpartition(":")[2])

    def send(self, message: EmailMessage, *, sender: str, to: tuple[str, ...]) -> None:
        """Return when the server has taken it for everyone it will ever take it for.

        Raises:
            DeliveryError: recoverable unless the server refuses for good (5xx), or does not offer what is required.
        """
        with _failures(self):
            resolve(self.host, self.port, public_only=False)
            with self._session() as session:
                refused = session.send_message(message, from_addr=sender, to_addrs=to)
            step("accepted", f"for {len(to) - len(refused)} of {len(to)} recipients")
        if refused:
            raise DeliveryError(f"{self.host} refused {_refused(refused)}; the others have it", recoverable=False)

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        session = self._unconnected()
        try:
            with deadline(self._connect(session), STEPS * self.timeout):
                session.ehlo_or_helo_if_needed()
                self._secure(session)
                self._authenticate(session)
                yield session
                # It has been taken, however the goodbye goes.
                with suppress(OSError):
                    session.quit()
        finally:
            session.close()

    def _unconnected(self) -> smtplib.SMTP:
        hello = self.hello or None
        if not (self.implicit_tls or (self.implicit_tls is None and self.port == IMPLICIT_TLS_PORT)):
            return smtplib.SMTP(local_hostname=hello, timeout=self.timeout)
        return smtplib.SMTP_SSL(local_hostname=hello, timeout=self.timeout, context=self.tls.context())

    def _connect(self, session: smtplib.SMTP) -> socket.socket:
        # Whom to trust in TLS, from the first byte or later; there is no public way to say so.
        session._host = self.tls.server_name or self.host  # type: ignore[attr-defined] # noqa: SLF001  see above
        code, said = session.connect(self.host, self.port)
        if code != 220 or session.sock is None:
            raise smtplib.SMTPConnectError(code, said)
        step("connected", f"to {self.host} port {self.port}")
        return session.sock

    def _secure(self, session: smtplib.SMTP) -> None:
        if isinstance(session.sock, ssl.SSLSocket):
            self._say_secured(session)
        elif self.require_tls:
            if not session.has_extn("starttls"):
                raise DeliveryError(f"{self.host} offers no STARTTLS, which require_tls asks for", recoverable=False)
            session.starttls(context=self.tls.context())
            session.ehlo()
            self._say_secured(session)

    def _say_secured(self, session: smtplib.SMTP) -> None:
        if isinstance(session.sock, ssl.SSLSocket):
            step("TLS", describe(session.sock, verified=not self.tls.insecure_skip_verify))

    def _authenticate(self, session: smtplib.SMTP) -> None:
        if not self.username:
            return
        if not isinstance(session.sock, ssl.SSLSocket) and self.host not in _LOCAL:
            raise DeliveryError(f"{self.host} gets no password without TLS, set require_tls", recoverable=False)
        offered = session.esmtp_features.get("auth", "").upper().split()
        usable = [each for each in ("CRAM-MD5", "PLAIN", "LOGIN") if each in offered and self._can(each)]
        if not usable:
            known = ", ".join(offered) or "nothing"
            raise DeliveryError(
                f"{self.host} offers {known} to prove who we are, and we have nothing for that", recoverable=False
            )
        session.user = self.username
        session.password = reveal(self.secret if usable[0] == "CRAM-MD5" else self.password)
        self._prove(session, usable[0])
        step("authenticated", f"with {usable[0]}")

    def _can(self, mechanism: str) -> bool:
        return bool(self.secret if mechanism == "CRAM-MD5" else self.password)

    def _prove(self, session: smtplib.SMTP, mechanism: str) -> None:
        if mechanism == "PLAIN":
            proof = f"{self.identity}\0{self.username}\0{session.password}"
            session.auth("PLAIN", lambda _challenge=None: proof)
        else:
            session.auth(mechanism, session.auth_login if mechanism == "LOGIN" else session.auth_cram_md5)


@contextmanager
def _failures(server: MailServer) -> Iterator[None]:
    """What goes wrong with the server, in words and without what was sent."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        worst = all(code >= 500 for code, _ in error.recipients.values())
        raise DeliveryError(f"{server.host} refused {_refused(error.recipients)}", recoverable=not worst) from None
    except smtplib.SMTPResponseException as error:
        said = _said(error.smtp_error)
        message = f"{server.host} answered {error.smtp_code}{': ' if said else ''}{said}"
        raise DeliveryError(message, recoverable=error.smtp_code < 500) from None
    except ssl.SSLCertVerificationError as error:
        raise DeliveryError(f"{server.host} cannot be trusted: {error.verify_message}", recoverable=True) from None
    except smtplib.SMTPNotSupportedError as error:
        raise DeliveryError(f"{server.host} cannot take it: {_said(str(error))}", recoverable=False) from None
    except OSError as error:  # smtplib's own ones among them
        # What smtplib says of a broken connection has what broke it as its context.
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            message = f"{server.host} did not answer within {server.timeout:g} s"
            raise DeliveryError(message, recoverable=True) from None
        reason = error.strerror or type(error).__name__
        raise DeliveryError(f"{server.host} cannot be reached: {reason}", recoverable=True) from None
    except UnicodeError:
        message = f"{server.host} is not asked: user or password hold characters that SMTP does not know"
        raise DeliveryError(message, recoverable=False) from None


def _refused(recipients: dict[str, tuple[int, bytes]]) -> str:
    return ", ".join(f"{address} ({code} {_said(said)})" for address, (code, said) in recipients.items())


def _said(text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join("".join(char if char.isprintable() else " " for char in words).split())[:200]

"""Sentry's own client as a way to send one event: isolated from the application's, and told what became of it."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.secret import Secret, reveal
from tocsin.notify.transport.http import Endpoint
from tocsin.notify.transport.http_options import DEFAULT, HttpOptions

if TYPE_CHECKING:
    from sentry_sdk.envelope import Envelope


class SentryClient:
    """Sends events to one project. The application's Sentry, its scopes and its integrations see nothing of it.

    Raises:
        ValueError: the DSN is none, or sentry-sdk is not installed; a DSN in a file is read at each event.
    """

    def __init__(self, dsn: Secret, *, environment: str = "", options: HttpOptions = DEFAULT) -> None:
        self._dsn = dsn
        self._environment = environment
        self._options = options
        if find_spec("sentry_sdk") is None:
            raise ValueError("sentry needs sentry-sdk: pip install 'tocsin[sentry]'")
        if isinstance(dsn, str):
            _envelopes(dsn)

    def send(self, event: dict[str, Any]) -> None:
        """Return when Sentry has taken it.

        Raises:
            DeliveryError: it has not.
        """
        from sentry_sdk.client import Client  # noqa: PLC0415

        try:
            url, authorization = _envelopes(reveal(self._dsn))
        except ValueError as error:
            raise DeliveryError(str(error), recoverable=True) from error
        sent: list[Envelope] = []
        client = Client(
            reveal(self._dsn),
            transport=_collecting(sent),
            default_integrations=False,
            environment=self._environment or None,
            server_name="",
            send_client_reports=False,
            auto_session_tracking=False,
        )
        # Without a scope: any would bring along what the application has put into its own.
        client.capture_event(cast("Any", event))
        headers = {"Content-Type": "application/x-sentry-envelope", "X-Sentry-Auth": authorization}
        for envelope in sent:
            Endpoint(url, self._options).post(envelope.serialize(), headers=headers)


def _envelopes(dsn: str) -> tuple[str, str]:
    """The address that takes envelopes, and what to say to it. Raises ValueError, without the DSN, where it is none."""
    from sentry_sdk.utils import BadDsn, Dsn  # noqa: PLC0415  an extra

    try:
        auth = Dsn(dsn).to_auth("tocsin")
        return str(auth.get_api_url()), str(auth.to_header())
    except (BadDsn, ValueError):
        raise ValueError("the DSN cannot be parsed, write one like https://key@host/project") from None


def _collecting(sent: "list[Envelope]") -> Any:
    """A transport that keeps what it gets: whether Sentry took it is known only to who sends it himself."""
    from sentry_sdk.transport import Transport  # noqa: PLC0415  an extra

    class Collecting(Transport):
        def capture_envelope(self, envelope: "Envelope") -> None:
            sent.append(envelope)

    return Collecting

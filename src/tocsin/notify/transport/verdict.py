"""What came of a request: whether it was taken, why not, and whether another try is worth it. Pure."""

import ssl
from typing import NamedTuple

import msgspec
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.transport.target import Target


class Answer(NamedTuple):
    """What a server said; `said` is as much of the body as was read."""

    status: int
    said: bytes
    retry_after: str | None


def refusal(target: Target, answer: Answer) -> DeliveryError:
    """Of an answer that is not 2xx: 408, 429 and 5xx are worth another try, after as long as the server asks."""
    status, recoverable = answer.status, answer.status >= 500 or answer.status in {408, 429}
    if status < 400:
        return DeliveryError(f"{target.host} answered {status}, configure the final URL", recoverable=False)
    said = " ".join(target.redact(answer.said.decode("utf-8", "replace")).split())[:200]
    message = f"{target.host} answered {status}{': ' if said else ''}{said}"
    return DeliveryError(message, recoverable=recoverable, retry_after=_wait(answer))


def _wait(answer: Answer) -> float | None:
    """The seconds that the server asks to wait, in the header or, as chats do, in JSON; None where it does not."""
    asked = _seconds(answer.retry_after)
    return asked if asked is not None or answer.status != 429 else _said_seconds(answer.said)


def _seconds(retry_after: str | None) -> float | None:
    """From a number of seconds or a date; None where the header is absent or senseless."""
    try:
        return float(Retry().parse_retry_after(retry_after)) if retry_after else None
    except InvalidHeader:
        return None


class _Parameters(msgspec.Struct):
    retry_after: float | None = None


class _Said(_Parameters):
    """Discord has the number at the top, Telegram under `parameters`."""

    parameters: _Parameters | None = None


def _said_seconds(said: bytes) -> float | None:
    try:
        answer = msgspec.json.decode(said, type=_Said)
    except msgspec.DecodeError:
        return None
    return answer.retry_after or (answer.parameters.retry_after if answer.parameters else None)


def trouble(error: Exception, *, timeout: float) -> str:
    """Why there was no answer, without the URL, which may be in what libraries say."""
    if isinstance(error, TimeoutError) and not error.errno:
        return f"did not answer within {timeout:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"cannot be trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"does not speak TLS with us: {error.reason or type(error).__name__}"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return f"cannot be reached: {reason}"

"""The one way in which receivers speak HTTP."""

import ssl
from collections.abc import Mapping
from http.client import HTTPException
from typing import NamedTuple

import msgspec
from opentelemetry.instrumentation.utils import suppress_instrumentation
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from tocsin.notify.connection import connect
from tocsin.notify.deadline import deadline
from tocsin.notify.delivery import DeliveryError
from tocsin.notify.http_options import DEFAULT, HttpOptions
from tocsin.notify.progress import step
from tocsin.notify.secret import Secret, reveal
from tocsin.notify.target import Target
from tocsin.version import __version__

#: How much of a refusal is read, in bytes: enough for its reason.
REFUSAL_LIMIT = 1024
#: How much of an answer is read that matters.
ANSWER_LIMIT = 256 * 1024


class Answer(NamedTuple):
    """`said` is what was read of the body: at most `REFUSAL_LIMIT` of a refusal, `ANSWER_LIMIT` of what was asked."""

    status: int
    said: bytes
    retry_after: str | None


class Endpoint:
    """An HTTP address that takes JSON, one connection a request. Whatever goes wrong, only its host is ever shown.

    Raises:
        ValueError: the URL is not an absolute one with http or https; one in a file is checked at each request.
    """

    def __init__(self, url: Secret, options: HttpOptions = DEFAULT) -> None:
        if isinstance(url, str):
            Target.parse(url)
        self._url = url
        self._options = options

    def post(
        self,
        body: bytes,
        *,
        path: str = "",
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        answered: bool = False,
    ) -> bytes:
        """Return when the answer is 2xx; redirects are refused, nothing is retried, nothing is traced.

        `path` is put behind that of the URL. What was answered is returned where `answered`, else not even read.

        Raises:
            DeliveryError: recoverable for a broken connection, a timeout, 408, 429 and 5xx.
        """
        target = self._target(path)
        try:
            with suppress_instrumentation():
                answer = _exchange(
                    target, _Request(method, body, self._headers(target, headers), answered), self._options
                )
        except (HTTPException, OSError) as error:
            # Not chained: what the library says may contain the URL.
            raise DeliveryError(f"{target.host} {_trouble(error, self._options)}", recoverable=True) from None
        except ValueError:
            message = f"{target.host} is not asked: a header holds what HTTP does not allow, such as a line break"
            raise DeliveryError(message, recoverable=False) from None
        step("answered", str(answer.status))
        if not 200 <= answer.status < 300:
            raise _refusal(target, answer)
        return answer.said

    def _target(self, path: str) -> Target:
        try:
            return Target.parse(reveal(self._url).rstrip("/") + path if path else reveal(self._url))
        except ValueError as error:
            raise DeliveryError(f"the file {self._url}: {error}", recoverable=True) from error

    def _headers(self, target: Target, more: Mapping[str, str] | None) -> dict[str, str]:
        given = {name: ", ".join(map(reveal, values)) for name, values in self._options.headers.items()}
        headers = {"Content-Type": "application/json", "User-Agent": f"tocsin/{__version__}"} | target.headers
        if self._options.authorization is not None:
            headers["authorization"] = self._options.authorization.header()
        return {"Host": target.authority} | headers | given | dict(more or {})


class _Request(NamedTuple):
    method: str
    body: bytes
    headers: Mapping[str, str]
    answered: bool


def _exchange(target: Target, request: _Request, options: HttpOptions) -> Answer:
    connection, asked, more = connect(target, options)
    try:
        with deadline(connection.sock, options.timeout):
            connection.request(request.method, asked, request.body, {**request.headers, **more})
            response = connection.getresponse()
            # What is said with a 2xx mostly does not matter, and waiting for it might.
            wanted = REFUSAL_LIMIT if response.status >= 400 else ANSWER_LIMIT if request.answered else 0
            return Answer(response.status, response.read(wanted) if wanted else b"", response.headers["Retry-After"])
    finally:
        connection.close()


def _refusal(target: Target, answer: Answer) -> DeliveryError:
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


def _trouble(error: Exception, options: HttpOptions) -> str:
    if isinstance(error, TimeoutError) and not error.errno:
        return f"did not answer within {options.timeout:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"cannot be trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"does not speak TLS with us: {error.reason or type(error).__name__}"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return f"cannot be reached: {reason}"

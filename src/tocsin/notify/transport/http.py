"""The one way in which receivers speak HTTP."""

from collections.abc import Mapping
from http.client import HTTPException
from typing import NamedTuple

from opentelemetry.instrumentation.utils import suppress_instrumentation

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.progress import step
from tocsin.notify.secret import Secret, reveal
from tocsin.notify.transport.connection import connect
from tocsin.notify.transport.deadline import deadline
from tocsin.notify.transport.http_options import DEFAULT, HttpOptions
from tocsin.notify.transport.target import Target
from tocsin.notify.transport.verdict import Answer, refusal, trouble
from tocsin.version import __version__

#: How much of a refusal is read, in bytes: enough for its reason.
REFUSAL_LIMIT = 1024
#: How much of an answer is read that matters.
ANSWER_LIMIT = 256 * 1024


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
            reason = trouble(error, timeout=self._options.timeout)
            # Not chained: what the library says may contain the URL.
            raise DeliveryError(f"{target.host} {reason}", recoverable=True) from None
        except ValueError:
            message = f"{target.host} is not asked: a header holds what HTTP does not allow, such as a line break"
            raise DeliveryError(message, recoverable=False) from None
        step("answered", str(answer.status))
        if not 200 <= answer.status < 300:
            raise refusal(target, answer)
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

"""The one way in which receivers speak HTTP."""

import urllib.request
from collections.abc import Mapping
from typing import NamedTuple

import urllib3
from opentelemetry.instrumentation.utils import suppress_instrumentation
from urllib3.exceptions import HTTPError, InvalidHeader, NewConnectionError
from urllib3.exceptions import TimeoutError as HTTPTimeoutError
from urllib3.util import Retry, Timeout

from tocsin.notify.delivery import DeliveryError
from tocsin.notify.secret import Authorization, Secret, reveal
from tocsin.notify.target import Target
from tocsin.version import __version__

#: For each step of a request, in seconds.
TIMEOUT = 10.0
#: How much of an answer is read, in bytes: enough for the reason of a refusal.
ANSWER_LIMIT = 1024


class Endpoint:
    """An HTTP address that takes JSON, one connection a request. Whatever goes wrong, only its host is ever shown.

    Raises:
        ValueError: the URL is not an absolute one with http or https; one in a file is checked at each request.
    """

    def __init__(self, url: Secret, *, timeout: float = TIMEOUT, authorization: Authorization | None = None) -> None:
        if isinstance(url, str):
            Target.parse(url)
        self._url = url
        self._timeout = timeout
        self._authorization = authorization

    def post(self, body: bytes, *, headers: Mapping[str, str] | None = None) -> None:
        """Return when the answer is 2xx; redirects are refused, nothing is retried, nothing is traced.

        Raises:
            DeliveryError: recoverable for a broken connection, a timeout, 408, 429 and 5xx.
        """
        target = self._target()
        try:
            with suppress_instrumentation():
                answer = _request(target, body, {**self._headers(target), **(headers or {})}, self._timeout)
        except (HTTPError, OSError) as error:
            # Not chained: what urllib3 says may contain the URL.
            raise DeliveryError(f"{target.host} {_trouble(error, self._timeout)}", recoverable=True) from None
        if not 200 <= answer.status < 300:
            raise _refusal(target, answer)

    def _target(self) -> Target:
        try:
            return Target.parse(reveal(self._url))
        except ValueError as error:
            raise DeliveryError(f"the file {self._url}: {error}", recoverable=True) from error

    def _headers(self, target: Target) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": f"tocsin/{__version__}"} | target.headers
        if self._authorization is not None:
            headers["authorization"] = self._authorization.header()
        return headers


class _Answer(NamedTuple):
    status: int
    said: bytes
    retry_after: str | None


def _request(target: Target, body: bytes, headers: Mapping[str, str], timeout: float) -> _Answer:
    response = _pool(target).request(
        "POST",
        target.url,
        body=body,
        headers=headers,
        timeout=Timeout(timeout),
        retries=False,
        redirect=False,
        preload_content=False,
    )
    try:
        # What is said with a 2xx does not matter, and waiting for it might.
        said = b"" if response.status < 400 else response.read(ANSWER_LIMIT)
        return _Answer(response.status, said, response.headers.get("Retry-After"))
    finally:
        response.close()


def _pool(target: Target) -> urllib3.PoolManager:
    """A fresh one a request: notifications are rare, and nothing is left to go stale or to cross a fork."""
    proxy = urllib.request.getproxies().get(target.url.partition(":")[0])
    if proxy and not urllib.request.proxy_bypass(target.host):
        return urllib3.ProxyManager(proxy)
    return urllib3.PoolManager()


def _refusal(target: Target, answer: _Answer) -> DeliveryError:
    status, recoverable = answer.status, answer.status >= 500 or answer.status in {408, 429}
    if status < 400:
        return DeliveryError(f"{target.host} answered {status}, configure the final URL", recoverable=False)
    said = " ".join(target.redact(answer.said.decode("utf-8", "replace")).split())[:200]
    message = f"{target.host} answered {status}{': ' if said else ''}{said}"
    return DeliveryError(message, recoverable=recoverable, retry_after=_seconds(answer.retry_after))


def _seconds(retry_after: str | None) -> float | None:
    """From a number of seconds or a date; None where the header is absent or senseless."""
    try:
        return float(Retry().parse_retry_after(retry_after)) if retry_after else None
    except InvalidHeader:
        return None


def _trouble(error: Exception, timeout: float) -> str:
    # A refused connection counts as a timeout in urllib3.
    if isinstance(error, HTTPTimeoutError) and not isinstance(error, NewConnectionError):
        return f"did not answer within {timeout:g} s"
    return f"cannot be reached: {_reason(error)}"


def _reason(error: Exception) -> str:
    """What the operating system said, else the kind of the error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__

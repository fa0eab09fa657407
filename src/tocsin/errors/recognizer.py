"""Recognising failures that were seen before, at a fraction of the price of identifying them anew."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import CodeType, MappingProxyType
from typing import NamedTuple

from tocsin.errors.category import is_database_call, phrase_category
from tocsin.errors.codes import codes_in
from tocsin.errors.failure import MAX_CHAIN, Frame, headline_of
from tocsin.errors.identity import Identity, identify
from tocsin.errors.in_app import InApp
from tocsin.errors.live import Call, callers, calls, cause_of, failure_of, hints_of, members_of, message_of, type_of
from tocsin.errors.template import template_of

#: Failures that are remembered; when there are more, all are forgotten and learnt again.
REMEMBERED = 1024


class _Known(NamedTuple):
    """A verdict; None where no call that the exception left is the application's, so that its callers count too.

    The key of the verdict holds the ids of `codes`: they must not be reused while it lives.
    """

    identity: Identity | None
    codes: list[CodeType]


class Recognizer:
    """`identify` for live exceptions of one process: a few microseconds for a failure that was seen before.

    The verdict is `identify(failure_of(error))`'s, except that the title is that of the first occurrence. A failure is
    known by the code it passed through and the kind of its messages; code objects are all that is kept alive.
    """

    def __init__(self, *, in_app: InApp = InApp(), service: str = "") -> None:  # noqa: B008  immutable
        self._in_app = in_app
        self._service = service
        self._known: dict[tuple[object, ...], _Known] = {}

    def identify(
        self, error: BaseException, *, handled: bool, attributes: Mapping[str, object] = MappingProxyType({})
    ) -> Identity:
        """The identity of a live exception."""
        chain = _chain(error)
        if not chain:
            return self._identify(error, handled=handled, attributes=attributes)
        key: tuple[object, ...] = (handled, is_database_call(attributes), *_traits(chain))
        known = self._known.get(key)
        if known is None and not any(map(self._is_own, calls(error))):
            known = self._remember(key, None, chain)
        if known is not None and known.identity is None:
            key = (*key, *_places(callers(error)))
            known = self._known.get(key)
        if known is not None and known.identity is not None:
            return known.identity
        identity = self._identify(error, handled=handled, attributes=attributes)
        self._remember(key, identity, chain)
        return identity

    def _identify(self, error: BaseException, *, handled: bool, attributes: Mapping[str, object]) -> Identity:
        failure = failure_of(error, in_app=self._in_app)
        return identify(failure, in_app=self._in_app, handled=handled, attributes=attributes, service=self._service)

    def _is_own(self, call: Call) -> bool:
        return self._in_app.includes(Frame.at(call.code.co_filename, call.code.co_name, 0))

    def _remember(self, key: tuple[object, ...], identity: Identity | None, chain: list[BaseException]) -> _Known:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        path = [call for error in chain for call in calls(error)] + list(callers(chain[0]))
        known = self._known[key] = _Known(identity, [call.code for call in path])
        return known


def _chain(error: BaseException) -> list[BaseException]:
    """The exception and its causes; empty where more than stack and message decides."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None:
        if len(chain) == MAX_CHAIN or isinstance(link, SyntaxError) or members_of(link) or _is_remote(link):
            return []
        chain.append(link)
        link = cause_of(link)
    return chain


def _is_remote(error: BaseException) -> bool:
    return type(error).__name__.endswith("RemoteTraceback")


def _traits(chain: list[BaseException]) -> Iterator[object]:
    for link in chain:
        yield type_of(link)
        yield link.__cause__ is not None
        yield _kind_of_message(headline_of(message_of(link)))
        yield hints_of(link)
        # The same as `_places(calls(link))` at a third of the price.
        traceback = link.__traceback__
        while traceback is not None:
            yield id(traceback.tb_frame.f_code)
            yield traceback.tb_lasti
            traceback = traceback.tb_next


def _places(path: Iterable[Call]) -> Iterator[int]:
    for call in path:
        yield id(call.code)
        yield call.instruction


@lru_cache(maxsize=512)
def _kind_of_message(headline: str) -> tuple[object, ...]:
    """All that an identity takes from a message."""
    return template_of(headline), codes_in(headline), phrase_category(headline)

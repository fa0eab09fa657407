"""Recognising failures that were seen before, at a fraction of the price of identifying them anew."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import CodeType, MappingProxyType

from tocsin.errors.category import is_database_call, phrase_category
from tocsin.errors.codes import codes_in
from tocsin.errors.failure import MAX_CHAIN, Frame, headline_of
from tocsin.errors.identity import Identity, identify
from tocsin.errors.in_app import InApp
from tocsin.errors.live import Call, callers, calls, cause_of, failure_of, hints_of, members_of, message_of, type_of
from tocsin.errors.template import template_of

#: Failures that are remembered; when there are more, all are forgotten and learnt again.
REMEMBERED = 1024


class Recognizer:
    """`identify` for live exceptions of one process: a few microseconds for a failure that was seen before.

    The verdict is `identify(failure_of(error))`'s, except that the title is that of the first occurrence. A failure is
    known by the code it passed through and the kind of its messages; code objects are all that is kept alive.
    """

    def __init__(self, *, in_app: InApp = InApp(), service: str = "") -> None:  # noqa: B008  immutable
        self._in_app = in_app
        self._service = service
        self._known: dict[tuple[object, ...], tuple[Identity, list[CodeType]]] = {}

    def identify(
        self, error: BaseException, *, handled: bool, attributes: Mapping[str, object] = MappingProxyType({})
    ) -> Identity:
        """The identity of a live exception."""
        chain = _chain(error)
        path = self._path(chain)
        key = (handled, is_database_call(attributes), *_traits(chain), *_places(path)) if chain else None
        if key in self._known:
            return self._known[key][0]
        identity = identify(
            failure_of(error, in_app=self._in_app),
            in_app=self._in_app,
            handled=handled,
            attributes=attributes,
            service=self._service,
        )
        if key is not None:
            self._remember(key, identity, path)
        return identity

    def _path(self, chain: list[BaseException]) -> list[Call]:
        """Every call that the failure is read off."""
        path = [call for error in chain for call in calls(error)]
        if chain and not any(self._is_own(call.code) for call in calls(chain[0])):
            path += callers(chain[0])
        return path

    def _is_own(self, code: CodeType) -> bool:
        return self._in_app.includes(Frame.at(code.co_filename, code.co_name, 0))

    def _remember(self, key: tuple[object, ...], identity: Identity, path: list[Call]) -> None:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        # The key holds the ids of these code objects: they must not be reused while it lives.
        self._known[key] = identity, [call.code for call in path]


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
        yield link.__traceback__ is None


def _places(path: list[Call]) -> Iterator[int]:
    for call in path:
        yield id(call.code)
        yield call.instruction


@lru_cache(maxsize=512)
def _kind_of_message(headline: str) -> tuple[object, ...]:
    """All that an identity takes from a message."""
    return template_of(headline), codes_in(headline), phrase_category(headline)

"""Recognising failures that were seen before, at a fraction of the price of identifying them anew."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import lru_cache
from types import CodeType, MappingProxyType
from typing import NamedTuple

from tocsin.errors.category import is_database_call, phrase_category
from tocsin.errors.codes import codes_in
from tocsin.errors.downstream import named_downstream
from tocsin.errors.failure import MAX_CHAIN, MAX_MESSAGE, Failure, Frame, headline_of
from tocsin.errors.grouping import Grouping
from tocsin.errors.identity import identify
from tocsin.errors.in_app import InApp
from tocsin.errors.live import Call, callers, calls, cause_of, failure_of, hints_of, members_of, message_of, type_of
from tocsin.errors.severity import entry_of
from tocsin.errors.site import names_in, words_of
from tocsin.errors.template import template_of, without_numbers
from tocsin.errors.verdict import Identity

#: Failures that are remembered; when there are more, all are forgotten and learnt again.
REMEMBERED = 1024
REMEMBERED_NAMES = 4096


class _Known(NamedTuple):
    """A verdict; None where no call that the exception left is the application's, so that its callers count too.

    The key of the verdict holds the ids of `codes`: they must not be reused while it lives. `failure` is there where
    the application has grouping rules of its own, which look at more than the key.
    """

    identity: Identity | None
    failure: Failure | None = None
    codes: Sequence[CodeType] = ()


class Recognizer:
    """`identify` for live exceptions of one process: a few microseconds for a failure that was seen before.

    The verdict is `identify(failure_of(error))`'s, except that the title is that of the first occurrence. A failure is
    known by the code it passed through and the kind of its messages; code objects are all that is kept alive.
    """

    def __init__(self, *, in_app: InApp = InApp(), grouping: Grouping = Grouping()) -> None:  # noqa: B008  immutable
        self._in_app = in_app
        self._grouping = grouping
        self._known: dict[tuple[object, ...], _Known] = {}
        #: Names that the application's code spells out where it failed: in a message, they count.
        self._names: set[str] = set()

    def identify(
        self, error: BaseException, *, handled: bool, attributes: Mapping[str, object] = MappingProxyType({})
    ) -> Identity:
        """The identity of a live exception."""
        chain = _chain(error)
        if not chain:
            identity, failure = self._identify(error, handled=handled, attributes=attributes)
            return self._grouping.apply(identity, failure, attributes) if self._grouping else identity
        key = self._key(chain, handled, attributes)
        known = self._known.get(key)
        if known is None and not any(map(self._is_own, calls(error))):
            known = self._remember(key, _Known(None), chain)
        if known is not None and known.identity is None:
            key = (*key, *_places(callers(error)))
            known = self._known.get(key)
        if known is None or known.identity is None:
            return self._learn(error, chain, handled=handled, attributes=attributes)
        if known.failure is None:
            return known.identity
        failure = replace(known.failure, message=message_of(error)[:MAX_MESSAGE])
        return self._grouping.apply(known.identity, failure, attributes)

    def _key(self, chain: list[BaseException], handled: bool, attributes: Mapping[str, object]) -> tuple[object, ...]:  # noqa: FBT001  private
        host = named_downstream(attributes) if attributes else ""
        entry = entry_of(attributes) if attributes else ""
        return (handled, is_database_call(attributes), host, entry, *_traits(chain, self._names))

    def _learn(
        self, error: BaseException, chain: list[BaseException], *, handled: bool, attributes: Mapping[str, object]
    ) -> Identity:
        identity, failure = self._identify(error, handled=handled, attributes=attributes)
        if len(self._names) < REMEMBERED_NAMES:
            self._names.update(names_in(failure))
        key = self._key(chain, handled, attributes)
        if not any(map(self._is_own, calls(error))):
            self._remember(key, _Known(None), chain)
            key = (*key, *_places(callers(error)))
        self._remember(key, _Known(identity, failure if self._grouping else None), chain)
        return self._grouping.apply(identity, failure, attributes) if self._grouping else identity

    def _identify(
        self, error: BaseException, *, handled: bool, attributes: Mapping[str, object]
    ) -> tuple[Identity, Failure]:
        failure = failure_of(error, in_app=self._in_app)
        return identify(failure, in_app=self._in_app, handled=handled, attributes=attributes), failure

    def _is_own(self, call: Call) -> bool:
        return self._in_app.includes(Frame.at(call.code.co_filename, call.code.co_name, 0))

    def _remember(self, key: tuple[object, ...], known: _Known, chain: list[BaseException]) -> _Known:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        path = [call for error in chain for call in calls(error)] + list(callers(chain[0]))
        self._known[key] = known._replace(codes=[call.code for call in path])
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


def _traits(chain: list[BaseException], names: AbstractSet[str]) -> Iterator[object]:
    for link in chain:
        yield type_of(link)
        yield link.__cause__ is not None
        kind, words = _kind_of_message(headline_of(message_of(link)))
        yield kind
        if not words.isdisjoint(names):
            yield words & names
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
def _kind_of_message(headline: str) -> tuple[object, frozenset[str]]:
    """All that an identity takes from a message, and the words that may count."""
    template, words = _wording(without_numbers(headline))
    if "0" in template:  # of a number, something was left over
        template = template_of(headline)
    return (template, codes_in(headline), phrase_category(headline)), words


@lru_cache(maxsize=512)
def _wording(headline: str) -> tuple[str, frozenset[str]]:
    return template_of(headline), frozenset(words_of(headline))

"""Finds what fits an alert's labels among many lists of matchers."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from tocsin.alerting.matcher import Matcher
from tocsin.store import Alert

T = TypeVar("T")
#: Answers that are remembered; a label set takes a few hundred bytes.
REMEMBERED = 50_000


class Lookup(Generic[T]):
    """Asks only the lists whose most telling matcher is met: the one that the fewest lists share.

    Equalities are found by the label itself. The expressions for a label are tried for each value that was not seen
    lately. A list that the absence of labels meets is always asked.
    """

    def __init__(self, entries: Iterable[tuple[Sequence[Matcher], T]]) -> None:
        self._entries = tuple(entries)
        self._always: list[int] = []
        self._equalities: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._expressions: dict[str, list[tuple[Callable[[str], object], int]]] = defaultdict(list)
        self._met: dict[tuple[str, str], list[int]] = {}
        shared = Counter(matcher for matchers, _ in self._entries for matcher in matchers)
        for position, (matchers, _) in enumerate(self._entries):
            telling = [matcher for matcher in matchers if matcher.op in {"=", "=~"} and not matcher.matches({})]
            self._add(min(telling, key=lambda each: (shared[each], each.op), default=None), position)
        self._names = {name for name, _ in self._equalities} | self._expressions.keys()

    def fitting(self, labels: Mapping[str, str]) -> Iterator[T]:
        """Every entry all of whose matchers match, in the order in which they were given."""
        found = list(self._always)
        for name in self._names & labels.keys():
            found += self._meeting((name, labels[name]))
        for position in sorted(found):
            matchers, entry = self._entries[position]
            if all([matcher.matches(labels) for matcher in matchers]):  # noqa: C419  few, and faster so
                yield entry

    def _add(self, matcher: Matcher | None, position: int) -> None:
        if matcher is None:
            self._always.append(position)
        elif matcher.op == "=":
            self._equalities[matcher.name, matcher.value].append(position)
        else:
            self._expressions[matcher.name].append((matcher.accepts, position))

    def _meeting(self, label: tuple[str, str]) -> list[int]:
        """The positions of what the label meets."""
        if label[0] not in self._expressions:
            return self._equalities.get(label, [])
        if label not in self._met:
            if len(self._met) >= REMEMBERED:
                self._met.clear()
            expressions = [position for accepts, position in self._expressions[label[0]] if accepts(label[1])]
            self._met[label] = self._equalities.get(label, []) + expressions
        return self._met[label]


class Remembered(Generic[T]):
    """The answer of a pure function of an alert's labels, worked out once for each alert."""

    def __init__(self, answer: Callable[[Mapping[str, str]], T]) -> None:
        self._answer = answer
        self._known: dict[str, T] = {}

    def __call__(self, alert: Alert) -> T:
        known = self._known.get(alert.fingerprint)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[alert.fingerprint] = self._answer(alert.labels)
        return known

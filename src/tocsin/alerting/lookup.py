"""Finds what fits an alert's labels among many lists of matchers."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

from tocsin.alerting.matcher import Matcher
from tocsin.store import Alert

T = TypeVar("T")
_Expression: TypeAlias = tuple[Callable[[str], object], int]
#: Answers that are remembered; a label set takes a few hundred bytes.
REMEMBERED = 50_000


class Lookup(Generic[T]):
    """Asks only the lists whose most telling matcher is met: the one that the fewest lists share.

    Equalities are found by the label itself. The expressions for a label that begin as its value does are tried for
    each value that was not seen lately. A list that the absence of labels meets is always asked.
    """

    def __init__(self, entries: Iterable[tuple[Sequence[Matcher], T]]) -> None:
        given = tuple(entries)
        #: What is left to ask of each list, once its most telling matcher is met.
        self._entries: list[tuple[tuple[Matcher, ...], T]] = []
        self._always: list[int] = []
        self._equalities: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._expressions: dict[str, dict[str, list[_Expression]]] = defaultdict(lambda: defaultdict(list))
        self._met: dict[tuple[str, str], Sequence[int]] = {}
        shared = Counter(matcher for matchers, _ in given for matcher in matchers)
        for position, (matchers, entry) in enumerate(given):
            telling = [matcher for matcher in matchers if matcher.op in {"=", "=~"} and not matcher.matches({})]
            best = min(telling, key=lambda each: (shared[each], each.op), default=None)
            self._add(best, position)
            self._entries.append((tuple(matcher for matcher in matchers if matcher != best), entry))
        self._names = {name for name, _ in self._equalities} | self._expressions.keys()
        #: Alerts that agree in these labels fit the same.
        self._asked = sorted({matcher.name for matcher in shared})
        self._answers: dict[tuple[str | None, ...], tuple[T, ...]] = {}
        self._lengths = {name: {len(each) for each in found} for name, found in self._expressions.items()}

    def fitting(self, labels: Mapping[str, str]) -> Sequence[T]:
        """Every entry all of whose matchers match, in the order in which they were given."""
        key = tuple([labels.get(name) for name in self._asked])
        known = self._answers.get(key)
        if known is None:
            if len(self._answers) >= REMEMBERED:
                self._answers.clear()
            known = self._answers[key] = self._found(labels)
        return known

    def _found(self, labels: Mapping[str, str]) -> tuple[T, ...]:
        found = list(self._always)
        for name in self._names & labels.keys():
            found += self._meeting((name, labels[name]))
        if not found:
            return ()
        entries = [self._entries[position] for position in sorted(found)]
        return tuple([entry for rest, entry in entries if all([each.matches(labels) for each in rest])])  # noqa: C419  few, and faster so

    def _add(self, matcher: Matcher | None, position: int) -> None:
        if matcher is None:
            self._always.append(position)
        elif matcher.op == "=":
            self._equalities[matcher.name, matcher.value].append(position)
        else:
            self._expressions[matcher.name][matcher.prefix].append((matcher.accepts, position))

    def _meeting(self, label: tuple[str, str]) -> Sequence[int]:
        """The positions of what the label meets."""
        if label[0] not in self._expressions:
            return self._equalities.get(label, ())
        if label not in self._met:
            if len(self._met) >= REMEMBERED:
                self._met.clear()
            self._met[label] = (*self._equalities.get(label, ()), *self._expressed(*label))
        return self._met[label]

    def _expressed(self, name: str, value: str) -> Iterator[int]:
        """The positions of expressions that the value matches: many share few lengths of what they begin with."""
        beginnings = self._expressions[name]
        for beginning in {value[:length] for length in self._lengths[name]}:
            for accepts, position in beginnings.get(beginning, ()):
                if accepts(value):
                    yield position


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

"""Selections that are remembered: rules repeat their selectors at every evaluation, while new series are rare."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from tocsin.series.labels import METRIC_NAME, get

if TYPE_CHECKING:
    from tocsin.series.labels import Labels
    from tocsin.series.matcher import Matcher
    from tocsin.series.selection import Selection

Matchers: TypeAlias = "tuple[Matcher, ...]"

#: Of all selections together; what is remembered of a row takes some 50 bytes.
MAX_ROWS = 2_000_000
MAX_SELECTIONS = 1000


class Selections:
    """By matchers. Of use until a series comes or goes that the matchers select."""

    def __init__(self) -> None:
        self._by_name: dict[str, dict[Matchers, Selection]] = {}
        self._count = 0
        self._rows = 0

    def get(self, matchers: Matchers) -> Selection | None:
        return self._by_name.get(_name(matchers), {}).get(matchers)

    def remember(self, matchers: Matchers, selection: Selection) -> None:
        """Forgets all others where they are too many."""
        rows = len(selection.rows)
        if self._count >= MAX_SELECTIONS or self._rows + rows > MAX_ROWS:
            self._by_name.clear()
            self._count = self._rows = 0
        self._by_name.setdefault(_name(matchers), {})[matchers] = selection
        self._count += 1
        self._rows += rows

    def forget(self, labels: Labels) -> None:
        """Those that this series, which comes or goes, belongs to."""
        values = dict(labels)
        for name in {get(labels, METRIC_NAME), ""}:
            for matchers, selection in list(self._by_name.get(name, {}).items()):
                if all(matcher.matches(values.get(matcher.name, "")) for matcher in matchers):
                    del self._by_name[name][matchers]
                    self._count -= 1
                    self._rows -= len(selection.rows)


def _name(matchers: Matchers) -> str:
    """The metric name that all series of the selection have; empty where the matchers do not tell."""
    return next((matcher.value for matcher in matchers if matcher.name == METRIC_NAME and matcher.op == "="), "")

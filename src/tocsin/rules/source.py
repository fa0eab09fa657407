"""Which series an entry of `tocsin.yml` speaks of, as PromQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tocsin.setting_keys import WHERE
from tocsin.syntax.durations import format_duration
from tocsin.syntax.quoting import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.rules.entry import Entry

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_OPERATORS = {"not": "!=", "matches": "=~", "not matches": "!~"}
_SPECIAL = re.compile(r"[.+*?()|\[\]{}^$\\]")


@dataclass(frozen=True, slots=True)
class Source:
    """A metric under its name in Prometheus, and matchers."""

    metric: str
    matchers: tuple[str, ...] = ()

    def suffixed(self, suffix: str, *matchers: str) -> Source:
        """A part of a histogram, such as its buckets."""
        return replace(self, metric=self.metric + suffix, matchers=(*self.matchers, *matchers))

    def __str__(self) -> str:
        return f"{self.metric}{{{','.join(self.matchers)}}}" if self.matchers else self.metric

    def over(self, seconds: float) -> str:
        """A range of it."""
        return f"{self}[{format_duration(seconds)}]"


def source_of(entry: Entry) -> Source:
    """The keys `metric` and `where` of an entry."""
    metric = entry.text("metric")
    if not metric:
        entry.problem("metric", "is missing; write a metric's name, such as http_server_request_duration_seconds")
    elif not _METRIC.fullmatch(metric):
        near = re.sub(r"[^a-zA-Z0-9_:]", "_", metric)
        entry.problem("metric", f"must be the name in Prometheus, unit and type at its end, such as {near}_total")
    return Source(metric, tuple(_matchers(entry.entry("where"))))


def _matchers(where: Entry) -> Iterator[str]:
    for label, value in where.values.items():
        where.check_label(label, label)
        if isinstance(value, dict):
            inside = where.entry(label, WHERE)
            for key in inside.values.keys() & _OPERATORS.keys():
                yield _matcher(inside, key, label, _OPERATORS[key])
        else:
            yield _matcher(where, label, label, "=")


def _matcher(entry: Entry, key: str, label: str, operator: str) -> str:
    """A list means any of its values."""
    value = entry.values[key]
    if isinstance(value, list):
        texts = [_SPECIAL.sub(r"\\\g<0>", str(item)) for item in value]
        return f"{label}{'=~' if operator in ('=', '=~') else '!~'}{quote_value('|'.join(texts))}"
    text = entry.text(key)
    return f"{label}{operator}{quote_value(text)}"

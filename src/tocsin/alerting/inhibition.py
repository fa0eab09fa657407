"""Alerts that need not be told because another one says more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from tocsin.alerting.groups import fires
from tocsin.alerting.lookup import Lookup, Remembered
from tocsin.alerting.matcher import Matcher
from tocsin.alerting.routing import Route
from tocsin.store import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class InhibitRule:
    """While an alert fires that `source` matches, those that `target` matches are not told.

    Both have to agree in the labels `equal`, where an absent label and an empty one are the same. What matches both
    sides is not inhibited by what does too, so that nothing inhibits itself.
    """

    source: tuple[Matcher, ...] = ()
    target: tuple[Matcher, ...] = ()
    equal: tuple[str, ...] = ()

    def place(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The values in which a source and a target have to agree."""
        return tuple([labels.get(name, "") for name in self.equal])


class Sources(NamedTuple):
    """The alerts that fire at one place of a rule: one of any kind, and one that is no target of the rule."""

    any: str
    one_sided: str | None


class Sides(NamedTuple):
    """Where an alert is a source of rules, and where a target."""

    source: tuple["_At", ...]
    target: tuple["_At", ...]


class Inhibition:
    """The rules; which of them concern an alert is worked out once."""

    def __init__(self, rules: Sequence[InhibitRule]) -> None:
        self._rules = tuple(rules)
        sides = ((matchers, (side, number)) for number, rule in enumerate(rules) for side, matchers in _sides(rule))
        self._lookup = Lookup(sides)
        self._sides = Remembered(self._sides_of)

    def stage(self, alerts: Iterable[Alert]) -> "Inhibited":
        """For one look at all alerts there are, wherever they are routed and whether they are told or not."""
        found: dict[_At, Sources] = {}
        for alert in alerts:
            if fires(alert):
                sides = self._sides(alert)
                for at in sides.source:
                    found[at] = _with(found.get(at), None if at in sides.target else alert.fingerprint, alert)
        return Inhibited(found, self._sides)

    def _sides_of(self, labels: Mapping[str, str]) -> Sides:
        fitting = self._lookup.fitting(labels)
        if not fitting:
            return _NO_SIDES
        found = [(side, (number, self._rules[number].place(labels))) for side, number in fitting]
        source, target = (tuple([at for which, at in found if which == side]) for side in ("source", "target"))
        return Sides(source, target)


class Inhibited:
    """The stage."""

    reason: ClassVar[str] = "inhibited"

    def __init__(self, sources: Mapping["_At", Sources], sides: Remembered[Sides]) -> None:
        self._sources = sources
        self._sides = sides

    def holds(self, alert: Alert, route: Route) -> tuple[str, ...]:  # noqa: ARG002  the same on all routes
        """The fingerprint of one alert for each rule that inhibits this one."""
        source, target = self._sides(alert)
        if not target:
            return ()
        found = [self._source(at, two_sided=at in source) for at in target if at in self._sources]
        return tuple(dict.fromkeys(fingerprint for fingerprint in found if fingerprint))

    def _source(self, at: "_At", *, two_sided: bool) -> str | None:
        sources = self._sources[at]
        return sources.one_sided if two_sided else sources.one_sided or sources.any


def _sides(rule: InhibitRule) -> Iterable[tuple[str, tuple[Matcher, ...]]]:
    return ("source", rule.source), ("target", rule.target)


def _with(sources: Sources | None, one_sided: str | None, alert: Alert) -> Sources:
    if sources is None:
        return Sources(alert.fingerprint, one_sided)
    return sources if sources.one_sided or not one_sided else Sources(sources.any, one_sided)


_NO_SIDES = Sides((), ())
_At = tuple[int, tuple[str, ...]]
"""A rule by its number, and the values of its `equal` labels."""

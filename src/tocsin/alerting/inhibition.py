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
        return tuple(labels.get(name, "") for name in self.equal)


class Sources(NamedTuple):
    """The alerts that fire at one place of a rule: one of any kind, and one that is no target of the rule."""

    any: str
    one_sided: str | None


class Inhibition:
    """The rules; which of them concern an alert is worked out once."""

    def __init__(self, rules: Sequence[InhibitRule]) -> None:
        self._rules = tuple(rules)
        sources = Lookup((rule.source, number) for number, rule in enumerate(rules))
        targets = Lookup((rule.target, number) for number, rule in enumerate(rules))
        self._as_source = Remembered(lambda labels: self._at(sources, labels))
        self._as_target = Remembered(lambda labels: self._at(targets, labels))

    def stage(self, alerts: Iterable[Alert]) -> "Inhibited":
        """For one look at all alerts there are, wherever they are routed and whether they are told or not."""
        found: dict[_At, Sources] = {}
        for alert in alerts:
            if fires(alert):
                for at in self._as_source(alert):
                    found[at] = self._with(found.get(at), alert, at)
        return Inhibited(found, self._as_source, self._as_target)

    def _at(self, rules: Lookup[int], labels: Mapping[str, str]) -> tuple["_At", ...]:
        return tuple((number, self._rules[number].place(labels)) for number in rules.fitting(labels))

    def _with(self, sources: Sources | None, alert: Alert, at: "_At") -> Sources:
        one_sided = None if at in self._as_target(alert) else alert.fingerprint
        if sources is None:
            return Sources(alert.fingerprint, one_sided)
        return sources if sources.one_sided or not one_sided else Sources(sources.any, one_sided)


class Inhibited:
    """The stage."""

    reason: ClassVar[str] = "inhibited"

    def __init__(
        self,
        sources: Mapping["_At", Sources],
        as_source: Remembered[tuple["_At", ...]],
        as_target: Remembered[tuple["_At", ...]],
    ) -> None:
        self._sources = sources
        self._as_source = as_source
        self._as_target = as_target

    def holds(self, alert: Alert, route: Route) -> tuple[str, ...]:  # noqa: ARG002  the same on all routes
        """The fingerprint of one alert for each rule that inhibits this one."""
        found = (self._source(alert, at) for at in self._as_target(alert) if at in self._sources)
        return tuple(dict.fromkeys(fingerprint for fingerprint in found if fingerprint))

    def _source(self, alert: Alert, at: "_At") -> str | None:
        sources = self._sources[at]
        return sources.one_sided if at in self._as_source(alert) else sources.one_sided or sources.any


_At = tuple[int, tuple[str, ...]]
"""A rule by its number, and the values of its `equal` labels."""

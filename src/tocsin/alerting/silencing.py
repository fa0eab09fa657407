"""Alerts that somebody does not want to be told of for a while."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from msgspec.structs import replace

from tocsin.alerting.lookup import Lookup, Remembered
from tocsin.alerting.matcher import Matcher, MatchOp
from tocsin.alerting.routing import Route
from tocsin.store import Alert, Silence, SilenceMatcher

SilenceState = Literal["pending", "active", "expired"]

_OPS: dict[tuple[bool, bool], MatchOp] = {
    (False, True): "=",
    (False, False): "!=",
    (True, True): "=~",
    (True, False): "!~",
}


def state(silence: Silence, *, at: float) -> SilenceState:
    """Alertmanager's: a silence is active from its start to its end, both inclusive."""
    if at < silence.starts_at:
        return "pending"
    return "expired" if at > silence.ends_at else "active"


def matchers(silence: Silence) -> tuple[Matcher, ...]:
    """Raises ValueError where an expression is malformed."""
    return tuple(Matcher(each.name, _OPS[each.is_regex, each.is_equal], each.value) for each in silence.matchers)


def silence_matchers(given: Iterable[Matcher]) -> tuple[SilenceMatcher, ...]:
    """As the store and Alertmanager's API have them; the reverse of `matchers`.

    Raises:
        ValueError: there are none, or all of them match the absence of their labels: nothing would ever be told.
    """
    given = tuple(given)
    if not given:
        raise ValueError("a silence needs at least one matcher, such as alertname=HighLatency")
    if all(matcher.matches({}) for matcher in given):
        raise ValueError("at least one matcher of a silence has to be one that an empty value does not match")
    return tuple(SilenceMatcher(each.name, each.value, "~" in each.op, not each.op.startswith("!")) for each in given)


def expired(silence: Silence, *, at: float) -> Silence:
    """The silence as it is when it is ended at that time; one that has not begun never does."""
    return replace(silence, starts_at=min(silence.starts_at, at), ends_at=min(silence.ends_at, at), updated_at=at)


class Silenced:
    """The stage, for the silences that are active; which of them silence an alert is worked out once."""

    reason: ClassVar[str] = "silenced"

    def __init__(self, silences: Iterable[Silence]) -> None:
        self.silences = tuple(silences)
        lookup = Lookup((matchers(silence), silence.id) for silence in self.silences)
        self._by = Remembered(lambda labels: tuple(lookup.fitting(labels)))

    def holds(self, alert: Alert, route: Route) -> tuple[str, ...]:  # noqa: ARG002  the same on all routes
        """The ids of the silences."""
        return self._by(alert)

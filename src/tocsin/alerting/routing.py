"""The routing tree: which receivers hear of an alert, and how its alerts are grouped and timed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tocsin.alerting.lookup import Lookup
from tocsin.alerting.matcher import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One node of the tree, with everything inherited from its parent filled in; times in seconds.

    `mute_intervals` and `active_intervals` are names of time intervals, for this node alone. `key` names the node as
    Alertmanager does (siblings with equal matchers share it), `id` is unique in the tree.
    """

    receiver: str
    matchers: tuple[Matcher, ...] = ()
    group_by: tuple[str, ...] = ()
    group_by_all: bool = False
    group_wait: float = 30.0
    group_interval: float = 300.0
    repeat_interval: float = 4 * 3600.0
    continue_: bool = False
    mute_intervals: tuple[str, ...] = ()
    active_intervals: tuple[str, ...] = ()
    routes: tuple["Route", ...] = ()
    key: str = "{}"
    id: str = "{}"
    _below: Lookup["Route"] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_below", Lookup((route.matchers, route) for route in self.routes))

    def routes_for(self, labels: Mapping[str, str]) -> list["Route"]:
        """The deepest matching nodes in file order; a node without `continue_` ends the search among its siblings.

        The node itself is not asked whether it matches: to a root everything comes.
        """
        if not self.routes:
            return [self]
        found: list[Route] = []
        for route in self._below.fitting(labels):
            found += route.routes_for(labels)
            if not route.continue_:
                break
        return found or [self]

    def walk(self) -> Iterator["Route"]:
        """This node and all below it, depth first."""
        yield self
        for route in self.routes:
            yield from route.walk()

    def group_labels(self, labels: Mapping[str, str]) -> dict[str, str]:
        """The part of an alert's labels that says to which group it belongs."""
        return dict(labels) if self.group_by_all else {name: labels[name] for name in self.group_by if name in labels}


def format_matchers(matchers: Iterable[Matcher]) -> str:
    """`{level!="critical",owner="team-A"}`: one node's part of a route key."""
    return "{" + ",".join(str(matcher) for matcher in matchers) + "}"

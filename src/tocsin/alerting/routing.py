"""The routing tree: which receivers hear of an alert, and how its alerts are grouped and timed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tocsin.alerting.matcher import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One node of the tree, with everything inherited from its parent filled in; times in seconds.

    `key` names it as Alertmanager does (siblings with equal matchers share it), `id` is unique in the tree.
    """

    receiver: str
    matchers: tuple[Matcher, ...] = ()
    group_by: tuple[str, ...] = ()
    group_by_all: bool = False
    group_wait: float = 30.0
    group_interval: float = 300.0
    repeat_interval: float = 4 * 3600.0
    continue_: bool = False
    routes: tuple["Route", ...] = ()
    key: str = "{}"
    id: str = "{}"

    def routes_for(self, labels: Mapping[str, str]) -> list["Route"]:
        """The deepest matching nodes in file order; a node without `continue_` ends the search among its siblings."""
        if not all(matcher.matches(labels) for matcher in self.matchers):
            return []
        found: list[Route] = []
        for route in self.routes:
            matching = route.routes_for(labels)
            found += matching
            if matching and not route.continue_:
                break
        return found or [self]

    def walk(self) -> Iterator["Route"]:
        """This node and all below it, depth first."""
        yield self
        for route in self.routes:
            yield from route.walk()

    def group_labels(self, labels: Mapping[str, str]) -> dict[str, str]:
        """The part of an alert's labels that says to which group it belongs."""
        return {name: labels[name] for name in sorted(labels) if self.group_by_all or name in self.group_by}


def format_matchers(matchers: Iterable[Matcher]) -> str:
    """`{level!="critical",owner="team-A"}`: one node's part of a route key."""
    return "{" + ",".join(str(matcher) for matcher in matchers) + "}"

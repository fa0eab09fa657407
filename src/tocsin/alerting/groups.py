"""Alerts that are told of together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tocsin.alerting.lookup import REMEMBERED, Remembered
from tocsin.alerting.routing import Route
from tocsin.store import Alert
from tocsin.syntax.quoting import quote


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where alerts with the group labels `labels` belong in the routing tree.

    `key` is Alertmanager's `groupKey`, which routes with equal matchers share; `id` is unique in the tree.
    """

    route: Route
    labels: Mapping[str, str]
    key: str
    id: str


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The firing and the lately resolved alerts of one place."""

    place: Place
    alerts: tuple[Alert, ...]

    @property
    def route(self) -> Route:
        return self.place.route


class Grouping:
    """Sorts alerts into the groups of a routing tree; the way of each alert through the tree is worked out once."""

    def __init__(self, root: Route) -> None:
        self._root = root
        self._known: dict[tuple[str, frozenset[tuple[str, str]]], Place] = {}
        self._places = Remembered(self._places_of)

    def groups(self, alerts: Iterable[Alert]) -> list[Group]:
        """Every group of every route, in the order of its first alert."""
        members: dict[str, list[Alert]] = {}
        places: dict[str, Place] = {}
        for alert in alerts:
            for place in self._places(alert):
                if place.id not in members:
                    members[place.id] = []
                    places[place.id] = place
                members[place.id].append(alert)
        return [Group(place, tuple(members[place.id])) for place in places.values()]

    def _places_of(self, labels: Mapping[str, str]) -> tuple[Place, ...]:
        return tuple(self._place(route, route.group_labels(labels)) for route in self._root.routes_for(labels))

    def _place(self, route: Route, labels: Mapping[str, str]) -> Place:
        """The same object for all alerts of a group, made once: its keys take a while to write."""
        key = route.id, frozenset(labels.items())
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            shown = format_labels(labels)
            self._known[key] = Place(route, labels, f"{route.key}:{shown}", f"{route.id}:{shown}")
        return self._known[key]


def distinct(alerts: Iterable[Alert]) -> list[Alert]:
    """What fires and what is resolved, one alert a label set; pending alerts are nobody's business yet.

    Alerts of different rules with equal labels are one alert, which fires as long as one of them does: what fires hides
    what is resolved, then the earliest hides the later ones.
    """
    found: dict[str, Alert] = {}
    for alert in alerts:
        if alert.state == "firing" or alert.resolved_at is not None:
            other = found.setdefault(alert.fingerprint, alert)
            if other is not alert and _rank(alert) < _rank(other):
                found[alert.fingerprint] = alert
    return list(found.values())


def fires(alert: Alert) -> bool:
    return alert.state == "firing"


def began(alert: Alert) -> float:
    """When it began to fire."""
    return alert.active_at if alert.fired_at is None else alert.fired_at


def in_order(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """As Alertmanager sorts them: by job, by instance (absent ones last), by the number of labels and the labels."""
    return tuple(sorted(alerts, key=_order))


def format_labels(labels: Mapping[str, str]) -> str:
    """`{alertname="HighLatency", job="api"}`, by name."""
    return "{" + ", ".join(f"{name}={quote(labels[name])}" for name in sorted(labels)) + "}"


def _rank(alert: Alert) -> tuple[object, ...]:
    return (not fires(alert), -(alert.resolved_at or 0.0), began(alert))


def _order(alert: Alert) -> tuple[object, ...]:
    job, instance = alert.labels.get("job"), alert.labels.get("instance")
    return (job is None, job or "", instance is None, instance or "", len(alert.labels), sorted(alert.labels.items()))

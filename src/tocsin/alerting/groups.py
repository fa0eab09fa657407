"""Alerts that are told of together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tocsin.alerting.quoting import quote
from tocsin.alerting.routing import Route
from tocsin.store import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The firing and the lately resolved alerts of one route that share `labels`, in Alertmanager's order."""

    route: Route
    labels: Mapping[str, str]
    alerts: tuple[Alert, ...]

    @property
    def key(self) -> str:
        """Alertmanager's `groupKey`; the same for groups of routes with equal matchers."""
        return f"{self.route.key}:{format_labels(self.labels)}"

    @property
    def id(self) -> str:
        """Unique in the routing tree."""
        return f"{self.route.id}:{format_labels(self.labels)}"

    @property
    def firing(self) -> tuple[Alert, ...]:
        return tuple(alert for alert in self.alerts if fires(alert))


def groups(alerts: Iterable[Alert], root: Route) -> list[Group]:
    """Every group of every route, in the order of its first alert. Pending alerts belong to none.

    Alerts of different rules with equal labels are one alert, which fires as long as one of them does.
    """
    members: dict[tuple[str, frozenset[tuple[str, str]]], list[Alert]] = {}
    places: list[tuple[Route, dict[str, str], list[Alert]]] = []
    for alert in sorted(_distinct(alerts), key=_order):
        for route in root.routes_for(alert.labels):
            labels = route.group_labels(alert.labels)
            place = (route.id, frozenset(labels.items()))
            if place not in members:
                members[place] = []
                places.append((route, labels, members[place]))
            members[place].append(alert)
    return [Group(route=route, labels=labels, alerts=tuple(found)) for route, labels, found in places]


def format_labels(labels: Mapping[str, str]) -> str:
    """`{alertname="HighLatency", job="api"}`, by name."""
    return "{" + ", ".join(f"{name}={quote(labels[name])}" for name in sorted(labels)) + "}"


def _distinct(alerts: Iterable[Alert]) -> list[Alert]:
    """One alert a label set: what fires hides what is resolved, then the earliest hides the later ones."""
    notable = [alert for alert in alerts if fires(alert) or alert.resolved_at is not None]
    notable.sort(key=lambda alert: (not fires(alert), -(alert.resolved_at or 0.0), began(alert)))
    return list({alert.fingerprint: alert for alert in reversed(notable)}.values())


def fires(alert: Alert) -> bool:
    return alert.state == "firing"


def began(alert: Alert) -> float:
    """When it began to fire."""
    return alert.active_at if alert.fired_at is None else alert.fired_at


def _order(alert: Alert) -> tuple[object, ...]:
    """By job, then by instance (absent ones last), then by the number of labels and the labels."""
    job, instance = alert.labels.get("job"), alert.labels.get("instance")
    return (job is None, job or "", instance is None, instance or "", len(alert.labels), sorted(alert.labels.items()))
